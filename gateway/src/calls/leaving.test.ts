import { expect, test } from '@jest/globals';
import type { CallState, Room } from './state.ts';
import { leaveRoom } from './switch.ts';

const room: Room = { server: 'http://m', epoch: 3, rtpCapabilities: {} };
const retry = { at: 9_000, failures: 4, noServer: true, last: [] };

test('a call that could not leave a room tries at once when it is told again', () => {
  const state = { media: { phase: 'sfu', room, standing: 'leaving' }, retry } as unknown as CallState;
  const step = leaveRoom(state, { type: 'room-moving', epoch: 3, server: 'http://m' }, 500);
  expect(step.state.retry).toEqual({ ...retry, at: 500 });
  expect(leaveRoom(state, { type: 'room-moving', epoch: 2, server: 'http://m' }, 500).state).toBe(state);
});
