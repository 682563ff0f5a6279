/**
 * Watches who speaks, by the levels that come with the sound (RFC 6464): the same peer-to-peer and by way of a media server,
 * and through a switch between them. Owned and closed by the session.
 */
import type { Shown } from './roster.ts';
import { heard, NOBODY, type SpeakerView } from './speaking.ts';

export interface SpeakerWatchOptions {
  others: () => readonly { readonly participantId: string }[];
  shown: (participantId: string) => Shown;
  /** Somebody else speaks, or nobody. */
  changed: (speaker: string | null) => void;
}

/** Between two looks, milliseconds; a look asks for no statistics, and costs next to nothing. */
const LOOK_EVERY_MS = 150;
/** What came before says nothing of now, milliseconds: nothing arrives of somebody who is muted. */
const STALE_MS = 500;

export class SpeakerWatch {
  readonly #options: SpeakerWatchOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #view: SpeakerView = NOBODY;

  constructor(options: SpeakerWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { others, shown, changed } = this.#options;
    const levels = new Map(
      others().map(({ participantId }) => [participantId, levelOf(shown(participantId))] as const),
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
