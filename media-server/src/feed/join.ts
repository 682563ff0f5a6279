/** What a reader is told when it joins a room. Pure. */
import type { JoinRoomAnswer, JoinRoomRequest, FeedEvent } from '@crossfade/shared/media-events';
import type { RoomSnapshot } from '@crossfade/shared/media-api';

export interface JoinedRoom {
  readonly seq: number;
  readonly snapshot: RoomSnapshot;
  eventsAfter(seq: number): FeedEvent[] | undefined;
}

/** The events missed since `afterSeq` if they are all kept and counted in this boot; else everything. */
export function joinAnswer(room: JoinedRoom, request: JoinRoomRequest, bootId: string): JoinRoomAnswer {
  const sameBoot = request.bootId === undefined || request.bootId === bootId;
  const missed = sameBoot && request.afterSeq !== undefined ? room.eventsAfter(request.afterSeq) : undefined;
  return { ok: true, bootId, seq: room.seq, ...(missed ? { missed } : { snapshot: room.snapshot }) };
}
