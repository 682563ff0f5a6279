import { expect, test } from '@jest/globals';
import { loseGateway } from './members.ts';
import type { CallPolicy, CallState, Member } from './state.ts';

const policy: CallPolicy = {
  p2pMaxParticipants: 2,
  backToP2pDelayMs: 5_000,
  switchTimeoutMs: 2_000,
  resumeWindowMs: 30_000,
  floor: { maxTalkMs: 400, retryAfterMs: 100, lostGraceMs: 50, maxQueue: 2 },
  maxParticipants: 100,
  standby: false,
  meshMaxParticipants: 4,
};
const member = (participantId: string, link: Member['link']) => ({ participantId, link, blocked: [] });

test('who was at the gateway is lost, and nobody else; a second time changes nothing', () => {
  const state = {
    callId: 'c',
    media: { phase: 'p2p' },
    members: [
      member('a', { kind: 'connected', socketId: '1', gatewayId: 'dead' }),
      member('b', { kind: 'connected', socketId: '2', gatewayId: 'alive' }),
      member('c', { kind: 'lost', until: 7 }),
      member('d', { kind: 'connected', socketId: '3', gatewayId: 'dead' }),
    ],
  } as unknown as CallState;
  const step = loseGateway(state, 'dead', policy, 100);
  expect(step.state.members.map(({ link }) => link)).toEqual([
    { kind: 'lost', until: 30_100 },
    { kind: 'connected', socketId: '2', gatewayId: 'alive' },
    { kind: 'lost', until: 7 },
    { kind: 'lost', until: 30_100 },
  ]);
  expect(step.effects).toHaveLength(2);
  expect(loseGateway(step.state, 'dead', policy, 200)).toEqual({ state: step.state, effects: [] });
});
