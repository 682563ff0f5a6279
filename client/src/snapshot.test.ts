import { describe, expect, test } from '@jest/globals';
import { withUnchangedKept, type CallSnapshot } from './snapshot.ts';
import type { SfuConnection } from './sfu-view.ts';

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
    sfu: null,
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
    trouble: null,
    quality: null,
    ...change,
  };
}

const path: SfuConnection = { epoch: 1, role: 'active', state: 'connected', producers: [], consumers: [] };
const producer = { id: 'p', kind: 'audio', source: 'microphone', pausedBy: null, wantedLayer: null } as const;

describe('whether two snapshots show the same', () => {
  test('they do when only the objects are others', () => {
    const before = snapshot({ sfu: path });
    expect(withUnchangedKept(before, snapshot({ sfu: { ...path, producers: [] } }))).toBe(before);
  });

  test.each<[string, Partial<CallSnapshot>]>([
    ['the status', { status: { kind: 'reconnecting', step: 'signalling' } }],
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
    ['a path through a media server', { sfu: path }],
    ['somebody who comes', { remotes: [remote('ann'), remote('ben')] }],
    ['somebody who goes', { remotes: [] }],
    ['what is wrong with somebody', { remotes: [remote('ann', { trouble: 'ice-restart' })] }],
    ['another path', { remotes: [remote('ann', { path: 'sfu' })] }],
    ['somebody who mutes', { remotes: [remote('ann', { media: { ...media, audio: false } })] }],
  ])('they do not when it is %s', (_what, change) => {
    const before = snapshot();
    const after = snapshot(change);
    expect(withUnchangedKept(before, after)).not.toBe(before);
    expect(withUnchangedKept(before, after)).toEqual(after);
  });

  test('what has not changed is kept, part by part', () => {
    const before = snapshot({ remotes: [remote('ann'), remote('ben')], sfu: path });
    const after = withUnchangedKept(
      before,
      snapshot({
        remotes: [remote('ann'), remote('ben', { connected: false })],
        sfu: { ...path, producers: [producer] },
      }),
    );
    expect(after.remotes[0]).toBe(before.remotes[0]);
    expect(after.remotes[1]).toEqual(remote('ben', { connected: false }));
    expect(after.local).toBe(before.local);
    expect(after.sfu?.consumers).toBe(before.sfu?.consumers);
    expect(after.sfu?.producers).toEqual([producer]);
  });

  test('somebody is the same when those listed before them leave', () => {
    const before = snapshot({ remotes: [remote('ann'), remote('ben'), remote('cleo')] });
    const after = withUnchangedKept(before, snapshot({ remotes: [remote('ben'), remote('cleo')] }));
    expect(after.remotes).toHaveLength(2);
    expect(after.remotes[0]).toBe(before.remotes[1]);
    expect(after.remotes[1]).toBe(before.remotes[2]);
  });

  test('a field that comes or goes is a difference', () => {
    expect(withUnchangedKept<object>({ a: 1 }, {})).toEqual({});
    expect(withUnchangedKept<object>({}, { a: undefined })).toHaveProperty('a');
  });

  test('streams are never taken apart', () => {
    class Stream {
      readonly tracks = 0;
    }
    const [old, other] = [new Stream(), new Stream()];
    expect(withUnchangedKept({ stream: old }, { stream: other }).stream).toBe(other);
  });
});
