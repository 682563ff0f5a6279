/** What comes over the feed, parsed; a newer media server may send events that this gateway does not know. Pure. */
import { ackErrorSchema, type ErrorCode } from '@crossfade/shared/errors';
import { roomSnapshotSchema, type RoomSnapshot } from '@crossfade/shared/media-api';
import { feedEventSchema, type FeedEvent } from '@crossfade/shared/media-events';
import { z } from 'zod';

/** An event, or the place in the numbering of one that is not known here. */
export type HeardEvent =
  FeedEvent | ({ type: 'unknown' } & Pick<FeedEvent, 'roomId' | 'epoch' | 'bootId' | 'seq'>);

export interface JoinedAnswer {
  /** Undefined: what was missed is all there is to know. */
  snapshot: RoomSnapshot | undefined;
  missed: HeardEvent[];
}

const [anyEvent] = feedEventSchema.options;
const numberedSchema = anyEvent.pick({ roomId: true, epoch: true, bootId: true, seq: true });
const answerSchema = z.union([
  z.object({
    ok: z.literal(true),
    snapshot: roomSnapshotSchema.optional(),
    missed: z.array(z.unknown()).default([]),
  }),
  z.object({ ok: z.literal(false), error: ackErrorSchema }),
]);

/** Undefined: it is not an event of a room. */
export function parseEvent(payload: unknown): HeardEvent | undefined {
  const known = feedEventSchema.safeParse(payload);
  if (known.success) return known.data;
  const numbered = numberedSchema.safeParse(payload);
  return numbered.success ? { type: 'unknown', ...numbered.data } : undefined;
}

/** The answer to `join-room`, or the code of its refusal. */
export function parseAnswer(reply: unknown): JoinedAnswer | ErrorCode {
  const answer = answerSchema.safeParse(reply);
  if (!answer.success) return 'media-server-unavailable';
  if (!answer.data.ok) return answer.data.error.code;
  const { snapshot, missed } = answer.data;
  return { snapshot, missed: missed.map(parseEvent).filter((event) => event !== undefined) };
}
