import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NOTHING_SHOWN, Roster } from './roster.ts';
import { FakeStream, FakeTrack } from './testing/fake-stream.ts';

const real = globalThis.MediaStream;

beforeAll(() => {
  Object.assign(globalThis, { MediaStream: FakeStream });
});
afterAll(() => {
  Object.assign(globalThis, { MediaStream: real });
});

/** What is told of Ben, whose sound is there on a media server and has been decoded or not. */
function troubleOf({ connected, decoded }: { connected: boolean; decoded: boolean }) {
  const roster = new Roster();
  const media = { audio: true, video: false, screen: false };
  roster.put({ participantId: 'ben', userId: 'ben', displayName: 'Ben', media, connected });
  const receiver = { track: new FakeTrack('audio', 'sound of Ben') } as unknown as RTCRtpReceiver;
  const audio = {
    participantId: 'ben',
    kind: 'audio',
    receiver,
    decoded,
    heard: () => undefined,
  } as const;
  const tracks = { ...NOTHING_SHOWN.tracks, audio };
  roster.show('ben', { path: 'sfu', link: 'connected', tracks });
  return roster.remotes()[0]?.trouble;
}

test('whoever is gone before anything of theirs has come by a path is away, not only without signalling', () => {
  expect(troubleOf({ connected: false, decoded: false })).toBe('away');
  expect(troubleOf({ connected: false, decoded: true })).toBe('signalling');
  expect(troubleOf({ connected: true, decoded: false })).toBeNull();
});
