/** What of a participant may flow: as far as moderators have a say, and, in a call of push-to-talk, the floor. */
import { CodedError } from '@crossfade/shared/errors';
import type { Blockable } from '@crossfade/shared/moderation';
import { isBlocked } from '../calls/blocks.ts';
import { memberOf, type CallState } from '../calls/state.ts';
import type { Acting, MediaServerClient } from '../media-client/http.ts';

interface Track {
  readonly kind: 'audio' | 'video';
  readonly source: string;
  readonly paused?: boolean | undefined;
}

/** What one participant may send. */
export interface Permit {
  readonly blocked: readonly Blockable[];
  /** In a call of push-to-talk: the number of the floor's last change, and whether they have it. Null: everyone may speak. */
  readonly floor: { readonly fence: number; readonly mine: boolean } | null;
}

export function permitOf(state: CallState, participantId: string): Permit {
  const { floor } = state;
  return {
    blocked: memberOf(state, participantId)?.blocked ?? [],
    floor: floor ? { fence: floor.fence, mine: floor.holder?.participantId === participantId } : null,
  };
}

/** Whether somebody may send something else than before, so that it has to be brought about. @param before null: not known */
export function permitsChanged(before: CallState | null, after: CallState): boolean {
  if (after.floor && after.floor.fence !== before?.floor?.fence) return true;
  return after.members.some(({ participantId, blocked }) => {
    const known = (before && memberOf(before, participantId)?.blocked) ?? [];
    return blocked.length !== known.length || blocked.some((kind) => !known.includes(kind));
  });
}

/** What is to be done about a track that is there. */
export function verdictOn(
  { blocked, floor }: Permit,
  track: Track & { paused: boolean },
): 'close' | 'pause' | 'resume' | 'leave' {
  if (isBlocked(blocked, track)) {
    if (track.source.startsWith('screen')) return 'close';
    return track.paused ? 'leave' : 'pause';
  }
  if (floor === null || track.kind !== 'audio') return 'leave';
  if (track.paused) return floor.mine ? 'resume' : 'leave';
  return floor.mine ? 'leave' : 'pause';
}

/**
 * A blocked track may be made, so that a call can move and what is given back is there at once, but not flow. Screens are
 * not made at all. In a call of push-to-talk whatever can be heard is made paused; it flows once its owner has the floor.
 * @returns whether it is to be paused
 * @throws CodedError `blocked-by-moderator`
 */
export function permitProduce({ blocked, floor }: Permit, track: Track): boolean {
  const paused = track.paused === true;
  if (isBlocked(blocked, track) && !(paused && !track.source.startsWith('screen')))
    throw new CodedError('blocked-by-moderator');
  return paused || (floor !== null && track.kind === 'audio');
}

/**
 * @returns the grant of the floor it flows under; undefined: it has to do with none
 * @throws CodedError `blocked-by-moderator`, `not-floor-holder`
 */
export async function permitResume(
  permit: Permit,
  api: Pick<MediaServerClient, 'room'>,
  acting: Acting,
  producerId: string,
): Promise<number | undefined> {
  const { blocked, floor } = permit;
  if (blocked.length === 0 && floor === null) return undefined;
  const track = await find(api, acting, producerId);
  if (!track) return undefined;
  if (isBlocked(blocked, track)) throw new CodedError('blocked-by-moderator');
  if (floor === null || track.kind !== 'audio') return undefined;
  if (!floor.mine) throw new CodedError('not-floor-holder');
  return floor.fence;
}

/** Whether who pauses this has spoken: it is what can be heard of whoever has the floor. */
export async function givesFloorBack(
  { floor }: Permit,
  api: Pick<MediaServerClient, 'room'>,
  acting: Acting,
  producerId: string,
): Promise<boolean> {
  if (floor?.mine !== true) return false;
  return (await find(api, acting, producerId))?.kind === 'audio';
}

async function find(
  api: Pick<MediaServerClient, 'room'>,
  { roomId, epoch, participantId }: Acting,
  producerId: string,
) {
  const { producers } = await api.room({ roomId, ...(epoch !== undefined && { epoch }) });
  return producers.find((each) => each.producerId === producerId && each.participantId === participantId);
}
