/** What a frame of a client of `/ws` is, and what frames of the gateway look like. Pure. */
import { beyondBounds } from '@crossfade/service/json-bounds';
import { CodedError, toAckError } from '@crossfade/shared/errors';
import {
  pttFrameSchema,
  pttRequests,
  type PttEvent,
  type PttEventName,
  type PttId,
  type PttRequestName,
} from '@crossfade/shared/ptt';
import { MESSAGE_BOUNDS } from '../message-bounds.ts';

export type Frame =
  | {
      readonly kind: 'request';
      readonly name: PttRequestName;
      readonly id: PttId | undefined;
      readonly data: unknown;
    }
  | { readonly kind: 'ping'; readonly id: PttId | undefined; readonly data: unknown }
  | { readonly kind: 'pong' }
  /** Nothing that could be carried out; the id, if it has one that can be read. */
  | { readonly kind: 'refused'; readonly id: PttId | undefined; readonly error: CodedError };

export function readFrame(bytes: Uint8Array): Frame {
  if (beyondBounds(bytes, MESSAGE_BOUNDS) !== undefined) return refused(new CodedError('payload-too-large'));
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return refused(new CodedError('malformed-json', 'The frame is not valid JSON.'));
  }
  const parsed = pttFrameSchema.safeParse(json);
  if (!parsed.success)
    return refused(
      new CodedError('validation-failed', 'A frame is an object with a type, and perhaps an id.'),
      idOf(json),
    );
  const { type, id, data } = parsed.data;
  if (type === 'ping') return { kind: 'ping', id, data };
  if (type === 'pong') return { kind: 'pong' };
  if (Object.hasOwn(pttRequests, type)) return { kind: 'request', name: type as PttRequestName, id, data };
  return refused(new CodedError('route-not-found', 'There is no such request.'), id);
}

/** Of something that may be anything else. */
function idOf(json: unknown): PttId | undefined {
  return pttFrameSchema.pick({ id: true }).safeParse(json).data?.id;
}

function refused(error: CodedError, id?: PttId): Frame {
  return { kind: 'refused', id, error };
}

/** An answer, which has the id of its request; or a `pong`. */
export function answerFrame(
  type: PttRequestName | 'ptt_denied' | 'pong',
  id: PttId | undefined,
  data: unknown,
): string {
  return JSON.stringify({ type, ...(id !== undefined && { id }), data });
}

export function errorFrame(error: CodedError, id?: PttId): string {
  return JSON.stringify({ type: 'error', ...(id !== undefined && { id }), data: toAckError(error) });
}

/** What is told unasked. */
export function eventFrame<N extends PttEventName>(type: N, data: PttEvent<N>): string {
  return JSON.stringify({ type, data });
}
