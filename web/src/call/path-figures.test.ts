import type { PathStats } from '@crossfade/client/call';
import { expect, test } from '@jest/globals';
import { pathFigures } from './path-figures.ts';

const reading = (at: number, bytesReceived: number): PathStats => ({
  at,
  mode: 'p2p',
  epoch: 1,
  remotes: [
    {
      participantId: 'a',
      path: 'p2p',
      rttMs: 12.4,
      relayed: false,
      audio: null,
      video: {
        framesDecoded: 1,
        framesDropped: 0,
        packetsReceived: 1,
        packetsLost: 0,
        jitterBufferDelay: 0,
        jitterBufferEmittedCount: 0,
        bytesReceived,
        jitter: 0.004,
        codec: 'VP8',
        frameWidth: 640,
        frameHeight: 360,
      },
    },
  ],
});

test('tells round trip, picture and rate', () => {
  expect(pathFigures(reading(1_000, 50_000), reading(3_000, 300_000))).toEqual([
    { participantId: 'a', roundTrip: '12 ms', picture: '640 × 360', rate: '1000 kbit/s' },
  ]);
});

test('a first reading, and one over a new path, has no rate', () => {
  expect(pathFigures(null, reading(1_000, 50_000))[0]?.rate).toBe('–');
  expect(pathFigures(reading(1_000, 50_000), reading(2_000, 10))[0]?.rate).toBe('–');
});

test('what is not known is left open', () => {
  const remote = {
    participantId: 'a',
    path: 'none',
    rttMs: null,
    relayed: null,
    video: null,
    audio: null,
  } as const;
  const [figures] = pathFigures(null, { ...reading(1, 0), remotes: [remote] });
  expect(figures).toEqual({ participantId: 'a', roundTrip: '–', picture: '–', rate: '–' });
  const relayed = { ...remote, rttMs: 40, relayed: true };
  expect(pathFigures(null, { ...reading(1, 0), remotes: [relayed] })[0]?.roundTrip).toBe('40 ms, relayed');
});
