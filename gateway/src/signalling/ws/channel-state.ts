/** A call as clients of `/ws` see it. Pure. */
import type { ProducerInfo } from '@crossfade/shared/media-api';
import type { ChannelState } from '@crossfade/shared/ptt';
import { currentRoom, nextRoom, type CallState, type Room } from '../../calls/state.ts';

/**
 * The room a client of `/ws` is to be in: the one that serves, or else the one that is being prepared. While a call moves
 * from one room to another the old one serves until a moment after the commit, and the client hears of the new one then.
 */
export function channelRoom({ media }: CallState): Room | null {
  return currentRoom(media) ?? nextRoom(media);
}

/** @param producers what is in that room */
export function channelStateOf(
  state: CallState,
  room: Room | null,
  producers: readonly ProducerInfo[],
): ChannelState {
  const { floor } = state;
  return {
    channelId: state.callId,
    members: state.members.map(({ participantId, displayName, link }) => ({
      participantId,
      displayName,
      connected: link.kind === 'connected',
    })),
    media: room && {
      epoch: room.epoch,
      rtpCapabilities: room.rtpCapabilities,
      producers: producers.map(({ producerId, participantId, kind, source, paused }) => ({
        producerId,
        participantId,
        kind,
        source,
        paused,
      })),
    },
    floor: floor
      ? { holder: floor.holder?.participantId ?? null, fence: floor.fence, queued: floor.queue.length }
      : null,
    locked: state.locked,
  };
}
