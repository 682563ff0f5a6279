/** Signs a token for the media server, with what Node.js has: nothing need be installed for it. */
import { createHmac } from 'node:crypto';

/**
 * @param {{ secret: string, issuer: string }} key
 * @param {object} token
 * @param {string} token.subject
 * @param {number} token.lifetimeS
 * @param {boolean} token.read Good for reading only.
 * @param {number} now Milliseconds since 1970.
 */
export function serviceToken(key, { subject, lifetimeS, read }, now) {
  const issuedAt = Math.floor(now / 1_000);
  const claims = {
    iss: key.issuer,
    aud: 'media-server',
    typ: 'service',
    sub: subject,
    ...(read && { scope: 'read' }),
    iat: issuedAt,
    exp: issuedAt + lifetimeS,
  };
  const signed = [{ alg: 'HS256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');

  return `${signed}.${createHmac('sha256', key.secret).update(signed).digest('base64url')}`;
}
