import { describe, expect, test } from '@jest/globals';
import { isDecoding, readReceiverStats } from './receiver-stats.ts';

type Stat = { id: string; type: string } & Record<string, unknown>;
const report = (...stats: Stat[]) => stats.map((stat) => [stat.id, stat] as const);

const pair = {
  id: 'P',
  type: 'candidate-pair',
  currentRoundTripTime: 0.02,
  localCandidateId: 'L',
  remoteCandidateId: 'R',
};
const local = { id: 'L', type: 'local-candidate', candidateType: 'host' };
const remote = { id: 'R', type: 'remote-candidate', candidateType: 'relay' };

describe('reading a stats report', () => {
  test('takes the selected pair, whatever others there are', () => {
    const stats = readReceiverStats(
      report(
        { id: 'X', type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: 9 },
        { id: 'T', type: 'transport', selectedCandidatePairId: 'P' },
        pair,
        local,
        remote,
      ),
    );
    expect(stats).toMatchObject({ rttMs: 20, relayed: true, audio: null, video: null });
  });

  test('takes the nominated pair where there are no transport stats', () => {
    const stats = readReceiverStats(
      report(
        { ...pair, id: 'Q', state: 'failed', nominated: false, currentRoundTripTime: 9 },
        { ...pair, state: 'succeeded', nominated: true, remoteCandidateId: 'L' },
        local,
      ),
    );
    expect(stats).toMatchObject({ rttMs: 20, relayed: false });
  });

  test('tells nothing of a connection that is not there yet', () => {
    expect(readReceiverStats(report())).toEqual({ audio: null, video: null, rttMs: null, relayed: null });
  });
});

test('names the codec of a track, and tells how unevenly it arrives', () => {
  const { audio, video } = readReceiverStats(
    report(
      { id: 'C', type: 'codec', mimeType: 'video/VP9' },
      { id: 'V', type: 'inbound-rtp', kind: 'video', codecId: 'C', jitter: 0.012 },
      { id: 'A', type: 'inbound-rtp', kind: 'audio' },
    ),
  );
  expect(video).toMatchObject({ codec: 'VP9', jitter: 0.012 });
  expect(audio).toMatchObject({ codec: null, jitter: 0 });
});

describe('whether a track is decoded', () => {
  const of = (kind: string, values: object) =>
    readReceiverStats(report({ id: 'I', type: 'inbound-rtp', kind, ...values }));

  test('video: with the first decoded frame, not with the first packet', () => {
    expect(isDecoding('video', of('video', { packetsReceived: 5, framesDecoded: 0 }))).toBe(false);
    expect(isDecoding('video', of('video', { packetsReceived: 5, framesDecoded: 1 }))).toBe(true);
  });

  test('audio: with samples made from packets, not with samples made up or packets that wait', () => {
    expect(isDecoding('audio', of('audio', { packetsReceived: 0, totalSamplesReceived: 480 }))).toBe(false);
    expect(isDecoding('audio', of('audio', { packetsReceived: 3, totalSamplesReceived: 0 }))).toBe(false);
    expect(isDecoding('audio', of('audio', { packetsReceived: 3, totalSamplesReceived: 480 }))).toBe(true);
  });

  test('neither: without statistics of its kind', () => {
    expect(isDecoding('video', of('audio', { packetsReceived: 3, totalSamplesReceived: 480 }))).toBe(false);
  });
});
