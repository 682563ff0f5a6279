/** JSON Web Tokens signed with a shared secret: signing and checking, with one fixed algorithm. */
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
export const CLOCK_TOLERANCE_S = 30;

/** The key id (`kid`) by which a token may name the secret that needs no name. */
export const DEFAULT_KEY_ID = 'default';

export interface TokenKey {
  /** For tokens that name no key. */
  secret: string;
  issuer: string;
  /** Further secrets by key id, while one is being replaced: a closed set, nothing else is ever tried. */
  secretsById?: ReadonlyMap<string, string> | undefined;
  /** The key id that tokens signed here name. */
  keyId?: string | undefined;
}

/** A token that was verified is not verified again: a gateway sends the same one with every request for minutes. */
const MAX_REMEMBERED = 1_000;
const remembered = new WeakMap<TokenKey, Map<string, { claims: unknown; goodUntil: number }>>();

/** The secrets as key objects: from a string, jsonwebtoken would first try to read it as a public key, every time. */
const secretKeys = new WeakMap<TokenKey, Map<string, KeyObject>>();

function secretKeysOf(key: TokenKey): Map<string, KeyObject> {
  const existing = secretKeys.get(key);
  if (existing) return existing;
  const secrets = [[DEFAULT_KEY_ID, key.secret] as const, ...(key.secretsById ?? [])];
  const created = new Map(secrets.map(([id, secret]) => [id, createSecretKey(Buffer.from(secret))]));
  secretKeys.set(key, created);
  return created;
}

/** What a token says of how it is signed: not believed, only looked at. @throws CodedError `unauthenticated` */
export function headerOf(token: string): { alg: unknown; kid: unknown } {
  try {
    const [header = ''] = token.split('.', 1);
    const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, unknown>;
    return { alg, kid };
  } catch (cause) {
    throw notValidHere(cause);
  }
}

/** The key that a token names, out of those there are. @throws CodedError `unauthenticated` */
function secretKeyFor(token: string, key: TokenKey): KeyObject {
  const { kid = DEFAULT_KEY_ID } = headerOf(token);
  const found = typeof kid === 'string' ? secretKeysOf(key).get(kid) : undefined;
  if (!found) throw notValidHere();
  return found;
}

/** Why exactly is nobody's business who has no good token. */
export function notValidHere(cause?: unknown): CodedError {
  return new CodedError('unauthenticated', 'The token is not valid here.', { cause });
}

export function hasExpired(cause?: unknown): CodedError {
  return new CodedError('unauthenticated', 'The token has expired.', { cause });
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
  if (!parsed.success || typeof exp !== 'number') throw notValidHere();
  if (cache.size >= MAX_REMEMBERED) cache.clear();
  cache.set(`${audience} ${token}`, { claims: parsed.data, goodUntil: (exp + CLOCK_TOLERANCE_S) * 1000 });
  return parsed.data;
}

function verifySignature(token: string, key: TokenKey, audience: string): unknown {
  const secret = secretKeyFor(token, key);
  try {
    return jwt.verify(token, secret, {
      algorithms: [ALGORITHM],
      issuer: key.issuer,
      audience,
      clockTolerance: CLOCK_TOLERANCE_S,
    });
  } catch (cause) {
    throw cause instanceof jwt.TokenExpiredError ? hasExpired(cause) : notValidHere(cause);
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
    ...(key.keyId !== undefined && { keyid: key.keyId }),
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
