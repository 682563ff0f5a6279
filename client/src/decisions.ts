/** Reads what the gateway has decided about a call, from its REST API. */
import { decisionsAnswerSchema, type Decision } from '@crossfade/shared/decisions';
import { CodedError, problemSchema } from '@crossfade/shared/errors';

export type { Decision } from '@crossfade/shared/decisions';

/** How long an answer may take, milliseconds. */
const LIMIT_MS = 5_000;

/**
 * @param url where the gateway is
 * @throws CodedError with what the gateway answers, or `timeout`
 */
export async function readDecisions(
  url: string,
  token: string,
  callId: string,
): Promise<readonly Decision[]> {
  const address = new URL(`/api/calls/${encodeURIComponent(callId)}/decisions`, url);
  let answer: Response;
  let body: unknown;
  try {
    answer = await fetch(address, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    body = await answer.json();
  } catch (cause) {
    throw new CodedError('timeout', 'The service did not answer.', { cause });
  }
  if (!answer.ok) {
    throw new CodedError(problemSchema.pick({ code: true }).safeParse(body).data?.code ?? 'internal');
  }
  const parsed = decisionsAnswerSchema.safeParse(body);
  if (!parsed.success) {
    throw new CodedError('internal', 'The decisions make no sense.', { cause: parsed.error });
  }
  return parsed.data.decisions;
}
