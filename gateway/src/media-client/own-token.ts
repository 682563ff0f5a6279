/** The service tokens that the gateway signs for itself. */
import { signServiceToken, type TokenKey } from '@crossfade/service/tokens';

/** Lifetime of a token, and how much of it has to be left; seconds. */
const LIFETIME_S = 300;
const MARGIN_S = 60;

/** @returns gives a token that is good for a minute at least */
export function ownTokens(key: TokenKey): () => string {
  let token = '';
  let goodUntil = 0;
  return () => {
    const now = Date.now() / 1000;
    if (now > goodUntil) {
      token = signServiceToken(key, { subject: 'gateway', lifetimeS: LIFETIME_S });
      goodUntil = now + LIFETIME_S - MARGIN_S;
    }
    return token;
  };
}
