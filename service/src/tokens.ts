/** JSON Web Tokens: signing and checking, with one fixed algorithm. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { CodedError } from '@crossfade/shared/errors';
import {
  SERVICE_AUDIENCE,
  USER_AUDIENCE,
  serviceClaimsSchema,
  userClaimsSchema,
  type ServiceClaims,
  type UserClaims,
} from '@crossfade/shared/tokens';
import jwt from 'jsonwebtoken';
import type { z } from 'zod';

const ALGORITHM = 'HS256';

/** How far two machines' clocks may be apart, seconds. */
const CLOCK_TOLERANCE_S = 30;

export interface TokenKey {
  secret: string;
  issuer: string;
}

/** A token that was verified is not verified again: a gateway sends the same one with every request for minutes. */
const MAX_REMEMBERED = 1_000;
const remembered = new WeakMap<TokenKey, Map<string, { claims: unknown; goodUntil: number }>>();

/** The secret as a key object: from a string, jsonwebtoken would first try to read it as a public key, every time. */
const secretKeys = new WeakMap<TokenKey, KeyObject>();

function secretKeyOf(key: TokenKey): KeyObject {
  const existing = secretKeys.get(key);
  if (existing) return existing;
  const created = createSecretKey(Buffer.from(key.secret));
  secretKeys.set(key, created);
  return created;
}

function verify<S extends z.ZodType>(
  token: string,
  key: TokenKey,
  audience: string,
  schema: S,
  now = Date.now(),
): z.infer<S> {
  const cache = remembered.get(key) ?? new Map<string, { claims: unknown; goodUntil: number }>();
  remembered.set(key, cache);
  const known = cache.get(`${audience} ${token}`);
  if (known && now < known.goodUntil) return known.claims as z.infer<S>;

  const claims = verifySignature(token, key, audience);
  const parsed = schema.safeParse(claims);
  const { exp } = claims as { exp?: unknown };
  // A token without `exp` would be good for ever.
  if (!parsed.success || typeof exp !== 'number') {
    throw new CodedError('unauthenticated', 'The token is not valid here.');
  }
  if (cache.size >= MAX_REMEMBERED) cache.clear();
  cache.set(`${audience} ${token}`, { claims: parsed.data, goodUntil: (exp + CLOCK_TOLERANCE_S) * 1000 });
  return parsed.data;
}

function verifySignature(token: string, key: TokenKey, audience: string): unknown {
  try {
    return jwt.verify(token, secretKeyOf(key), {
      algorithms: [ALGORITHM],
      issuer: key.issuer,
      audience,
      clockTolerance: CLOCK_TOLERANCE_S,
    });
  } catch (cause) {
    const expired = cause instanceof jwt.TokenExpiredError;
    throw new CodedError(
      'unauthenticated',
      expired ? 'The token has expired.' : 'The token is not valid here.',
      {
        cause,
      },
    );
  }
}

/** @throws CodedError `unauthenticated` */
export function verifyServiceToken(token: string, key: TokenKey): ServiceClaims {
  return verify(token, key, SERVICE_AUDIENCE, serviceClaimsSchema);
}

/** @throws CodedError `unauthenticated` */
export function verifyUserToken(token: string, key: TokenKey): UserClaims {
  return verify(token, key, USER_AUDIENCE, userClaimsSchema);
}

/** The token of an `Authorization: Bearer` header. @throws CodedError `unauthenticated` if there is none */
export function bearerToken(header: string | undefined): string {
  const token = /^Bearer ([\w.~+/=-]+)$/i.exec(header ?? '')?.[1];
  if (token === undefined) throw new CodedError('unauthenticated', 'Send a token: Authorization: Bearer …');
  return token;
}

/** A token for the media server. */
export function signServiceToken(
  key: TokenKey,
  options: { subject: string; lifetimeS: number; scope?: 'read' },
): string {
  return jwt.sign({ typ: 'service', ...(options.scope && { scope: options.scope }) }, key.secret, {
    algorithm: ALGORITHM,
    audience: SERVICE_AUDIENCE,
    issuer: key.issuer,
    subject: options.subject,
    expiresIn: options.lifetimeS,
  });
}

/** A token for the gateway. */
export function signUserToken(
  key: TokenKey,
  user: Omit<z.input<typeof userClaimsSchema>, 'aud' | 'typ' | 'exp'>,
  lifetimeS: number,
): string {
  const { sub, ...rest } = user;
  return jwt.sign({ typ: 'user', ...rest }, key.secret, {
    algorithm: ALGORITHM,
    audience: USER_AUDIENCE,
    issuer: key.issuer,
    subject: sub,
    expiresIn: lifetimeS,
  });
}
