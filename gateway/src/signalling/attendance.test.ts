import { expect, test } from '@jest/globals';
import type { CallState, Member } from '../calls/state.ts';
import { Attendance } from './attendance.ts';
import type { Door } from './door.ts';

const HERE = 'gateway-1';

function doorOf(socketId: string): Door {
  const joined = new Map<string, string>();
  return {
    socketId,
    claims: { sub: 'u', name: 'u', grants: { publish: true, subscribe: true, moderate: false } } as never,
    address: '127.0.0.1',
    joined,
    isOpen: () => true,
    attach: (callId, participantId) => joined.set(callId, participantId),
    detach: (callId) => joined.delete(callId),
    drop: () => undefined,
  };
}

function stateWith(...members: [participantId: string, link: Member['link']][]): CallState {
  const all = members.map(([participantId, link]) => ({ participantId, link }) as Member);
  return { members: all } as unknown as CallState;
}

const at = (socketId: string, gatewayId = HERE): Member['link'] => ({
  kind: 'connected',
  socketId,
  gatewayId,
});

function kinds(attendance: Attendance, state: CallState | null) {
  const { corrections, absent } = attendance.compare('c', state, HERE);
  return [corrections.map(({ kind }) => kind), absent.map(({ participantId }) => participantId)];
}

test('who is where the call says they are needs nothing', () => {
  const attendance = new Attendance();
  attendance.attach('c', doorOf('s1'), 'p1');
  expect(kinds(attendance, stateWith(['p1', at('s1')], ['p2', at('s2', 'gateway-2')]))).toEqual([[], []]);
});

test('a session that went on elsewhere is replaced, one that was taken for lost is to resume', () => {
  const attendance = new Attendance();
  attendance.attach('c', doorOf('s1'), 'p1');
  attendance.attach('c', doorOf('s2'), 'p2');
  const state = stateWith(['p1', at('s9', 'gateway-2')], ['p2', { kind: 'lost', until: 5 }]);
  expect(kinds(attendance, state)).toEqual([['replaced', 'resume'], []]);
});

test('who is not in the call any more and was told so is let go; who was not may try to come back', () => {
  const attendance = new Attendance();
  const door = doorOf('s1');
  attendance.attach('c', door, 'p1');
  expect(kinds(attendance, stateWith())).toEqual([['resume'], []]);
  expect(kinds(attendance, null)).toEqual([['resume'], []]);
  door.detach('c', 'p1');
  expect(kinds(attendance, null)).toEqual([['gone'], []]);
});

test('the end of one session of a socket is not that of the next', () => {
  const attendance = new Attendance();
  const door = doorOf('s1');
  attendance.attach('c', door, 'p1');
  attendance.attach('c', door, 'p2');
  attendance.detach('c', door, 'p1');
  expect([door.joined.get('c'), attendance.has('c')]).toEqual(['p2', true]);
  attendance.detach('c', door, 'p2');
  expect([door.joined.get('c'), attendance.has('c')]).toEqual([undefined, false]);
});

test('a member who is said to be here but is not is reported', () => {
  const attendance = new Attendance();
  const door = doorOf('s1');
  attendance.attach('c', door, 'p1');
  const state = stateWith(['p1', at('s1')], ['p2', at('s2')]);
  expect(kinds(attendance, state)).toEqual([[], ['p2']]);
  attendance.disconnected(door);
  expect(kinds(attendance, state)).toEqual([[], ['p1', 'p2']]);
});

test('a join that failed but was written counts as long as the client is there', () => {
  const attendance = new Attendance();
  const door = doorOf('s1');
  attendance.doubt('c', door);
  expect(kinds(attendance, stateWith(['p1', at('s1')]))).toEqual([[], []]);
  expect(door.joined.get('c')).toBe('p1');

  const gone = doorOf('s2');
  attendance.doubt('c', gone);
  attendance.disconnected(gone);
  expect(kinds(attendance, stateWith(['p1', at('s1')], ['p2', at('s2')]))).toEqual([[], ['p2']]);
});
