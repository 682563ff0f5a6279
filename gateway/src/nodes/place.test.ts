import { describe, expect, test } from '@jest/globals';
import { place, type Candidate } from './place.ts';

const servers = ['http://a', 'http://b', 'http://c'];
const callIds = Array.from({ length: 3_000 }, (_, n) => `call-${n}`);

function candidate(server: string, differs: Partial<Candidate> = {}): Candidate {
  return {
    ...{ server, state: 'healthy', region: null, load: 0, placed: 0 },
    ...{ draining: false, leaving: false, refusing: false, cutOff: false },
    ...differs,
  };
}
const healthy = servers.map((server) => candidate(server));
const wish = { region: null, avoid: [], last: [] };
const firstOf = (callId: string, candidates: readonly Candidate[]) =>
  place(candidates, { callId, ...wish }).order[0]?.server;

describe('servers with the same load', () => {
  test('the same call asks them in the same order, whatever order they are configured in', () => {
    for (const callId of callIds.slice(0, 50)) {
      expect(place([...healthy].reverse(), { callId, ...wish })).toEqual({
        order: place(healthy, { callId, ...wish }).order,
        excluded: [],
      });
    }
  });

  test('calls spread evenly', () => {
    const first = callIds.map((callId) => firstOf(callId, healthy));
    for (const server of servers) {
      const share = first.filter((one) => one === server).length / callIds.length;
      expect(share).toBeGreaterThan(0.28);
      expect(share).toBeLessThan(0.39);
    }
  });

  test('when a server is gone only its own calls move', () => {
    for (const callId of callIds.slice(0, 200)) {
      const before = firstOf(callId, healthy);
      if (before !== 'http://c') expect(firstOf(callId, healthy.slice(0, 2))).toBe(before);
    }
  });
});

test.each<[string, Partial<Candidate>, string]>([
  ['suspect', { state: 'suspect' }, 'suspect'],
  ['dead', { state: 'dead' }, 'dead'],
  ['draining', { draining: true }, 'draining'],
  ['gone from DNS', { leaving: true }, 'leaving'],
  ['at 0.8', { load: 0.8 }, 'full'],
  ['refusing rooms', { refusing: true }, 'full'],
  ['not answering', { cutOff: true }, 'cut-off'],
])('one that is %s is not asked', (_name, differs, why) => {
  const { order, excluded } = place([candidate('http://a', differs), candidate('http://b')], {
    callId: 'c',
    ...wish,
  });
  expect(order).toEqual([{ server: 'http://b', rule: 'region' }]);
  expect(excluded).toEqual([{ server: 'http://a', why }]);
});

test('nor is one that the call is about to leave', () => {
  const { order, excluded } = place(healthy, {
    ...{ callId: 'c', ...wish },
    avoid: ['http://a', 'http://b'],
  });
  expect(order.map(({ server }) => server)).toEqual(['http://c']);
  expect(excluded).toEqual([
    { server: 'http://a', why: 'avoided' },
    { server: 'http://b', why: 'avoided' },
  ]);
});

test("the gateway's region comes first, then the others, then crowded ones, then those not heard of, then where it failed", () => {
  const all = [
    candidate('http://failed', { region: 'west' }),
    candidate('http://unheard', { state: 'unknown' }),
    candidate('http://crowded', { region: 'west', load: 0.5, placed: 15 }),
    candidate('http://far', { region: 'east', load: 0.1 }),
    candidate('http://near-and-busy', { region: 'west', load: 0.7 }),
    candidate('http://near', { region: 'west', load: 0.2 }),
  ];
  expect(place(all, { callId: 'c', region: 'west', avoid: [], last: ['http://failed'] }).order).toEqual([
    { server: 'http://near', rule: 'region' },
    { server: 'http://near-and-busy', rule: 'region' },
    { server: 'http://far', rule: 'elsewhere' },
    { server: 'http://crowded', rule: 'crowded' },
    { server: 'http://unheard', rule: 'unknown' },
    { server: 'http://failed', rule: 'last' },
  ]);
});

test('a hundred calls at the same moment spread, also over the one that was a little emptier', () => {
  const placed = new Map(servers.map((server) => [server, 0]));
  for (const callId of callIds.slice(0, 100)) {
    const now = servers.map((server, n) =>
      candidate(server, { load: n === 0 ? 0 : 0.1, placed: placed.get(server) ?? 0 }),
    );
    const server = firstOf(callId, now) ?? '';
    placed.set(server, (placed.get(server) ?? 0) + 1);
  }
  for (const count of placed.values()) {
    expect(count).toBeGreaterThanOrEqual(25);
    expect(count).toBeLessThanOrEqual(45);
  }
});
