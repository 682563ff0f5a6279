/** What the media server's scenario needs for each virtual user: a room of its own, a token, and a browser's media. */
import { randomInt } from 'node:crypto';

import { serviceToken } from './engine/tokens.mjs';

/** A certificate nobody has: no media flows in this test. */
const FINGERPRINT = Array.from({ length: 32 }, () => 'AB').join(':');

/** @typedef {{ vars: Record<string, any> }} Context */

/** @param {Context} context */
export async function prepare({ vars }) {
  vars['authorization'] = authorization();
  vars['roomId'] = `${roomPrefix(vars)}${vars['$uuid']}`;
  vars['dtlsParameters'] = {
    role: 'client',
    fingerprints: [{ algorithm: 'sha-256', value: FINGERPRINT }],
  };
  vars['microphoneA'] = opus();
  vars['microphoneB'] = opus();
}

/**
 * Deletes what virtual users that failed have left behind.
 *
 * @param {Context} context
 */
export async function removeRooms({ vars }) {
  const headers = { authorization: authorization() };
  let cursor = '';
  for (;;) {
    const response = await fetch(new URL(`/api/rooms?limit=200${cursor}`, vars['target']), { headers });
    if (!response.ok) return;
    const { rooms, nextCursor } = /** @type {{ rooms: { roomId: string }[], nextCursor: string | null }} */ (
      await response.json()
    );
    for (const { roomId } of rooms.filter((room) => room.roomId.startsWith(roomPrefix(vars)))) {
      await fetch(new URL(`/api/rooms/${roomId}`, vars['target']), { method: 'DELETE', headers });
    }
    if (nextCursor === null) return;
    cursor = `&cursor=${encodeURIComponent(nextCursor)}`;
  }
}

/** @param {Context['vars']} vars */
function roomPrefix(vars) {
  return `load-${vars['$testId']}-`;
}

function authorization() {
  const secret = process.env['SERVICE_JWT_SECRET'] ?? '';

  return `Bearer ${serviceToken({ secret, issuer: process.env['JWT_ISSUER'] || 'crossfade' })}`;
}

function opus() {
  return {
    codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 }],
    encodings: [{ ssrc: randomInt(1, 2 ** 32 - 1) }],
  };
}
