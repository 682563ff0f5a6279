/** JSON Web Tokens as both services accept them: HS256, short-lived. */
import { createHmac } from 'node:crypto';

/** Longer than any run. */
const LIFETIME_S = 2 * 3600;

/**
 * @typedef {object} TokenKey
 * @property {string} secret
 * @property {string} issuer
 */

/**
 * A token for the media server's REST API.
 *
 * @param {TokenKey} key
 */
export function serviceToken(key) {
  return sign(key, { aud: 'media-server', typ: 'service', sub: 'load-test' });
}

/**
 * A token for the gateway: one person, one call.
 *
 * @param {TokenKey} key
 * @param {{ userId: string, name: string, callId: string }} user
 */
export function userToken(key, { userId, name, callId }) {
  return sign(key, { aud: 'gateway', typ: 'user', sub: userId, name, calls: [callId] });
}

/**
 * @param {TokenKey} key
 * @param {Record<string, unknown>} claims
 */
function sign({ secret, issuer }, claims) {
  const now = Math.floor(Date.now() / 1000);
  const parts = [
    { alg: 'HS256', typ: 'JWT' },
    { iss: issuer, iat: now, exp: now + LIFETIME_S, ...claims },
  ];
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');

  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
