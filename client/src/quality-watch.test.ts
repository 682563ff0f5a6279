import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Quality } from './call-quality.ts';
import { QualityWatch } from './quality-watch.ts';
import { NOTHING_SHOWN, type Shown } from './roster.ts';

let packets: number;
let told: [string, Quality][];
let others: string[];
let watch: QualityWatch;

/** A receiver whose counters go on with every reading. */
function shownBy(loss: number): Shown {
  const receiver = {
    track: { id: 'track' },
    getStats: () => {
      packets += 100;
      const inbound = {
        type: 'inbound-rtp',
        id: 'in',
        kind: 'audio',
        packetsReceived: packets * (1 - loss),
        packetsLost: packets * loss,
        jitterBufferDelay: packets * 0.04,
        jitterBufferEmittedCount: packets,
      };
      return Promise.resolve(new Map([['in', inbound]]));
    },
  } as unknown as RTCRtpReceiver;
  const audio = {
    participantId: 'ann',
    kind: 'audio',
    receiver,
    decoded: true,
    heard: () => undefined,
  } as const;
  return { path: 'sfu', link: 'connected', tracks: { ...NOTHING_SHOWN.tracks, audio } };
}

let shown: Shown;

beforeEach(() => {
  jest.useFakeTimers();
  packets = 0;
  told = [];
  others = ['ann'];
  shown = shownBy(0);
  watch = new QualityWatch({
    others: () => others.map((participantId) => ({ participantId })),
    shown: () => shown,
    tell: (participantId, quality) => told.push([participantId, quality]),
  });
});
afterEach(() => {
  watch.close();
  jest.useRealTimers();
});

test('tells once how good a connection is, and again when it is another', async () => {
  await jest.advanceTimersByTimeAsync(10_000);
  expect(told).toEqual([['ann', { mos: 4.4, bars: 4 }]]);
  shown = shownBy(0.4);
  packets = 0;
  await jest.advanceTimersByTimeAsync(10_000);
  expect(told.at(-1)?.[1].bars).toBeLessThanOrEqual(1);
});

test('nobody who has left or shows nothing is judged, and nothing after it was closed', async () => {
  shown = NOTHING_SHOWN;
  await jest.advanceTimersByTimeAsync(10_000);
  others = [];
  shown = shownBy(0);
  await jest.advanceTimersByTimeAsync(10_000);
  expect(told).toEqual([]);
  others = ['ann'];
  watch.close();
  await jest.advanceTimersByTimeAsync(10_000);
  expect(told).toEqual([]);
});
