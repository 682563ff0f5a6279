import type { PathStats, RemoteStats } from '@crossfade/client/call';
import { expect, test } from '@jest/globals';
import { pathFigures } from './path-figures.ts';

function remote(bytesReceived: number, change: Partial<RemoteStats> = {}): RemoteStats {
  return {
    participantId: 'a',
    path: 'p2p',
    rttMs: 12.4,
    relayed: false,
    audio: null,
    screen: null,
    video: {
      framesDecoded: bytesReceived / 1_000,
      framesDropped: 0,
      packetsReceived: bytesReceived / 1_000,
      packetsLost: 0,
      jitterBufferDelay: 0,
      jitterBufferEmittedCount: 0,
      bytesReceived,
      jitter: 0.0042,
      codec: 'VP8',
      frameWidth: 640,
      frameHeight: 360,
    },
    ...change,
  };
}
const reading = (at: number, one: RemoteStats): PathStats => ({ at, mode: 'p2p', epoch: 1, remotes: [one] });

test('rates come from two readings', () => {
  const first = reading(1_000, remote(50_000));
  expect(pathFigures(null, first)).toEqual([
    {
      participantId: 'a',
      way: 'Direct',
      roundTrip: '12 ms',
      jitter: '4 ms',
      loss: '–',
      rate: '–',
      picture: '640 × 360',
      codecs: 'VP8',
    },
  ]);
  expect(pathFigures(first, reading(2_000, remote(75_000)))[0]).toMatchObject({
    rate: '200 kbit/s',
    picture: '640 × 360, 25 fps',
    loss: '0 %',
  });
});

test('what was lost is told by the share of what should have come', () => {
  const { video } = remote(150_000);
  if (!video) throw new Error('no video');
  const lossy = (packetsLost: number) => remote(150_000, { video: { ...video, packetsLost } });
  const before = reading(1_000, remote(50_000));
  expect(pathFigures(before, reading(2_000, lossy(4)))[0]?.loss).toBe('3.8 %');
  expect(pathFigures(before, reading(2_000, lossy(25)))[0]?.loss).toBe('20 %');
});

test('counters that begin anew with another path give no rate', () => {
  const before = reading(1_000, remote(90_000));
  const after = { rate: '–', loss: '–', way: 'Media server' };
  expect(pathFigures(before, reading(2_000, remote(95_000, { path: 'sfu' })))[0]).toMatchObject(after);
  expect(pathFigures(before, reading(2_000, remote(1_000)))[0]).toMatchObject({ rate: '–' });
});

test('nothing is made up where nothing is known', () => {
  const silent = remote(0, { path: 'none', rttMs: null, relayed: null, video: null });
  expect(pathFigures(null, reading(1, silent))[0]).toEqual({
    participantId: 'a',
    way: 'Not connected',
    roundTrip: '–',
    jitter: '–',
    loss: '–',
    rate: '–',
    picture: '–',
    codecs: '–',
  });
  expect(pathFigures(null, reading(1, remote(0, { relayed: true })))[0]?.way).toBe('Direct, relayed');
});
