import type { Call, ConnectionAhead } from '@crossfade/client/call';
import type { LocalMedia } from '@crossfade/client/local-media';
import type { CallPolicyOverrides } from '@crossfade/shared/call-policy';
import { Unreachable, fetchToken } from './token.ts';

export interface Entry {
  name: string;
  callId: string;
  media: LocalMedia;
  invitation: string | null;
  /** A connection that was opened while the page was looked at. */
  connection?: ConnectionAhead | null;
  /** What the call is to be like if this person starts it. */
  policy?: CallPolicyOverrides;
}

/** What a call needs, the SDK's part of it and its page; files of their own, so that the join page is there first. */
export async function loadCallSdk() {
  const [sdk] = await Promise.all([import('@crossfade/client/call'), import('../call/call-page.tsx')]);
  return sdk;
}

/**
 * Joins a call of the service this page comes from.
 * @throws what `fetchToken` and `joinCall` throw
 */
export async function enterCall({
  name,
  callId,
  media,
  invitation,
  policy,
  connection = null,
}: Entry): Promise<Call> {
  const sdk = await loadCallSdk().catch((cause: unknown) => {
    throw new Unreachable('The call could not be loaded.', { cause });
  });
  if (connection?.open === true) {
    const token = () => fetchToken(name, callId, invitation, policy);
    return sdk.joinCall({ url: window.location.origin, token, callId, displayName: name, media, connection });
  }
  connection?.close();
  const first = fetchToken(name, callId, invitation, policy);
  let asked = 0;
  const token = () => (asked++ === 0 ? first : fetchToken(name, callId, invitation, policy));
  const giveUp = new AbortController();
  // The connection opens while the token is on its way.
  const joining = sdk.joinCall({
    url: window.location.origin,
    token,
    callId,
    displayName: name,
    media,
    signal: giveUp.signal,
  });
  joining.catch(() => undefined);
  try {
    // Why there is no token can be told better than by a refused connection.
    await first;
  } catch (error) {
    giveUp.abort();
    throw error;
  }
  return joining;
}
