/** Whoever makes a request, as far as it matters for what they may do. */
import { CodedError } from '@crossfade/shared/errors';
import type {
  ClientAnswer,
  ClientRequestName,
  MediaState,
  ParsedRequest,
} from '@crossfade/shared/signalling';
import type { Grants, UserClaims } from '@crossfade/shared/tokens';
import type { Calls } from '../calls/calls.ts';
import { memberOf, type CallState } from '../calls/state.ts';

export interface Caller {
  readonly claims: UserClaims;
  /** The participant this connection speaks for, by call. */
  readonly joined: ReadonlyMap<string, string>;
}

/** How requests of these names are answered. */
export type HandlersOf<N extends ClientRequestName> = {
  [M in N]: (caller: Caller, request: ParsedRequest<M>) => Promise<ClientAnswer<M>>;
};

/** @throws CodedError `not-joined` */
export function joinedAs({ joined }: Caller, callId: string): string {
  const participantId = joined.get(callId);
  if (participantId === undefined) throw new CodedError('not-joined');
  return participantId;
}

/** The call as it is now, with this participant in it. @throws CodedError `not-joined` */
export async function joinedState(
  calls: Pick<Calls, 'state'>,
  callId: string,
  participantId: string,
): Promise<CallState> {
  const state = await calls.state(callId);
  if (!state || !memberOf(state, participantId)) throw new CodedError('not-joined');
  return state;
}

/** What others may expect from somebody: nothing from one who may not publish. */
export function sent(media: MediaState, { publish }: Grants): MediaState {
  return publish ? media : { audio: false, video: false, screen: false };
}

/** One socket may speak for somebody in several calls. */
export function connectionIdOf(participantId: string, socketId: string): string {
  return `${participantId}/${socketId}`;
}
