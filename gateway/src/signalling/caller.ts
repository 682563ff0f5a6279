/** Whoever makes a request, as far as it matters for what they may do. */
import { CodedError } from '@crossfade/shared/errors';
import type { ClientAnswer, ClientRequestName, ParsedRequest } from '@crossfade/shared/signalling';
import type { UserClaims } from '@crossfade/shared/tokens';

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
