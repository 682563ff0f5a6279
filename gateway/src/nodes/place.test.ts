import { expect, test } from '@jest/globals';
import { placementOrder } from './place.ts';

const servers = ['http://a', 'http://b', 'http://c'];
const callIds = Array.from({ length: 3_000 }, (_, n) => `call-${n}`);

test('the same call asks the same servers in the same order, whatever order they are configured in', () => {
  for (const callId of callIds.slice(0, 50)) {
    expect(placementOrder(callId, [...servers].reverse())).toEqual(placementOrder(callId, servers));
  }
});

test('calls spread evenly', () => {
  const first = callIds.map((callId) => placementOrder(callId, servers)[0]);
  for (const server of servers) {
    const share = first.filter((one) => one === server).length / callIds.length;
    expect(share).toBeGreaterThan(0.28);
    expect(share).toBeLessThan(0.39);
  }
});

test('when a server is gone only its own calls move', () => {
  for (const callId of callIds.slice(0, 200)) {
    const [before] = placementOrder(callId, servers);
    if (before !== 'http://c') expect(placementOrder(callId, ['http://a', 'http://b'])[0]).toBe(before);
  }
});
