import type { Call, ConnectionAhead } from '@crossfade/client/call';
import type { LocalMedia } from '@crossfade/client/local-media';
import type { CallPolicyOverrides } from '@crossfade/shared/call-policy';
import type { ComponentType } from 'react';
import type { CallPageProps } from '../call/call-page.tsx';
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

/** A call, and the page to show it with. */
export interface Entered {
  call: Call;
  CallPage: ComponentType<CallPageProps>;
}

/**
 * What a call needs, the SDK's part of it and its page; files of their own, so that the join page is there first. Not with
 * `React.lazy`: it shows its fallback for a moment even if the file is there, and what comes next only after 300 ms.
 */
export async function loadCall() {
  const [sdk, { CallPage }] = await Promise.all([
    import('@crossfade/client/call'),
    import('../call/call-page.tsx'),
  ]);
  return { sdk, CallPage };
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
}: Entry): Promise<Entered> {
  const { sdk, CallPage } = await loadCall().catch((cause: unknown) => {
    throw new Unreachable('The call could not be loaded.', { cause });
  });
  if (connection?.open === true) {
    const token = () => fetchToken(name, callId, invitation, policy);
    const url = window.location.origin;
    return {
      call: await sdk.joinCall({ url, token, callId, displayName: name, media, connection }),
      CallPage,
    };
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
  return { call: await joining, CallPage };
}
