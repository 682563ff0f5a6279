import type { CallPolicyOverrides } from '@crossfade/shared/call-policy';
import { CodedError, problemSchema } from '@crossfade/shared/errors';
import { tokenAnswerSchema } from '@crossfade/shared/tokens';

/** The service did not answer at all. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** This service hands out no tokens, and the address carried none. */
export class NoInvitation extends Error {
  override readonly name = 'NoInvitation';
}

/** Who this page is to the service: every token is for the same user, or a lost session could not be resumed. */
let userId: string | undefined;

/**
 * A token for one call: from the service while it is in development, otherwise the one of the invitation.
 * @param policy what the call is to be like if this token starts it; where the service hands out no tokens, the
 *   invitation says that
 * @throws Unreachable, NoInvitation, or CodedError with what the service answered
 */
export async function fetchToken(
  name: string,
  callId: string,
  fromInvitation: string | null,
  policy?: CallPolicyOverrides,
): Promise<string> {
  const answer = await fetch('/api/tokens', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, callId, userId, policy }),
    signal: AbortSignal.timeout(5_000),
  }).catch((cause: unknown) => {
    throw new Unreachable('The token request failed.', { cause });
  });
  if (answer.status === 404) {
    if (fromInvitation !== null) return fromInvitation;
    throw new NoInvitation('There is no token for this call.');
  }
  const body: unknown = await answer.json().catch(() => null);
  const token = tokenAnswerSchema.pick({ token: true, userId: true }).safeParse(body);
  if (answer.ok && token.success) {
    userId = token.data.userId;
    return token.data.token;
  }
  throw new CodedError(problemSchema.pick({ code: true }).safeParse(body).data?.code ?? 'internal');
}
