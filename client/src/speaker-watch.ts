/**
 * Watches who speaks, through switches between paths: peer-to-peer by the levels that come with the sound (RFC 6464), by way
 * of a media server by those that it tells. Owned and closed by the session.
 */
import type { Shown } from './roster.ts';
import { heard, NOBODY, type SpeakerView } from './speaking.ts';

export interface SpeakerWatchOptions {
  others: () => readonly { readonly participantId: string }[];
  shown: (participantId: string) => Shown;
  /** Somebody else speaks, or nobody. */
  changed: (speaker: string | null) => void;
}

/**
 * Between two looks, milliseconds. A look at a receiver waits for the thread that its packets come in on, which takes a while on
 * a busy machine: peer-to-peer there are few.
 */
const LOOK_EVERY_MS = 200;
/** What came before says nothing of now, milliseconds: nothing arrives of somebody who is muted. */
const STALE_MS = 500;
/**
 * What the media server tells is a mean of decibels over nearly half a second, the pauses between syllables included: by so much
 * it is below the loud moments that a receiver tells of the same speech, dB.
 */
const MEAN_BELOW_DB = 12;

export class SpeakerWatch {
  readonly #options: SpeakerWatchOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #view: SpeakerView = NOBODY;
  /** As the media server told last, 0 to 1; who is not in it is not heard. */
  #told: ReadonlyMap<string, number> = new Map();

  constructor(options: SpeakerWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** The media server tells how loud the loudest are, in dBov: -127 (silence) to 0. */
  told(levels: readonly { participantId: string; dbov: number }[]): void {
    const share = (dbov: number) => Math.min(1, 10 ** ((dbov + MEAN_BELOW_DB) / 20));
    this.#told = new Map(levels.map(({ participantId, dbov }) => [participantId, share(dbov)]));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { others, shown, changed } = this.#options;
    const levels = new Map(
      others().map(({ participantId }) => {
        const now = shown(participantId);
        const level = now.path === 'sfu' ? (this.#told.get(participantId) ?? 0) : levelOf(now);
        return [participantId, level] as const;
      }),
    );
    const before = this.#view;
    this.#view = heard(before, levels, performance.now());
    if (this.#view.speaker !== before.speaker) changed(this.#view.speaker);
  }
}

function levelOf({ tracks: { audio } }: Shown): number {
  const [source] = audio?.receiver.getSynchronizationSources() ?? [];
  if (source?.audioLevel === undefined) return 0;
  // Some browsers count from 1970, some from the beginning of the page.
  const origin = source.timestamp >= performance.timeOrigin ? performance.timeOrigin : 0;
  return origin + performance.now() - source.timestamp < STALE_MS ? source.audioLevel : 0;
}
