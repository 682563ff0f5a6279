/**
 * What the application shows of everyone's videos, and what follows from it for each of them. Shell around `video-wish.ts`; owned
 * and closed by the session, and the same for all paths.
 */
import { PRIORITY, type Relief, type VideoWish, type View } from './video-wish.ts';

export type VideoSource = 'camera' | 'screen';

/** The part of `document` that tells whether anybody can see the page. */
export type Page = Pick<
  Document,
  'visibilityState' | 'pictureInPictureElement' | 'addEventListener' | 'removeEventListener'
>;

/** A page turned there and back costs no key frame: what is no longer shown comes on for so long, milliseconds. */
const UNSEEN_MS = 1_000;
/** The same for a page that is hidden: people look something up in another tab. Milliseconds. */
const HIDDEN_MS = 5_000;
/** A place that is being resized has its size only when that is over, milliseconds. */
const SETTLE_MS = 300;

/** Somewhere, or nowhere. */
type Seen = View | null;

interface Entry {
  seen: Seen;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export class Views {
  readonly #page: Page;
  readonly #changed: () => void;
  readonly #entries = new Map<string, Entry>();
  readonly #followVisibility = () => this.#visibilityChanged();
  #speaker: string | null = null;
  #relief: Relief = 0;
  #hidden = false;
  #hiding: ReturnType<typeof setTimeout> | undefined;

  /** @param changed another wish follows for some video */
  constructor(page: Page, changed: () => void) {
    this.#page = page;
    this.#changed = changed;
    page.addEventListener('visibilitychange', this.#followVisibility);
    this.#visibilityChanged();
  }

  get relief(): Relief {
    return this.#relief;
  }

  /** @param seen where it is shown from now on; null: nowhere */
  set(participantId: string, source: VideoSource, seen: Seen): void {
    const key = keyOf(participantId, source);
    const entry = this.#entries.get(key);
    clearTimeout(entry?.timer);
    if (entry && sameView(entry.seen, seen)) return;
    const delayMs = entry?.seen ? (seen ? SETTLE_MS : UNSEEN_MS) : 0;
    const apply = () => {
      this.#entries.set(key, { seen, timer: undefined });
      this.#changed();
    };
    if (entry && delayMs > 0) entry.timer = setTimeout(apply, delayMs);
    else apply();
  }

  forget(participantId: string): void {
    for (const source of ['camera', 'screen'] as const) {
      const key = keyOf(participantId, source);
      clearTimeout(this.#entries.get(key)?.timer);
      this.#entries.delete(key);
    }
    if (this.#speaker === participantId) this.#speaker = null;
  }

  /** Who speaks; null: nobody, and then whoever spoke last keeps the priority. */
  speaks(participantId: string | null): void {
    if (participantId === null || participantId === this.#speaker) return;
    this.#speaker = participantId;
    this.#changed();
  }

  /** How much this device has to be spared. */
  relieve(relief: Relief): void {
    if (relief === this.#relief) return;
    this.#relief = relief;
    this.#changed();
  }

  wishFor(participantId: string, source: VideoSource): VideoWish {
    const entry = this.#entries.get(keyOf(participantId, source));
    if (this.#hidden || entry?.seen === null) return { kind: 'nothing' };
    const speaks = participantId === this.#speaker;
    const ofPerson = speaks ? PRIORITY.speaker : PRIORITY.others;
    return {
      kind: 'picture',
      view: entry?.seen ?? null,
      priority: source === 'screen' ? PRIORITY.screen : ofPerson,
    };
  }

  close(): void {
    this.#page.removeEventListener('visibilitychange', this.#followVisibility);
    clearTimeout(this.#hiding);
    for (const { timer } of this.#entries.values()) clearTimeout(timer);
  }

  #visibilityChanged(): void {
    clearTimeout(this.#hiding);
    if (this.#page.visibilityState === 'visible') this.#hide(false);
    else this.#hiding = setTimeout(() => this.#hideUnlessSeen(), HIDDEN_MS);
  }

  #hideUnlessSeen(): void {
    // In a window of its own a picture is seen whatever becomes of the page.
    if (this.#page.pictureInPictureElement) this.#visibilityChanged();
    else this.#hide(true);
  }

  #hide(hidden: boolean): void {
    if (hidden === this.#hidden) return;
    this.#hidden = hidden;
    this.#changed();
  }
}

function keyOf(participantId: string, source: VideoSource): string {
  return `${source} ${participantId}`;
}

function sameView(a: Seen, b: Seen): boolean {
  return a === b || (a !== null && b !== null && a.width === b.width && a.height === b.height);
}
