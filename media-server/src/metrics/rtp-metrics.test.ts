import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import { CodedError } from '@crossfade/shared/errors';
import { Registry } from 'prom-client';
import { observeRtp, type MeasuredRooms } from './rtp-metrics.ts';
import type { StreamStat } from './rtp-streams.ts';

const stat = (packetCount: number): StreamStat => ({
  type: 'inbound-rtp',
  ssrc: 1,
  byteCount: packetCount * 100,
  packetCount,
  packetsLost: 0,
  fractionLost: 0,
  score: 10,
});

/** Producers in one room, each with its way to answer. */
function roomsOf(producers: (() => Promise<StreamStat[]>)[]): MeasuredRooms {
  return { all: [{ streams: { inbound: producers.map((stats) => ({ stats })), outbound: [] } }] };
}

let registry: Registry;
let stop: () => void = () => undefined;
beforeEach(() => {
  jest.useFakeTimers();
  registry = new Registry();
});
afterEach(() => {
  stop();
  jest.useRealTimers();
});

const observe = (rooms: MeasuredRooms, intervalMs = 1_000) => {
  stop = observeRtp(registry, { rooms, intervalMs, log: silentLog });
};
const packets = async () =>
  Number(/^crossfade_media_rtp_packets_total{direction="in"} (\d+)$/m.exec(await registry.metrics())?.[1]);

describe('observeRtp', () => {
  it('adds up what came since the last look', async () => {
    let count = 10;
    observe(roomsOf([() => Promise.resolve([stat(count)]), () => Promise.reject(new Error('closed'))]));
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await packets()).toBe(10);
    count = 25;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await packets()).toBe(25);
  });

  it('asks for a few at a time, and begins no round before the last is over', async () => {
    const waiting: (() => void)[] = [];
    let asked = 0;
    const slow = () => {
      asked += 1;
      return new Promise<StreamStat[]>((resolve) => {
        waiting.push(() => resolve([stat(1)]));
      });
    };
    observe(roomsOf(Array.from({ length: 20 }, () => slow)));
    await jest.advanceTimersByTimeAsync(60_000);
    expect(asked).toBe(8);
    waiting.shift()?.();
    await jest.advanceTimersByTimeAsync(0);
    expect(asked).toBe(9);
  });

  it('leaves the rest of a round when a worker does not answer, and tries again', async () => {
    let asked = 0;
    const hanging = () => {
      asked += 1;
      return Promise.reject(new CodedError('timeout'));
    };
    observe(roomsOf(Array.from({ length: 100 }, () => hanging)));
    await jest.advanceTimersByTimeAsync(1_000);
    expect(asked).toBe(8);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(asked).toBe(16);
  });

  it('can be switched off', async () => {
    let asked = 0;
    observe(
      roomsOf([
        () => {
          asked += 1;
          return Promise.resolve([]);
        },
      ]),
      0,
    );
    await jest.advanceTimersByTimeAsync(600_000);
    expect(asked).toBe(0);
  });
});
