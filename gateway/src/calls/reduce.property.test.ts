/**
 * Any sequence of joins, leaves, reconnects, confirmations, failures, losses, moves, policies and time, told once, twice,
 * late or never, by two gateways that race: what must always hold (see testing/call-world.ts).
 */
import { expect, test } from '@jest/globals';
import type { CallPolicyOverrides } from '@crossfade/shared/call-policy';
import fc from 'fast-check';
import type { CallEvent } from './events.ts';
import type { Member } from './state.ts';
import { CallWorld } from './testing/call-world.ts';

const RUNS = 10_000;

type Action =
  | { do: 'join' | 'resume' | 'join-again'; who: number; policy: CallPolicyOverrides }
  | { do: 'leave' | 'drop' | 'share' | 'path'; who: number; bit: boolean }
  | { do: 'confirm' | 'fail'; who: number }
  | { do: 'confirm-all' }
  | { do: 'gateway-lost' }
  | { do: 'open' | 'not-open' | 'never-told'; which: number; server: number }
  | { do: 'lose-room' | 'lose-room-twice' | 'move-room' | 'stay-room'; which: number; bit: boolean }
  | { do: 'replay'; which: number }
  | { do: 'policy'; policy: CallPolicyOverrides }
  | { do: 'wait'; ms: number };

/** Done by a gateway; it works its mailbox off at once, or takes some turns while the other one works as well. */
interface Step {
  act: Action;
  gateway: 0 | 1;
  turns: number | 'all';
}

const small = fc.integer({ min: 0, max: 5 });
const bit = fc.boolean();
const one = <D extends Action['do']>(...names: D[]) => fc.constantFrom(...names);
const overrides = fc.constantFrom<CallPolicyOverrides>(
  {},
  {},
  {},
  { mode: 'sfu' },
  { mode: 'p2p' },
  { mode: 'auto', requires: [] },
  { requires: ['recording'] },
  { screenShare: 'sfu' },
  { p2pMaxParticipants: 3, relayed: 'sfu' },
);

/** Weighted so that calls grow, switch and shrink rather than mostly fail. */
const action = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: one('join', 'join', 'resume', 'join-again'), who: small, policy: overrides }),
  },
  { weight: 3, arbitrary: fc.record({ do: one('confirm'), who: small, bit }) },
  { weight: 5, arbitrary: fc.record({ do: one('confirm-all') }) },
  { weight: 6, arbitrary: fc.record({ do: one('open'), which: small, server: small }) },
  { weight: 3, arbitrary: fc.record({ do: one('leave', 'leave', 'drop', 'share'), who: small, bit }) },
  { weight: 1, arbitrary: fc.record({ do: one('fail', 'path'), who: small, bit }) },
  { weight: 1, arbitrary: fc.record({ do: one('not-open', 'never-told'), which: small, server: small }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: one('lose-room', 'lose-room-twice', 'move-room', 'stay-room'),
      which: small,
      bit,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: one('replay'), which: small }) },
  { weight: 2, arbitrary: fc.record({ do: one('policy'), policy: overrides }) },
  { weight: 1, arbitrary: fc.record({ do: one('gateway-lost') }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: one('wait'),
      ms: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 700 })),
    }),
  },
) as fc.Arbitrary<Action>;

const step: fc.Arbitrary<Step> = fc.record({
  act: action,
  gateway: fc.constantFrom<0 | 1>(0, 1),
  turns: fc.constantFrom<number | 'all'>('all', 'all', 'all', 0, 1, 2, 3),
});

function perform(world: CallWorld, { act, gateway, turns }: Step): void {
  if (act.do === 'wait') world.now += act.ms;
  if (act.do === 'never-told') world.forgetOpening(act.which);
  const events = act.do === 'confirm-all' ? world.confirmations() : [eventOf(world, act, gateway)];
  for (const event of events) world.post(gateway, event);
  // Both gateways hear the feed.
  if (act.do === 'lose-room-twice') world.post(gateway === 0 ? 1 : 0, events[0]);
  if (turns === 'all') world.settle(gateway);
  else for (let turn = 0; turn < turns; turn += 1) world.turn(turn % 2 === 0 ? gateway : 0);
}

function eventOf(
  world: CallWorld,
  act: Exclude<Action, { do: 'confirm-all' }>,
  gateway: 0 | 1,
): CallEvent | undefined {
  switch (act.do) {
    case 'wait':
      return { type: 'tick' };
    case 'join':
      return world.join(act.who, gateway, 'anew', act.policy);
    case 'resume':
      return world.join(act.who, gateway, 'resume', act.policy);
    case 'join-again':
      return world.join(act.who, gateway, 'again', act.policy);
    case 'leave':
    case 'drop':
    case 'share':
    case 'path': {
      const member = world.member(act.who);
      return member && eventBy(world, act, member);
    }
    case 'confirm':
      return world.confirmation(act.who, true);
    case 'fail':
      return world.confirmation(act.who, false);
    case 'open':
      return world.opened(act.which, act.server);
    case 'not-open':
      return world.notOpened(act.which);
    case 'never-told':
      return undefined;
    case 'lose-room':
    case 'lose-room-twice':
      return world.roomEvent(act.which, 'room-lost', act.bit);
    case 'move-room':
      return world.roomEvent(act.which, 'room-moving', act.bit);
    case 'stay-room':
      return world.roomEvent(act.which, 'room-staying', act.bit);
    case 'replay':
      return world.replay(act.which);
    case 'policy':
      return { type: 'set-policy', change: act.policy };
    case 'gateway-lost':
      return { type: 'gateway-lost', gatewayId: 'g1' };
  }
}

function eventBy(
  world: CallWorld,
  { do: what, who, bit: yes }: { do: 'leave' | 'drop' | 'share' | 'path'; who: number; bit: boolean },
  { participantId, link }: Member,
): CallEvent | undefined {
  switch (what) {
    case 'leave':
      return { type: 'leave', participantId };
    case 'drop':
      return link.kind === 'connected'
        ? { type: 'disconnected', participantId, socketId: link.socketId }
        : undefined;
    case 'share':
      return { type: 'update', participantId, media: { audio: !yes, video: true, screen: yes } };
    case 'path': {
      const other = world.member(who + 1)?.participantId ?? participantId;
      return { type: 'path', participantId, with: other, state: yes ? 'failed' : 'degraded' };
    }
  }
}

/** Where a sequence begins: from nothing, few get far enough by themselves. */
const beginnings: Record<'empty' | 'in a room' | 'small again', readonly Action[]> = {
  empty: [],
  'in a room': [
    { do: 'join', who: 0, policy: {} },
    { do: 'join', who: 1, policy: {} },
    { do: 'join', who: 2, policy: {} },
    { do: 'open', which: 0, server: 0 },
    { do: 'confirm-all' },
  ],
  get 'small again'() {
    return [...this['in a room'], { do: 'leave', who: 2, bit: true } as const];
  },
};

test('one mode an epoch, one transition a call, nobody awaited who is gone, every call ends in a record', () => {
  const visits = new Map<string, number>();
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }),
      fc.constantFrom(...Object.values(beginnings)),
      fc.integer({ min: -300, max: 300 }),
      (steps, beginning, skewMs) => {
        const world = new CallWorld(skewMs, visits);
        for (const act of beginning) perform(world, { act, gateway: 0, turns: 'all' });
        for (const each of steps) perform(world, each);
        world.finish();
      },
    ),
    { numRuns: RUNS },
  );
  // The sequences go where it matters.
  const met = (what: string) => visits.get(what) ?? 0;
  const often = ['p2p', 'switching_to_sfu', 'sfu serving', 'switching_to_p2p', 'conflict', 'committed'];
  for (const what of often) expect([what, met(what) > RUNS / 20]).toEqual([what, true]);
  const sometimes = [
    'standby given up',
    'standby used',
    'sfu leaving',
    'sfu lost',
    'stays',
    'sfu to sfu: media-server-lost',
    'sfu to sfu: media-server-draining',
    'sfu to p2p: media-server-lost',
    'sfu to p2p: media-server-draining',
    'p2p to sfu: requirement',
    'p2p to sfu: policy',
    'p2p to sfu: screen-share',
    'p2p to sfu: p2p-failed',
    'p2p to sfu: p2p-degraded',
    'deadline',
    'client-failed',
    'media-server-failed',
    'participant-joined',
    'superseded',
    'media-server-unavailable',
    'transition-over',
  ];
  for (const what of sometimes) expect([what, met(what) > 0]).toEqual([what, true]);
});
