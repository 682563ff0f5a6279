import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  evidenceAgainst,
  reduce,
  UNOBSERVED,
  type Evidence,
  type NodeFacts,
  type NodeState,
} from './health.ts';

const limits = { deadAfterMs: 2_000, steadyMs: 1_000 };
const node: NodeFacts = { bootId: 'one', region: 'west', load: 0.1, draining: false };
const answered: Evidence = { type: 'poll-answered', node };
const failed: Evidence = { type: 'poll-failed', why: 'ECONNREFUSED' };
const connected: Evidence = { type: 'feed-connected' };
const cut: Evidence = { type: 'feed-cut', why: 'transport close' };
const tick: Evidence = { type: 'tick' };
const stoodStill: Evidence = { type: 'stood-still' };

/** What becomes of a server, by what is seen of it and when. */
function after(...seen: [at: number, evidence: Evidence][]): NodeState {
  return seen.reduce<NodeState>((state, [at, evidence]) => reduce(state, evidence, at, limits), UNOBSERVED);
}

// prettier-ignore
test.each<[string, NodeState['state'], [number, Evidence][]]>([
  ['nothing is seen', 'unknown', [[0, tick]]],
  ['it answers, and its feed is not there yet', 'unknown', [[0, answered]]],
  ['it answers and its feed is connected', 'healthy', [[0, answered], [1, connected]]],
  ['nothing answered yet but its feed', 'unknown', [[0, connected]]],
  ['it never was there', 'suspect', [[0, cut]]],
  ['it never was there for long', 'dead', [[0, cut], [5, failed], [2_005, tick]]],
  ['one poll fails', 'suspect', [[0, answered], [0, connected], [10, failed]]],
  ['the feed is cut, however long', 'suspect', [[0, answered], [0, connected], [10, cut], [90_000, answered]]],
  ['both fail, not long enough', 'suspect', [[0, answered], [0, connected], [10, cut], [20, failed], [2_019, tick]]],
  ['both fail for long enough', 'dead', [[0, answered], [0, connected], [10, cut], [20, failed], [2_020, tick]]],
  ['the poll failed for long, the feed does now', 'suspect', [[0, failed], [5_000, cut], [6_000, failed]]],
  ['it was dead and answers, without its feed', 'dead', [[0, cut], [0, failed], [2_000, tick], [2_500, answered]]],
])('when %s it is %s', (_name, state, seen) => {
  expect(after(...seen).state).toBe(state);
});

describe('one that comes back', () => {
  const lapse = (at: number): [number, Evidence][] => [
    [at, cut],
    [at + 10, connected],
  ];

  test('is healthy when it was well for a while', () => {
    const seen: [number, Evidence][] = [[0, answered], [0, connected], ...lapse(100)];
    expect(after(...seen, [1_109, tick]).state).toBe('suspect');
    expect(after(...seen, [1_110, tick]).state).toBe('healthy');
  });

  test('has to be well for twice as long each time, up to half a minute', () => {
    let state = after([0, answered], [0, connected]);
    let now = 0;
    for (const wait of [1_000, 2_000, 4_000, 8_000, 16_000]) {
      state = reduce(state, cut, now, limits);
      state = reduce(state, connected, now, limits);
      expect(reduce(state, tick, now + wait - 1, limits).state).toBe('suspect');
      now += wait;
      state = reduce(state, tick, now, limits);
      expect(state.state).toBe('healthy');
    }
  });

  test('is forgiven after a minute', () => {
    const seen: [number, Evidence][] = [[0, answered], [0, connected], ...lapse(100), [2_000, tick]];
    expect(after(...seen, ...lapse(61_000), [62_010, tick]).state).toBe('healthy');
  });

  test('with another boot id has lapsed, even if nothing else was seen', () => {
    const again: Evidence = { type: 'poll-answered', node: { ...node, bootId: 'two' } };
    const state = after([0, answered], [0, connected], [500, again]);
    expect(state).toMatchObject({ state: 'suspect', node: { bootId: 'two' } });
    expect(reduce(state, tick, 1_499, limits).state).toBe('suspect');
    expect(reduce(state, tick, 1_500, limits).state).toBe('healthy');
  });
});

describe('a gateway that stood still', () => {
  const well: [number, Evidence][] = [
    [0, answered],
    [0, connected],
  ];

  // prettier-ignore
  test.each<[string, NodeState['state'], [number, Evidence][]]>([
    ['sees nothing bad', 'healthy', [...well, [9_000, stoodStill], [9_000, tick]]],
    ['finds its feed cut', 'unknown', [...well, [9_000, stoodStill], [9_000, cut]]],
    ['finds its feed cut, and its poll without an answer', 'unknown', [...well, [9_000, stoodStill], [9_000, cut], [9_001, failed]]],
    ['has everything back', 'healthy', [...well, [9_000, stoodStill], [9_000, cut], [9_001, failed], [9_100, answered], [9_200, connected]]],
    ['still has no feed after a while', 'suspect', [...well, [9_000, stoodStill], [9_000, cut], [11_000, cut]]],
    ['knew of trouble before', 'suspect', [...well, [100, cut], [110, failed], [9_000, stoodStill], [9_000, tick]]],
    ['knew that it was dead', 'dead', [...well, [100, cut], [110, failed], [2_200, tick], [9_000, stoodStill], [9_000, tick]]],
  ])('and %s: the media server is %s', (_name, state, seen) => {
    expect(after(...seen).state).toBe(state);
  });

  test('holds it against nobody: the next trouble is the first', () => {
    const state = after(
      ...well,
      [9_000, stoodStill],
      [9_000, cut],
      [9_100, connected],
      [12_000, cut],
      [12_010, connected],
    );
    expect(state.state).toBe('suspect');
    expect(reduce(state, tick, 13_010, limits).state).toBe('healthy');
  });

  test('learns of a restart all the same', () => {
    const again: Evidence = { type: 'poll-answered', node: { ...node, bootId: 'two' } };
    expect(after(...well, [9_000, stoodStill], [9_010, again])).toMatchObject({
      state: 'suspect',
      node: { bootId: 'two' },
    });
  });
});

test('its load and draining come with the feed as well, its region stays', () => {
  const load: Evidence = { type: 'load', node: { bootId: 'one', load: 0.7, draining: true } };
  expect(after([0, answered], [0, connected], [1, load])).toMatchObject({
    state: 'healthy',
    node: { region: 'west', load: 0.7, draining: true },
  });
});

test('what speaks against it is told', () => {
  expect(evidenceAgainst(after([0, answered], [0, connected]))).toBeNull();
  expect(evidenceAgainst(after([0, failed], [0, cut]))).toBe('poll: ECONNREFUSED; feed: transport close');
});

describe('whatever is seen, and when', () => {
  const evidences = fc.constantFrom(answered, failed, connected, cut, tick, stoodStill);
  const histories = fc.array(fc.tuple(fc.integer({ min: 0, max: 3_000 }), evidences), { maxLength: 60 });

  test('the state follows from the two kinds of evidence', () => {
    fc.assert(
      fc.property(histories, (history) => {
        let state = UNOBSERVED;
        let now = 0;
        let bothBadSince: number | null = null;
        let died = false;
        for (const [pause, evidence] of history) {
          now += pause;
          state = reduce(state, evidence, now, limits);
          const { poll, feed } = state.signs;
          const bad = [poll, feed].filter(({ kind }) => kind === 'bad').length;
          bothBadSince = bad === 2 ? (bothBadSince ?? now) : null;
          const longEnough = bothBadSince !== null && now - bothBadSince >= limits.deadAfterMs;
          if (longEnough) expect(state.state).toBe('dead');
          if (state.state === 'dead' && !died) expect(longEnough).toBe(true);
          if (state.state === 'healthy') expect([poll.kind, feed.kind]).toEqual(['good', 'good']);
          if (state.state === 'unknown') expect(bad).toBe(0);
          died = state.state === 'dead';
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('it is healthy again half a minute after its last trouble', () => {
    fc.assert(
      fc.property(histories, (history) => {
        let state = UNOBSERVED;
        let now = 0;
        for (const [pause, evidence] of history) state = reduce(state, evidence, (now += pause), limits);
        state = reduce(state, answered, now, limits);
        state = reduce(state, connected, now, limits);
        expect(reduce(state, tick, now + 30_000, limits).state).toBe('healthy');
      }),
    );
  });
});
