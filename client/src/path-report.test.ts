import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { PathReport } from './path-quality.ts';
import { PathWatch } from './path-report.ts';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask'] });
});
afterEach(() => {
  jest.useRealTimers();
});

/** A connection over a TURN server whose state a test sets. */
function watched() {
  const told: PathReport[] = [];
  const stats = [
    { id: 'T', type: 'transport', selectedCandidatePairId: 'P' },
    {
      id: 'P',
      type: 'candidate-pair',
      currentRoundTripTime: 0.05,
      localCandidateId: 'L',
      remoteCandidateId: 'R',
    },
    { id: 'L', type: 'local-candidate', candidateType: 'relay' },
    { id: 'R', type: 'remote-candidate', candidateType: 'host' },
  ];
  const connection = {
    connectionState: 'connected' as RTCPeerConnectionState,
    getStats: () =>
      Promise.resolve(new Map(stats.map((stat) => [stat.id, stat])) as unknown as RTCStatsReport),
  };
  return { told, connection, watch: new PathWatch({ connection, tell: (report) => told.push(report) }) };
}

test('tells of the connection with what it says about itself, once', async () => {
  const { told, watch } = watched();
  watch.connected();
  await jest.advanceTimersByTimeAsync(10_000);
  expect(told).toEqual([{ state: 'connected', rttMs: 50, relayed: true }]);
  watch.close();
});

test('tells when it stays disconnected, when it has failed, and when it works again', async () => {
  const { told, watch, connection } = watched();
  watch.connected();
  await jest.advanceTimersByTimeAsync(1_000);
  connection.connectionState = 'disconnected';
  await jest.advanceTimersByTimeAsync(6_000);
  connection.connectionState = 'failed';
  watch.failed();
  await jest.advanceTimersByTimeAsync(10_000);
  expect(told.map(({ state }) => state)).toEqual(['connected', 'degraded', 'failed']);
  connection.connectionState = 'connected';
  watch.connected();
  await jest.advanceTimersByTimeAsync(0);
  expect(told.at(-1)).toMatchObject({ state: 'connected' });
  watch.close();
});

test('tells nothing of a closed one, whose reading is still under way', async () => {
  const { told, watch } = watched();
  watch.connected();
  watch.close();
  await jest.advanceTimersByTimeAsync(5_000);
  watch.failed();
  expect(told).toEqual([]);
});
