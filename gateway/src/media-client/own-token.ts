/** The service tokens that the gateway signs for itself. */
import { signServiceToken, type TokenKey } from '@crossfade/service/tokens';

/** Lifetime of a token, and how much of it has to be left, seconds: a clock that is minutes behind must not make it expire. */
const LIFETIME_S = 600;
const MARGIN_S = 300;

/** @returns gives a token that is good for five minutes at least */
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
