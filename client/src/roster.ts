/** Who else is in the call, and the stable stream each of them is shown in. Owned by the session. */
import type { Blockable } from '@crossfade/shared/moderation';
import type { Participant } from '@crossfade/shared/signalling';
import type { Quality } from './call-quality.ts';
import { remoteTrouble, type LinkHealth } from './reconnection.ts';
import type { ReceivedTrack } from './received-tracks.ts';
import type { RemoteParticipant, RemotePath } from './snapshot.ts';
import { StableStream } from './stable-stream.ts';
import type { TrackKind } from './track-kinds.ts';

/** What a participant is shown from at the moment. */
export interface Shown {
  path: RemotePath;
  /** How the connection stands that should carry their media. */
  link: LinkHealth;
  tracks: Readonly<Record<TrackKind, ReceivedTrack | null>>;
}

export const NOTHING_SHOWN: Shown = {
  path: 'none',
  link: 'connecting',
  tracks: { audio: null, video: null, screen: null, 'screen-audio': null },
};

/** The same list every time, so that nothing seems to have changed. */
export const NO_BLOCKS: readonly Blockable[] = [];

interface Entry {
  participant: Participant;
  stream: StableStream;
  /** Where a screen is shown, whenever there is one. */
  screen: StableStream;
  shown: Shown;
  quality: Quality | null;
}

export class Roster {
  readonly #entries = new Map<string, Entry>();

  others(): Participant[] {
    return [...this.#entries.values()].map(({ participant }) => participant);
  }

  find(participantId: string): Participant | null {
    return this.#entries.get(participantId)?.participant ?? null;
  }

  /** Adds a participant, or takes over what changed about one. */
  put(participant: Participant): void {
    const known = this.#entries.get(participant.participantId);
    if (known) known.participant = participant;
    else {
      this.#entries.set(participant.participantId, {
        participant,
        stream: new StableStream(),
        screen: new StableStream(),
        shown: NOTHING_SHOWN,
        quality: null,
      });
    }
  }

  remove(participantId: string): void {
    const entry = this.#entries.get(participantId);
    entry?.stream.show([]);
    entry?.screen.show([]);
    this.#entries.delete(participantId);
  }

  /** Makes these the only ones. Returns the ids of those who are gone. */
  replaceAll(participants: readonly Participant[]): string[] {
    const present = new Set(participants.map(({ participantId }) => participantId));
    const gone = [...this.#entries.keys()].filter((id) => !present.has(id));
    for (const id of gone) this.remove(id);
    for (const participant of participants) this.put(participant);
    return gone;
  }

  /** Shows this in the participant's stream. */
  show(participantId: string, shown: Shown): void {
    const entry = this.#entries.get(participantId);
    if (!entry) return;
    const before = entry.shown;
    entry.shown = shown;
    const { audio, video, screen, 'screen-audio': screenAudio } = shown.tracks;
    entry.stream.show(mediaOf([audio, video]));
    entry.screen.show(mediaOf([screen, screenAudio]));
    for (const kind of ['audio', 'screen-audio'] as const) {
      const [old, now] = [before.tracks[kind], shown.tracks[kind]];
      if (old?.receiver === now?.receiver) continue;
      now?.heard(true);
      old?.heard(false);
    }
  }

  judge(participantId: string, quality: Quality): void {
    const entry = this.#entries.get(participantId);
    if (entry) entry.quality = quality;
  }

  shown(participantId: string): Shown {
    return this.#entries.get(participantId)?.shown ?? NOTHING_SHOWN;
  }

  stream(participantId: string): MediaStream | null {
    return this.#entries.get(participantId)?.stream.stream ?? null;
  }

  remotes(): RemoteParticipant[] {
    return [...this.#entries.values()].map(({ participant, stream, screen, shown, quality }) => ({
      participantId: participant.participantId,
      userId: participant.userId,
      displayName: participant.displayName,
      media: participant.media,
      blocked: participant.blocked ?? NO_BLOCKS,
      connected: participant.connected,
      stream: stream.stream,
      // What is told decides, not what has arrived: so it neither flickers nor outlives the sharing.
      screen: participant.media.screen ? screen.stream : null,
      path: shown.path,
      trouble: remoteTrouble(participant.connected, arrives(participant, shown), shown.link),
      quality,
    }));
  }
}

/**
 * Whether a path carries what this participant sends: there may be nothing of theirs on one that works. Of whoever was gone before
 * anything came by it, nothing will.
 */
function arrives({ media, connected }: Participant, { path, tracks }: Shown): boolean {
  if (path === 'none') return false;
  const comes = (track: ReceivedTrack | null) => track !== null && (connected || track.decoded);
  return comes(tracks.audio) || comes(tracks.video) || !(media.audio || media.video);
}

function mediaOf(tracks: readonly (ReceivedTrack | null)[]): MediaStreamTrack[] {
  return tracks.filter((track) => track !== null).map(({ receiver }) => receiver.track);
}
