import { expect, test } from '@jest/globals';
import { serverEvents } from '@crossfade/shared/signalling';
import type { Message } from '../../calls/events.ts';
import { toldOf } from './told.ts';

const me = (callId: string) => (callId === 'c' ? 'ann' : undefined);
const channelId = 'c';

test.each<[Message, string, string, object]>([
  [
    { name: 'session:replaced', payload: { callId: 'c', participantId: 'ann' } } as Message,
    'farewell',
    'leave_channel',
    { channelId, reason: 'replaced' },
  ],
  [
    { name: 'call:ended', payload: { callId: 'c', reason: 'removed', message: 'enough' } },
    'farewell',
    'leave_channel',
    { channelId, reason: 'removed', message: 'enough' },
  ],
  [
    { name: 'floor:granted', payload: { callId: 'c', fence: 3, priority: 0, remainingMs: 9 } },
    'frame',
    'speaker_changed',
    { channelId, participantId: 'ann', fence: 3, remainingMs: 9 },
  ],
  [
    { name: 'floor:taken', payload: { callId: 'c', holder: 'ben', fence: 3, priority: 0 } },
    'frame',
    'speaker_changed',
    { channelId, participantId: 'ben', fence: 3 },
  ],
  [
    { name: 'floor:idle', payload: { callId: 'c', fence: 4 } },
    'frame',
    'speaker_changed',
    { channelId, participantId: null, fence: 4 },
  ],
  [
    { name: 'floor:denied', payload: { callId: 'c', reason: 'retry-after', retryAfterMs: 5 } },
    'frame',
    'ptt_denied',
    { channelId, reason: 'retry-after', retryAfterMs: 5 },
  ],
  [
    { name: 'floor:revoked', payload: { callId: 'c', fence: 3, reason: 'pre-empted' } },
    'frame',
    'ptt_denied',
    { channelId, reason: 'pre-empted' },
  ],
])('%j', (message, kind, type, data) => {
  const told = toldOf(message, me);
  expect(told.kind).toBe(kind);
  expect('text' in told && (JSON.parse(told.text) as object)).toEqual({ type, data });
});

test('everything else is seen in the state of the channel, or concerns other doors', () => {
  const told = new Set([
    ...['session:replaced', 'call:ended', 'floor:granted', 'floor:taken', 'floor:idle', 'floor:denied'],
    'floor:revoked',
  ]);
  for (const name of Object.keys(serverEvents).filter((each) => !told.has(each)))
    expect(toldOf({ name, payload: { callId: 'c' } } as unknown as Message, me)).toEqual({ kind: 'nothing' });
});
