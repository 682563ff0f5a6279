/** The tiles of a call: everyone, and every screen that is shared. Pure. */
import type { LocalParticipant, RemoteParticipant, VideoSource } from '@crossfade/client/call';
import { distinctNames } from './distinct-names.ts';

export interface StageTile {
  /** Of a person the participant id, so that who is seated, pinned or speaks is named alike. */
  readonly id: string;
  /** Absent for what is one's own. */
  readonly participantId?: string;
  readonly source: VideoSource;
  readonly name: string;
  readonly stream: MediaStream;
  /** Absent for what is one's own. */
  readonly remote?: RemoteParticipant;
}

export interface StageTiles {
  readonly screens: readonly StageTile[];
  readonly people: readonly StageTile[];
  readonly self: StageTile;
}

/** @param order of the others' participant ids; who is not named is left out */
export function tilesOf(
  local: LocalParticipant,
  remotes: readonly RemoteParticipant[],
  order: readonly string[],
): StageTiles {
  const names = distinctNames(remotes.map(({ displayName }) => displayName));
  const people = new Map<string, StageTile>();
  const screens: StageTile[] = [];
  for (const [index, remote] of remotes.entries()) {
    const { participantId, stream, screen } = remote;
    const name = names[index] ?? remote.displayName;
    const person = { id: participantId, participantId, source: 'camera', name, stream, remote } as const;
    people.set(participantId, person);
    if (screen) {
      screens.push({
        ...person,
        id: `screen ${participantId}`,
        source: 'screen',
        name: `${name}’s screen`,
        stream: screen,
      });
    }
  }
  const self: StageTile = { id: 'own', source: 'camera', name: local.displayName, stream: local.stream };
  if (local.screen) {
    screens.push({ id: 'screen own', source: 'screen', name: 'Your screen', stream: local.screen });
  }
  return { screens, people: order.map((id) => people.get(id)).filter((tile) => tile !== undefined), self };
}
