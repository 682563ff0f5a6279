/**
 * Any sequence of people who come, go, are lost, muted and given their microphone back, ask to speak and have spoken, at two
 * gateways that race for one stored state, which may lose its last writes: what must always hold of the floor.
 */
import assert from 'node:assert/strict';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CallEvent, Effect } from '../calls/events.ts';
import { reduce } from '../calls/reduce.ts';
import { memberOf, nextDeadline, type CallState, type Member } from '../calls/state.ts';
import { policy } from '../calls/testing/call-world.ts';

const RUNS = 3_000;
const CALL_ID = 'c';
/** How far apart the clocks of the gateways are at most: they take the time from the store. Milliseconds. */
const SKEW_MS = 20;
/** The store is away for longer than that when it loses what was written last. */
const STORE_AWAY_MS = 200;

type Action =
  | { do: 'join' | 'resume' | 'leave' | 'drop' | 'mute' | 'unmute'; who: number }
  | { do: 'request'; who: number; priority: number; queue: boolean }
  | { do: 'release'; who: number; fenced: boolean | 'formerly' }
  | { do: 'requires' | 'requires-nothing' | 'gateway-lost' | 'lose-writes' | 'behind'; who?: never }
  | { do: 'wait'; ms: number };

interface Gateway {
  readonly skewMs: number;
  readonly mailbox: CallEvent[];
  loaded: { state: CallState | null; version: number } | null;
}

class FloorWorld {
  now = 1_000_000;
  readonly #gateways: readonly [Gateway, Gateway];
  readonly #visits: Map<string, number>;
  /** Every state that was written, for losing the last ones. */
  readonly #written: (CallState | null)[] = [null];
  #version = 0;
  #serial = 0;
  /** The highest fence told to anybody under this call id. */
  #fence = 0;

  constructor(skewMs: number, visits: Map<string, number>) {
    this.#gateways = [
      { skewMs: 0, mailbox: [], loaded: null },
      { skewMs, mailbox: [], loaded: null },
    ];
    this.#visits = visits;
  }

  get state(): CallState | null {
    return this.#written.at(-1) ?? null;
  }

  member(who: number): Member | undefined {
    return this.state?.members.find(({ userId }) => userId === `u${String(who)}`);
  }

  post(gateway: 0 | 1, event: CallEvent | undefined): void {
    if (event) this.#gateways[gateway].mailbox.push(event);
  }

  join(who: number, gateway: 0 | 1, resumes: boolean): CallEvent {
    const before = this.member(who);
    const id = String((this.#serial += 1));
    return {
      type: 'join',
      callId: CALL_ID,
      socketId: `s${id}`,
      gatewayId: `g${String(gateway)}`,
      fresh: { participantId: `p${id}`, sessionId: `x${id}`, recordId: `r${id}` },
      resume: resumes && before ? { participantId: before.participantId, sessionId: before.sessionId } : null,
      userId: `u${String(who)}`,
      displayName: 'x',
      grants: { publish: true, subscribe: true, moderate: true },
      media: { audio: true, video: true, screen: false },
      policy: { requires: ['push-to-talk'] },
    };
  }

  /** The store comes back without what was written last. */
  loseWrites(): void {
    const lost = this.#written.splice(Math.max(1, this.#written.length - 4));
    if (lost.length > 0) this.#visit('writes lost');
    this.#version += 1;
    this.now += STORE_AWAY_MS;
  }

  /** One half of a gateway's work on its next event: it loads the call, or reduces and writes. */
  turn(which: 0 | 1): void {
    const gateway = this.#gateways[which];
    const [event] = gateway.mailbox;
    if (!event) return;
    if (!gateway.loaded) {
      gateway.loaded = { state: this.state, version: this.#version };
      return;
    }
    const { state: before, version } = gateway.loaded;
    gateway.loaded = null;
    const now = this.now + gateway.skewMs;
    const reduction = reduce(before, event, policy, now);
    if (version !== this.#version) {
      this.#visit('conflict');
      return;
    }
    gateway.mailbox.shift();
    if (reduction.kind === 'refused') {
      this.#visit(reduction.code);
      return;
    }
    if (reduction.state !== before) {
      this.#written.push(reduction.state);
      this.#version += 1;
    }
    // The next call of this id begins later than clocks differ.
    if (!reduction.state) this.now += STORE_AWAY_MS;
    this.#check(before, reduction.state, reduction.effects, event, now);
  }

  settle(which: 0 | 1): void {
    while (this.#gateways[which].mailbox.length > 0) this.turn(which);
  }

  /** Whoever gives back what they have, under whichever of its numbers, has it no longer; under no other they keep it. */
  #checkRelease(before: CallState | null, after: CallState, event: CallEvent): void {
    const floor = before?.floor;
    if (event.type !== 'floor-release' || event.fence === null || !floor?.holder) return;
    if (floor.holder.participantId !== event.participantId) return;
    const { formerly = [] } = floor.holder;
    assert(formerly.every((number) => number < floor.fence));
    if (![floor.fence, ...formerly].includes(event.fence)) return;
    if (event.fence !== floor.fence) this.#visit('released under a former number');
    assert.notDeepEqual(after.floor?.holder, floor.holder, 'what is given back is given back');
  }

  #visit(what: string): void {
    this.#visits.set(what, (this.#visits.get(what) ?? 0) + 1);
  }

  #check(
    before: CallState | null,
    after: CallState | null,
    effects: readonly Effect[],
    event: CallEvent,
    now: number,
  ): void {
    let granted: string | undefined;
    for (const effect of effects) {
      if (effect.type !== 'floor') continue;
      const { news } = effect;
      this.#visit('reason' in news ? news.reason : news.type);
      if (news.type === 'granted') {
        assert(
          Number.isInteger(news.fence) && news.fence > this.#fence,
          'the fence of a grant is above all there were',
        );
        this.#fence = news.fence;
        granted = news.participantId;
      }
      if (news.type === 'idle' && news.fence > 0) {
        assert(news.fence > this.#fence, 'and so is that of an end');
        this.#fence = news.fence;
      }
    }
    const floor = after?.floor;
    if (floor && before?.floor && !effects.some(({ type }) => type === 'floor')) {
      const renumbered = floor.fence !== before.floor.fence;
      assert(
        !renumbered || floor.fence > this.#fence,
        'nor is a new number for the same grant one there was',
      );
      if (renumbered) this.#visit('renumbered');
      this.#fence = Math.max(this.#fence, floor.fence);
    }
    if (!after || !floor) return;
    const { holder, queue, fence } = floor;
    // The media server is told whenever it has changed who may be heard.
    const turned = before?.floor?.fence !== fence;
    assert.equal(effects.filter(({ type }) => type === 'enforce').length >= 1, turned || isMute(event));
    this.#checkRelease(before, after, event);
    if (granted !== undefined)
      assert.equal(holder?.participantId, granted, 'the last grant is the one there is');
    if (holder) {
      const member = memberOf(after, holder.participantId);
      assert(member, 'who has the floor is in the call');
      assert(!member.blocked.includes('audio'), 'and may be heard');
      if (granted !== undefined)
        assert.equal(member.link.kind, 'connected', 'nobody is granted it who is not there');
      assert(
        holder.until > Math.floor(now) && (member.link.kind === 'connected') === (holder.lostUntil === null),
      );
      const due = nextDeadline(after);
      assert(due !== null && due <= Math.min(holder.until, holder.lostUntil ?? Infinity));
    }
    for (const { participantId, priority } of queue) {
      const member = memberOf(after, participantId);
      assert(member && !member.blocked.includes('audio'), 'who waits is in the call, and may be heard');
      assert.notEqual(participantId, holder?.participantId);
      if (member.link.kind !== 'connected') continue;
      assert(holder, 'nobody waits for nothing');
      assert(priority <= holder.priority, 'nor for somebody of a lower priority');
    }
    assert.equal(new Set(queue.map(({ participantId }) => participantId)).size, queue.length);
    assert(queue.length <= policy.floor.maxQueue, 'not too many wait');
    const ordered = [...queue].sort((a, b) => b.priority - a.priority || a.since - b.since);
    assert.deepEqual(
      queue.map(({ priority, since }) => [priority, since]),
      ordered.map(({ priority, since }) => [priority, since]),
    );
    assert(after.members.every(({ media }) => !media.audio));
  }
}

function isMute(event: CallEvent): boolean {
  return event.type === 'moderate' && event.action.kind === 'mute' && event.action.muted;
}

/** The number of the grant there is, or one it had before. */
function numberOf(state: CallState | null, which: true | 'formerly'): number | null {
  const floor = state?.floor;
  return (which === 'formerly' ? floor?.holder?.formerly?.[0] : undefined) ?? floor?.fence ?? null;
}

const who = fc.integer({ min: 0, max: 4 });
const one = <D extends Action['do']>(...names: D[]) => fc.constantFrom(...names);
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: one('join', 'resume'), who }) },
  {
    weight: 14,
    arbitrary: fc.record({
      do: one('request'),
      who,
      priority: fc.constantFrom(0, 0, 0, 1, 2),
      queue: fc.constantFrom(true, true, false),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: one('release'),
      who,
      fenced: fc.constantFrom(true, false, 'formerly' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: one('leave', 'drop'), who }) },
  { weight: 2, arbitrary: fc.record({ do: one('mute', 'unmute'), who }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: one('requires', 'requires-nothing', 'gateway-lost', 'lose-writes', 'behind'),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: one('wait'), ms: fc.integer({ min: 0, max: 250 }) }) },
) as fc.Arbitrary<Action>;

const step = fc.record({
  act: action,
  gateway: fc.constantFrom<0 | 1>(0, 1),
  turns: fc.constantFrom<number | 'all'>('all', 'all', 0, 1, 2, 3),
});

function perform(world: FloorWorld, act: Action, gateway: 0 | 1, turns: number | 'all'): void {
  if (act.do === 'wait') world.now += act.ms;
  if (act.do === 'lose-writes') world.loseWrites();
  world.post(gateway, eventOf(world, act, gateway));
  if (turns === 'all') world.settle(gateway);
  else for (let turn = 0; turn < turns; turn += 1) world.turn(turn % 2 === 0 ? gateway : 0);
}

function eventOf(world: FloorWorld, act: Action, gateway: 0 | 1): CallEvent | undefined {
  if (act.do === 'join' || act.do === 'resume') return world.join(act.who, gateway, act.do === 'resume');
  if (act.do === 'wait') return { type: 'tick' };
  if (act.do === 'lose-writes') return undefined;
  if (act.do === 'behind') return { type: 'floor-behind', fence: world.state?.floor?.fence ?? 0 };
  if (act.do === 'gateway-lost') return { type: 'gateway-lost', gatewayId: 'g1' };
  if (act.do === 'requires' || act.do === 'requires-nothing') {
    return {
      type: 'set-policy',
      change: { requires: act.do === 'requires' ? ['push-to-talk'] : [] },
    };
  }
  const member = act.who === undefined ? undefined : world.member(act.who);
  if (!member) return undefined;
  const { participantId, link } = member;
  switch (act.do) {
    case 'request':
      return { type: 'floor-request', participantId, priority: act.priority, queue: act.queue };
    case 'release':
      return {
        type: 'floor-release',
        participantId,
        fence: act.fenced === false ? null : numberOf(world.state, act.fenced),
      };
    case 'leave':
      return { type: 'leave', participantId };
    case 'drop':
      return link.kind === 'connected'
        ? { type: 'disconnected', participantId, socketId: link.socketId }
        : undefined;
    case 'mute':
    case 'unmute': {
      const muted = act.do === 'mute';
      return {
        type: 'moderate',
        participantId,
        action: { kind: 'mute', participantId, media: 'audio', muted },
      };
    }
  }
}

test('one speaks, who waits is there, and no grant has a number that was used', () => {
  const visits = new Map<string, number>();
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 15, maxLength: 40, size: 'max' }),
      fc.integer({ min: -SKEW_MS, max: SKEW_MS }),
      (steps, skewMs) => {
        // Such a clock does not count in whole milliseconds.
        const world = new FloorWorld(skewMs + 0.3, visits);
        for (const each of [0, 1, 2]) perform(world, { do: 'join', who: each }, each === 1 ? 1 : 0, 'all');
        for (const { act, gateway, turns } of steps) perform(world, act, gateway, turns);
        world.settle(0);
        world.settle(1);
      },
    ),
    { numRuns: RUNS },
  );
  const met = (what: string) => visits.get(what) ?? 0;
  for (const what of [
    'renumbered',
    'granted',
    'idle',
    'pre-empted',
    'too-long',
    'taken',
    'retry-after',
    'blocked',
    'conflict',
  ])
    expect([what, met(what) > RUNS / 20]).toEqual([what, true]);
  for (const what of [
    'queue-full',
    'no-floor',
    'blocked-by-moderator',
    'writes lost',
    'released under a former number',
  ])
    expect([what, met(what) > 0]).toEqual([what, true]);
});
