import { describe, expect, test } from '@jest/globals';
import { eventsBetween } from './call-events.ts';
import { withUnchangedKept, type CallSnapshot } from './snapshot.ts';

const stream = {} as MediaStream;
const media = { audio: true, video: true, screen: false };
const remote = (participantId: string, change: Partial<CallSnapshot['remotes'][number]> = {}) => ({
  participantId,
  userId: participantId,
  displayName: participantId,
  media,
  blocked: [],
  connected: true,
  stream,
  screen: null,
  path: 'p2p' as const,
  trouble: null,
  quality: null,
  ...change,
});
const before: CallSnapshot = {
  status: { kind: 'joined' },
  callId: 'call',
  participantId: 'me',
  mode: 'p2p',
  switchingTo: null,
  epoch: 1,
  sfu: null,
  locked: false,
  floor: null,
  activeSpeaker: null,
  local: { displayName: 'Me', stream, screen: null, media, blocked: [] },
  remotes: [remote('ann'), remote('ben')],
};
const eventsOf = (change: Partial<CallSnapshot>) =>
  eventsBetween(before, withUnchangedKept(before, { ...before, ...change }));

describe('what has happened between two snapshots', () => {
  test('nothing, when nothing is different', () => {
    expect(eventsOf({ remotes: [remote('ann'), remote('ben')] })).toEqual([]);
  });

  test('who came, who left and what is different about who stays', () => {
    const muted = remote('ben', { media: { ...media, audio: false } });
    expect(eventsOf({ remotes: [muted, remote('cleo')] })).toEqual([
      { name: 'participant-left', detail: { participant: remote('ann') } },
      { name: 'participant-updated', detail: { participant: muted, before: remote('ben') } },
      { name: 'participant-joined', detail: { participant: remote('cleo') } },
    ]);
  });

  test.each<[string, Partial<CallSnapshot>, object]>([
    ['mode', { mode: 'sfu', epoch: 2 }, { mode: 'sfu', before: 'p2p', epoch: 2 }],
    ['mode', { epoch: 2 }, { mode: 'p2p', before: 'p2p', epoch: 2 }],
    ['switching-to', { switchingTo: 'sfu' }, { mode: 'sfu' }],
    ['active-speaker', { activeSpeaker: 'ann' }, { participantId: 'ann' }],
    ['locked', { locked: true }, { locked: true }],
    [
      'local-updated',
      { local: { ...before.local, blocked: ['audio'] } },
      { local: { ...before.local, blocked: ['audio'] }, before: before.local },
    ],
    [
      'sfu',
      { sfu: { epoch: 2, role: 'pending', state: 'connecting', producers: [], consumers: [] } },
      { sfu: { epoch: 2, role: 'pending', state: 'connecting', producers: [], consumers: [] } },
    ],
    [
      'status',
      { status: { kind: 'reconnecting', step: 'signalling' } },
      { status: { kind: 'reconnecting', step: 'signalling' }, before: { kind: 'joined' } },
    ],
  ])('%s: %j', (name, change, detail) => {
    expect(eventsOf(change)).toEqual([{ name, detail }]);
  });

  test('at the end of a call nobody has left it', () => {
    const status = { kind: 'ended', reason: 'left' } as const;
    expect(eventsOf({ status, remotes: [] })).toEqual([
      { name: 'status', detail: { status, before: { kind: 'joined' } } },
    ]);
  });
});
