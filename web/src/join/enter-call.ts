import type { Call } from '@crossfade/client/call';
import type { LocalMedia } from '@crossfade/client/local-media';
import { Unreachable, fetchToken } from './token.ts';

export interface Entry {
  name: string;
  callId: string;
  media: LocalMedia;
  invitation: string | null;
}

/** The part of the SDK a call needs; a file of its own, so that the join page is there first. */
export const loadCallSdk = () => import('@crossfade/client/call');

/**
 * Joins a call of the service this page comes from.
 * @throws what `fetchToken` and `joinCall` throw
 */
export async function enterCall({ name, callId, media, invitation }: Entry): Promise<Call> {
  const sdk = await loadCallSdk().catch((cause: unknown) => {
    throw new Unreachable('The call could not be loaded.', { cause });
  });
  // The first token is asked for here: why there is none can be told better than by a failed connection.
  let first: string | undefined = await fetchToken(name, callId, invitation);
  const token = () => {
    const fresh = first === undefined ? fetchToken(name, callId, invitation) : Promise.resolve(first);
    first = undefined;
    return fresh;
  };
  return sdk.joinCall({ url: window.location.origin, token, callId, displayName: name, media });
}
