/** Whether a participant may send a track, as far as moderators have a say. */
import { CodedError } from '@crossfade/shared/errors';
import type { Blockable } from '@crossfade/shared/moderation';
import { isBlocked } from '../calls/blocks.ts';
import type { Acting, MediaServerClient } from '../media-client/http.ts';

/**
 * A blocked track may be made, so that a call can move and what is given back is there at once, but not flow. Screens are
 * not made at all.
 * @throws CodedError `blocked-by-moderator`
 */
export function permitProduce(
  blocked: readonly Blockable[],
  track: { kind: 'audio' | 'video'; source: string; paused?: boolean | undefined },
): void {
  if (!isBlocked(blocked, track)) return;
  if (track.paused === true && !track.source.startsWith('screen')) return;
  throw new CodedError('blocked-by-moderator');
}

/** @throws CodedError `blocked-by-moderator` */
export async function permitResume(
  blocked: readonly Blockable[],
  api: Pick<MediaServerClient, 'room'>,
  { roomId, epoch }: Acting,
  producerId: string,
): Promise<void> {
  if (blocked.length === 0) return;
  const { producers } = await api.room({ roomId, ...(epoch !== undefined && { epoch }) });
  const track = producers.find((each) => each.producerId === producerId);
  if (track && isBlocked(blocked, track)) throw new CodedError('blocked-by-moderator');
}
