import { describe, expect, test } from '@jest/globals';
import {
  closeFloor,
  releaseFloor,
  requestFloor,
  settleFloor,
  type FloorNews,
  type FloorStep,
  type Standing,
} from './reduce.ts';
import { NEW_FLOOR, floorDeadline, type Floor, type FloorLimits } from './state.ts';

const limits: FloorLimits = { maxTalkMs: 30_000, retryAfterMs: 3_000, lostGraceMs: 1_000, maxQueue: 3 };
const START = 1_000_000;

/** A floor with people, and a clock. */
class Stage {
  floor: Floor = NEW_FLOOR;
  news: FloorNews[] = [];
  now = START;
  readonly people = new Map<string, Standing>(
    ['ann', 'ben', 'cleo', 'dan', 'eve', 'fay'].map((id) => [id, { userId: `user-${id}`, is: 'here' }]),
  );

  readonly #limits: FloorLimits;

  constructor(chosen: FloorLimits = limits) {
    this.#limits = chosen;
  }

  request(participantId: string, priority = 0, queue = true): FloorNews[] {
    return this.#take(
      requestFloor(this.floor, { participantId, priority, queue }, this.#standing, this.#limits, this.now),
    );
  }

  release(participantId: string, fence: number | null = null): FloorNews[] {
    return this.#take(
      releaseFloor(this.floor, { participantId, fence }, this.#standing, this.#limits, this.now),
    );
  }

  settle(): FloorNews[] {
    return this.#take(settleFloor(this.floor, this.#standing, this.#limits, this.now));
  }

  becomes(participantId: string, is: Standing['is'] | 'gone'): FloorNews[] {
    if (is === 'gone') this.people.delete(participantId);
    else this.people.set(participantId, { userId: `user-${participantId}`, is });
    return this.settle();
  }

  get holder(): string | undefined {
    return this.floor.holder?.participantId;
  }

  get queue(): string[] {
    return this.floor.queue.map(({ participantId }) => participantId);
  }

  readonly #standing = (id: string) => this.people.get(id);

  #take({ floor, news }: FloorStep): FloorNews[] {
    this.floor = floor;
    return [...news];
  }
}

const kinds = (news: readonly FloorNews[]) =>
  news.map((each) => ('participantId' in each ? `${each.type} ${each.participantId}` : each.type));

describe('one speaks', () => {
  test('whoever asks first; the others wait in the order in which they asked', () => {
    const stage = new Stage();
    expect(stage.request('ann')).toEqual([
      {
        type: 'granted',
        participantId: 'ann',
        fence: START,
        priority: 0,
        remainingMs: 30_000,
        waitedMs: 0,
      },
    ]);
    stage.now += 10;
    expect(stage.request('ben')).toEqual([]);
    stage.now += 10;
    expect(stage.request('cleo')).toEqual([]);
    expect(stage.queue).toEqual(['ben', 'cleo']);
    stage.now += 100;
    expect(stage.release('ann')).toMatchObject([{ type: 'granted', participantId: 'ben', waitedMs: 110 }]);
    expect(kinds(stage.release('ben'))).toEqual(['granted cleo']);
    expect(kinds(stage.release('cleo'))).toEqual(['idle']);
  });

  test('to ask or to release again changes nothing, and writes nothing', () => {
    const stage = new Stage();
    stage.request('ann');
    stage.request('ben');
    const before = stage.floor;
    stage.now += 500;
    expect([stage.request('ann'), stage.request('ben')]).toEqual([[], []]);
    expect(stage.floor).toBe(before);
    stage.release('ben');
    stage.release('ann');
    const after = stage.floor;
    expect([stage.release('ann'), stage.release('ben'), stage.release('cleo')]).toEqual([[], [], []]);
    expect(stage.floor).toBe(after);
  });

  test('who does not want to wait is denied; a place in the queue is given up by that', () => {
    const stage = new Stage();
    stage.request('ann');
    expect(stage.request('ben', 0, false)).toEqual([
      { type: 'denied', participantId: 'ben', reason: 'taken' },
    ]);
    stage.request('ben');
    stage.request('ben', 0, false);
    expect(stage.queue).toEqual([]);
    stage.release('ann');
    expect(kinds(stage.request('ben', 0, false))).toEqual(['granted ben']);
  });

  test('a release of an older grant does not end the one there is', () => {
    const stage = new Stage();
    stage.request('ann');
    const first = stage.floor.fence;
    stage.release('ann', first);
    stage.request('ann');
    expect(stage.release('ann', first)).toEqual([]);
    expect(stage.holder).toBe('ann');
    expect(kinds(stage.release('ann', stage.floor.fence))).toEqual(['idle']);
  });
});

describe('priority', () => {
  test('orders the queue, and time orders those of one priority', () => {
    const stage = new Stage();
    stage.request('ann', 9);
    for (const [id, priority] of [
      ['ben', 1],
      ['cleo', 5],
      ['dan', 5],
    ] as const) {
      stage.now += 1;
      stage.request(id, priority);
    }
    expect(stage.queue).toEqual(['cleo', 'dan', 'ben']);
    stage.now += 1;
    // Asked for again with another one: it counts from then on, from the time of the first request.
    stage.request('ben', 5);
    expect(stage.queue).toEqual(['ben', 'cleo', 'dan']);
  });

  test('a higher one takes the floor at once, an equal one waits', () => {
    const stage = new Stage();
    stage.request('ann', 3);
    const { fence } = stage.floor;
    expect(stage.request('ben', 3)).toEqual([]);
    expect(stage.request('cleo', 4, false)).toMatchObject([
      { type: 'revoked', participantId: 'ann', fence, reason: 'pre-empted' },
      { type: 'granted', participantId: 'cleo', fence: fence + 1, priority: 4 },
    ]);
    // Who was interrupted has to ask again.
    expect(stage.queue).toEqual(['ben']);
  });

  test('of who waits or speaks can be raised', () => {
    const stage = new Stage();
    stage.request('ann');
    stage.request('ben');
    expect(kinds(stage.request('ben', 1))).toEqual(['revoked ann', 'granted ben']);
    stage.request('ben', 7);
    expect(stage.request('cleo', 6)).toEqual([]);
    expect(stage.holder).toBe('ben');
  });

  test('when too many wait, the last of the lowest is turned away, whoever it is', () => {
    const stage = new Stage();
    stage.request('ann', 9);
    for (const id of ['ben', 'cleo', 'dan']) {
      stage.now += 1;
      stage.request(id);
    }
    stage.now += 1;
    const full = 'queue-full';
    expect(stage.request('eve')).toEqual([{ type: 'denied', participantId: 'eve', reason: full }]);
    expect(stage.request('fay', 2)).toEqual([{ type: 'denied', participantId: 'dan', reason: full }]);
    expect(stage.queue).toEqual(['fay', 'ben', 'cleo']);
  });

  test('nobody waits where no queue is allowed', () => {
    const stage = new Stage({ ...limits, maxQueue: 0 });
    stage.request('ann');
    expect(kinds(stage.request('ben'))).toEqual(['denied ben']);
  });
});

describe('who speaks loses the floor', () => {
  test('after the longest time, and may not ask again for a moment', () => {
    const stage = new Stage();
    stage.request('ann');
    const { fence } = stage.floor;
    stage.request('ben');
    expect(floorDeadline(stage.floor)).toBe(START + 30_000);
    stage.now += 29_999;
    expect(stage.settle()).toEqual([]);
    stage.now += 1;
    expect(stage.settle()).toMatchObject([
      { type: 'revoked', participantId: 'ann', fence, reason: 'too-long', retryAfterMs: 3_000 },
      { type: 'granted', participantId: 'ben' },
    ]);
    stage.now += 1_000;
    expect(stage.request('ann')).toEqual([
      { type: 'denied', participantId: 'ann', reason: 'retry-after', retryAfterMs: 2_000 },
    ]);
    // Also as somebody else of the same user, and with nobody else speaking.
    stage.release('ben');
    stage.people.set('ann-2', { userId: 'user-ann', is: 'here' });
    expect(kinds(stage.request('ann-2'))).toEqual(['denied ann-2']);
    stage.now += 2_000;
    expect(kinds(stage.request('ann'))).toEqual(['granted ann']);
    expect(stage.floor.barred).toEqual([]);
  });

  test('by leaving, and the next one speaks', () => {
    const stage = new Stage();
    stage.request('ann');
    stage.request('ben');
    stage.request('cleo');
    expect(stage.becomes('ben', 'gone')).toEqual([]);
    expect(kinds(stage.becomes('ann', 'gone'))).toEqual(['granted cleo']);
    expect(kinds(stage.becomes('cleo', 'gone'))).toEqual(['idle']);
  });

  test('when a moderator takes the microphone; who waits is told so', () => {
    const stage = new Stage();
    stage.request('ann');
    stage.request('ben');
    expect(stage.becomes('ben', 'muted')).toEqual([
      { type: 'denied', participantId: 'ben', reason: 'blocked' },
    ]);
    expect(stage.becomes('ann', 'muted')).toMatchObject([
      { type: 'revoked', participantId: 'ann', reason: 'blocked' },
      { type: 'idle' },
    ]);
  });

  test('when their connection stays lost; one that comes back in time costs nothing', () => {
    const stage = new Stage();
    stage.request('ann');
    stage.request('ben');
    expect(stage.becomes('ann', 'lost')).toEqual([]);
    expect(floorDeadline(stage.floor)).toBe(START + 1_000);
    stage.now += 999;
    expect(stage.becomes('ann', 'here')).toEqual([]);
    expect(floorDeadline(stage.floor)).toBe(START + 30_000);
    stage.becomes('ann', 'lost');
    stage.now += 1_000;
    expect(kinds(stage.settle())).toEqual(['granted ben']);
  });

  test('and who waits with a lost connection keeps the place, but does not hold up the others', () => {
    const stage = new Stage();
    stage.request('ann');
    stage.request('ben', 0);
    stage.now += 1;
    stage.request('cleo', 0);
    stage.becomes('ben', 'lost');
    expect(kinds(stage.release('ann'))).toEqual(['granted cleo']);
    expect(kinds(stage.release('cleo'))).toEqual(['idle']);
    expect(stage.queue).toEqual(['ben']);
    expect(kinds(stage.becomes('ben', 'here'))).toEqual(['granted ben']);
  });

  test('when the call has no floor any more', () => {
    const stage = new Stage();
    stage.request('ann');
    stage.request('ben');
    expect(closeFloor(stage.floor)).toEqual([
      { type: 'revoked', participantId: 'ann', fence: START, reason: 'no-floor' },
      { type: 'denied', participantId: 'ben', reason: 'no-floor' },
    ]);
  });
});

describe('fences', () => {
  test('grow with every grant and every end of one, whatever the clock does', () => {
    const stage = new Stage();
    const fences: number[] = [];
    for (const step of [0, 0, -5_000, 0, 1]) {
      stage.now += step;
      stage.request('ann');
      fences.push(stage.floor.fence);
      stage.release('ann');
      fences.push(stage.floor.fence);
    }
    expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
  });

  test('grow also when what was granted is forgotten', () => {
    const stage = new Stage();
    stage.request('ann');
    const kept = stage.floor;
    stage.request('ben', 1);
    stage.request('cleo', 2);
    const last = stage.floor.fence;
    // The store has lost its last writes, or another call of this id has begun.
    stage.now += 10;
    for (const lost of [kept, NEW_FLOOR]) {
      stage.floor = lost;
      stage.request('dan', 9);
      expect(stage.floor.fence).toBeGreaterThan(last);
    }
  });
});
