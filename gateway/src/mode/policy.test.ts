import { expect, test } from '@jest/globals';
import { effectivePolicy } from './policy.ts';

const deployment = {
  p2pMaxParticipants: 2,
  meshMaxParticipants: 4,
  backToP2pDelayMs: 5_000,
  switchTimeoutMs: 2_000,
  resumeWindowMs: 30_000,
  maxParticipants: 10,
  floor: { maxTalkMs: 400, retryAfterMs: 100, lostGraceMs: 50, maxQueue: 2 },
};

test('what a call does not say is as set for the deployment', () => {
  expect(effectivePolicy(deployment, {})).toEqual({
    mode: 'auto',
    p2pMaxParticipants: 2,
    meshMaxParticipants: 4,
    maxParticipants: 10,
    requires: [],
    screenShare: 'any',
    relayed: 'allow',
  });
});

test('a call may be smaller than the deployment allows, not larger', () => {
  expect(effectivePolicy(deployment, { maxParticipants: 3 }).maxParticipants).toBe(3);
  expect(effectivePolicy(deployment, { maxParticipants: 30 }).maxParticipants).toBe(10);
});

test('a call that wants peer-to-peer gets it as far as a mesh goes, and a mesh is no smaller than peer-to-peer', () => {
  expect(effectivePolicy(deployment, { mode: 'p2p' }).p2pMaxParticipants).toBe(4);
  expect(effectivePolicy(deployment, { p2pMaxParticipants: 6 })).toMatchObject({
    p2pMaxParticipants: 6,
    meshMaxParticipants: 6,
  });
});
