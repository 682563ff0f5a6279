import { describe, expect, it } from '@jest/globals';
import { sampleOf, type StreamStat } from './rtp-streams.ts';

const stat = (change: Partial<StreamStat>): StreamStat => ({
  type: 'inbound-rtp',
  ssrc: 1,
  byteCount: 1_000,
  packetCount: 10,
  packetsLost: 2,
  fractionLost: 64,
  score: 9,
  ...change,
});

describe('sampleOf', () => {
  it('counts everything the first time and what was added later', () => {
    const first = sampleOf(undefined, [stat({}), stat({ ssrc: 2 })], 'in');
    expect(first.increase).toEqual({ bytes: 2_000, packets: 20, lost: 4 });
    const second = sampleOf(
      first.seen,
      [stat({ byteCount: 1_500, packetCount: 15 }), stat({ ssrc: 3 })],
      'in',
    );
    expect(second.increase).toEqual({ bytes: 1_500, packets: 15, lost: 2 });
    expect([...second.seen.keys()]).toEqual([1, 3]);
  });

  it('never counts back', () => {
    const { seen } = sampleOf(undefined, [stat({})], 'in');
    const { increase } = sampleOf(seen, [stat({ packetsLost: 1, byteCount: 1_100 })], 'in');
    expect(increase).toEqual({ bytes: 100, packets: 0, lost: 0 });
  });

  it("leaves the producer out of a consumer's", () => {
    const { increase } = sampleOf(undefined, [stat({ type: 'outbound-rtp' }), stat({})], 'out');
    expect(increase.packets).toBe(10);
  });

  it('tells round-trip times in seconds once there are any, loss as a share, and scores', () => {
    const { rtts, losses, scores } = sampleOf(
      undefined,
      [stat({}), stat({ ssrc: 2, roundTripTime: 20, score: 3 })],
      'in',
    );
    expect(rtts).toEqual([0.02]);
    expect(losses).toEqual([0.25, 0.25]);
    expect(scores).toEqual([9, 3]);
  });
});
