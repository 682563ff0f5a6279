/**
 * Tokens signed with a private key that somebody else keeps: checked with the public keys (JSON Web Key Set, RFC 7517)
 * of one address that the operator sets. What a token itself says of where its key is (`jku`, `x5u`, `jwk`) is never
 * looked at.
 */
import { CodedError } from '@crossfade/shared/errors';
import { createRemoteJWKSet, errors, jwtVerify, type RemoteJWKSet } from 'jose';
import { CLOCK_TOLERANCE_S, hasExpired, headerOf, notValidHere } from './tokens.ts';

const ALGORITHMS = ['RS256', 'ES256'];

/** Milliseconds after which keys are fetched again, so that one that was withdrawn does not stay good for ever. */
const KEYS_GOOD_FOR_MS = 600_000;
/** A token that names an unknown key makes the set be fetched again, at most once in so many milliseconds. */
const COOLDOWN_MS = 30_000;
/** Milliseconds a fetch may take. */
const FETCH_LIMIT_MS = 2_000;

/** Whether this token says that it is signed with a private key. @throws CodedError `unauthenticated` */
export function isSignedPrivately(token: string): boolean {
  const { alg } = headerOf(token);
  return typeof alg === 'string' && ALGORITHMS.includes(alg);
}

export class RemoteKeys {
  readonly #keys: RemoteJWKSet;
  readonly #issuer: string;

  constructor(options: { url: string; issuer: string }) {
    this.#issuer = options.issuer;
    this.#keys = createRemoteJWKSet(new URL(options.url), {
      timeoutDuration: FETCH_LIMIT_MS,
      cooldownDuration: COOLDOWN_MS,
      cacheMaxAge: KEYS_GOOD_FOR_MS,
    });
  }

  /**
   * The claims of a token for this audience; their shape is for the caller to check.
   * @throws CodedError `unauthenticated`; `token-keys-unavailable` if the keys cannot be fetched
   */
  async verify(token: string, audience: string): Promise<unknown> {
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        algorithms: ALGORITHMS,
        issuer: this.#issuer,
        audience,
        clockTolerance: CLOCK_TOLERANCE_S,
        requiredClaims: ['exp'],
      });
      return payload;
    } catch (cause) {
      if (cause instanceof errors.JWTExpired) throw hasExpired(cause);
      if (saysNothingOfTheToken(cause)) {
        throw new CodedError('token-keys-unavailable', undefined, { cause });
      }
      throw notValidHere(cause);
    }
  }
}

/** The address did not answer, or not with keys. */
function saysNothingOfTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    !(error instanceof errors.JOSEError) ||
    error.code === errors.JOSEError.code
  );
}
