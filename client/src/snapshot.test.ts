import { describe, expect, test } from '@jest/globals';
import { showsTheSame, type CallSnapshot } from './snapshot.ts';

const stream = {} as MediaStream;
const blocked: never[] = [];
const media = { audio: true, video: true, screen: false };

function snapshot(change: Partial<CallSnapshot> = {}): CallSnapshot {
  return {
    status: JOINED,
    callId: 'call',
    participantId: 'me',
    mode: 'p2p',
    switchingTo: null,
    epoch: 1,
    locked: false,
    floor: null,
    activeSpeaker: null,
    local: { displayName: 'Me', stream, screen: null, media, blocked },
    remotes: [remote('ann')],
    ...change,
  };
}

const JOINED = { kind: 'joined' } as const;

function remote(participantId: string, change: Partial<CallSnapshot['remotes'][number]> = {}) {
  return {
    participantId,
    userId: participantId,
    displayName: participantId,
    media,
    blocked,
    connected: true,
    stream,
    screen: null,
    path: 'p2p' as const,
    quality: null,
    ...change,
  };
}

describe('whether two snapshots show the same', () => {
  test('they do when only the objects are others', () => {
    expect(showsTheSame(snapshot(), snapshot())).toBe(true);
  });

  test.each<[string, Partial<CallSnapshot>]>([
    ['the status', { status: { kind: 'reconnecting' } }],
    ['the mode', { mode: 'sfu' }],
    ['a switch that begins', { switchingTo: 'sfu' }],
    ['the epoch', { epoch: 2 }],
    [
      'what is sent',
      { local: { displayName: 'Me', stream, screen: null, media: { ...media, audio: false }, blocked } },
    ],
    ['a call that is locked', { locked: true }],
    ['who may speak', { floor: { holder: 'me', self: 'speaking', queuePosition: null, fence: 1 } }],
    [
      'what a moderator takes',
      { local: { displayName: 'Me', stream, screen: null, media, blocked: ['audio'] } },
    ],
    ['a screen', { local: { displayName: 'Me', stream, screen: stream, media, blocked } }],
    ['a screen of somebody', { remotes: [remote('ann', { screen: stream })] }],
    ['somebody who comes', { remotes: [remote('ann'), remote('ben')] }],
    ['somebody who goes', { remotes: [] }],
    ['another path', { remotes: [remote('ann', { path: 'sfu' })] }],
    ['somebody who mutes', { remotes: [remote('ann', { media: { ...media, audio: false } })] }],
  ])('they do not when it is %s', (_what, change) => {
    expect(showsTheSame(snapshot(change), snapshot())).toBe(false);
  });
});
