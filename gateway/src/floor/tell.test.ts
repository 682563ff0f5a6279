import { expect, test } from '@jest/globals';
import type { Message } from '../calls/events.ts';
import { serverEvents } from '@crossfade/shared/signalling';
import type { FloorNews } from './reduce.ts';
import { floorEffects } from './tell.ts';

/** Who hears of it, and what. */
function heard(news: FloorNews): [string, Message][] {
  return floorEffects('c', news).map((effect) => {
    if (effect.type === 'send') return [`to ${effect.to}`, effect.message];
    if (effect.type === 'broadcast') return [`to all but ${String(effect.except)}`, effect.message];
    throw new Error(`told by ${effect.type}`);
  });
}

const ann = { participantId: 'ann', fence: 9 };

test.each<[FloorNews, [string, string, object][]]>([
  [
    { type: 'granted', ...ann, priority: 3, remainingMs: 500, waitedMs: 20 },
    [
      ['to ann', 'floor:granted', { callId: 'c', fence: 9, priority: 3, remainingMs: 500 }],
      ['to all but ann', 'floor:taken', { callId: 'c', holder: 'ann', fence: 9, priority: 3 }],
    ],
  ],
  [
    { type: 'revoked', ...ann, reason: 'pre-empted' },
    [['to ann', 'floor:revoked', { callId: 'c', fence: 9, reason: 'pre-empted' }]],
  ],
  [
    { type: 'revoked', ...ann, reason: 'too-long', retryAfterMs: 3_000 },
    [['to ann', 'floor:revoked', { callId: 'c', fence: 9, reason: 'too-long', retryAfterMs: 3_000 }]],
  ],
  [
    { type: 'denied', participantId: 'ann', reason: 'retry-after', retryAfterMs: 0 },
    [['to ann', 'floor:denied', { callId: 'c', reason: 'retry-after', retryAfterMs: 0 }]],
  ],
  [
    { type: 'denied', participantId: 'ann', reason: 'queue-full' },
    [['to ann', 'floor:denied', { callId: 'c', reason: 'queue-full' }]],
  ],
  [{ type: 'idle', fence: 9 }, [['to all but null', 'floor:idle', { callId: 'c', fence: 9 }]]],
])('%j is heard by whom it concerns', (news, expected) => {
  const found = heard(news);
  expect(found.map(([who, { name, payload }]) => [who, name, payload])).toEqual(expected);
  for (const [, { name, payload }] of found) {
    // Nothing but what clients know.
    const strict = Object.keys(serverEvents[name].parse(payload)).sort();
    expect(strict).toEqual(Object.keys(payload).sort());
  }
});
