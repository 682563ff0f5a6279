import { expect, test } from '@jest/globals';
import { changedPolicy, effectivePolicy } from './policy.ts';

const deployment = {
  p2pMaxParticipants: 2,
  meshMaxParticipants: 4,
  backToP2pDelayMs: 5_000,
  switchTimeoutMs: 2_000,
  resumeWindowMs: 30_000,
  maxParticipants: 10,
  standby: false,
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

test('a change keeps what it does not name, takes back what is null, and is none if nothing is another', () => {
  const policy = { mode: 'sfu', maxParticipants: 3, requires: ['recording'] } as const;
  const before = { ...policy, requires: [...policy.requires] };
  expect(changedPolicy(before, { maxParticipants: 4, mode: null })).toEqual({
    maxParticipants: 4,
    requires: ['recording'],
  });
  expect(changedPolicy(before, {})).toBe(before);
  expect(changedPolicy(before, { mode: 'sfu', relayed: null, requires: ['recording'] })).toBe(before);
});
