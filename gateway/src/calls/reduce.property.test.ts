/**
 * Any sequence of joins, leaves, reconnects, confirmations, failures, losses, moves, policies and time, told once, twice,
 * late or never, by two gateways that race: what must always hold (see testing/call-world.ts).
 */
import { expect, test } from '@jest/globals';
import type { CallPolicyOverrides } from '@crossfade/shared/call-policy';
import fc from 'fast-check';
import { CallWorld } from './testing/call-world.ts';

const RUNS = 10_000;

type Action =
  | { do: 'join' | 'resume' | 'join-again'; who: number; policy: CallPolicyOverrides }
  | { do: 'leave' | 'drop' | 'confirm' | 'fail' | 'share' | 'path'; who: number; bit: boolean }
  | { do: 'confirm-all' | 'gateway-lost' }
  | { do: 'open' | 'not-open' | 'never-told'; which: number; server: number }
  | { do: 'lose-room' | 'lose-room-twice' | 'move-room'; which: number; bit: boolean }
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
    arbitrary: fc.record({ do: one('lose-room', 'lose-room-twice', 'move-room'), which: small, bit }),
  },
  { weight: 1, arbitrary: fc.record({ do: one('replay'), which: small }) },
  { weight: 1, arbitrary: fc.record({ do: one('policy'), policy: overrides }) },
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
  tell(world, act, gateway);
  if (turns === 'all') world.settle(gateway);
  else for (let turn = 0; turn < turns; turn += 1) world.turn(turn % 2 === 0 ? gateway : 0);
}

function tell(world: CallWorld, act: Action, gateway: 0 | 1): void {
  switch (act.do) {
    case 'wait':
      world.now += act.ms;
      return world.post(gateway, { type: 'tick' });
    case 'join':
      return world.post(gateway, world.join(act.who, gateway, 'anew', act.policy));
    case 'resume':
      return world.post(gateway, world.join(act.who, gateway, 'resume', act.policy));
    case 'join-again':
      return world.post(gateway, world.join(act.who, gateway, 'again', act.policy));
    case 'leave': {
      const participantId = world.member(act.who)?.participantId;
      return world.post(gateway, participantId === undefined ? undefined : { type: 'leave', participantId });
    }
    case 'drop': {
      const member = world.member(act.who);
      if (member?.link.kind !== 'connected') return;
      const { participantId, link } = member;
      return world.post(gateway, { type: 'disconnected', participantId, socketId: link.socketId });
    }
    case 'share': {
      const participantId = world.member(act.who)?.participantId;
      if (participantId === undefined) return;
      const media = { audio: !act.bit, video: true, screen: act.bit };
      return world.post(gateway, { type: 'update', participantId, media });
    }
    case 'confirm':
      return world.post(gateway, world.confirmation(act.who, true));
    case 'fail':
      return world.post(gateway, world.confirmation(act.who, false));
    case 'confirm-all':
      for (const event of world.confirmations()) world.post(gateway, event);
      return;
    case 'path': {
      const [from, to] = [world.member(act.who), world.member(act.who + 1)];
      if (!from || !to) return;
      const { participantId } = from;
      const state = act.bit ? 'failed' : 'degraded';
      return world.post(gateway, { type: 'path', participantId, with: to.participantId, state });
    }
    case 'open':
      return world.post(gateway, world.opened(act.which, act.server));
    case 'not-open':
      return world.post(gateway, world.notOpened(act.which));
    case 'never-told':
      return world.forgetOpening(act.which);
    case 'lose-room':
    case 'lose-room-twice': {
      const event = world.roomEvent(act.which, 'room-lost', act.bit);
      world.post(gateway, event);
      // Both gateways hear the feed.
      return act.do === 'lose-room-twice' ? world.post(gateway === 0 ? 1 : 0, event) : undefined;
    }
    case 'move-room':
      return world.post(gateway, world.roomEvent(act.which, 'room-moving', act.bit));
    case 'replay':
      return world.post(gateway, world.replay(act.which));
    case 'policy':
      return world.post(gateway, { type: 'set-policy', by: 'u0', policy: act.policy });
    case 'gateway-lost':
      return world.post(gateway, { type: 'gateway-lost', gatewayId: 'g1' });
  }
}

test('one mode an epoch, one transition a call, nobody awaited who is gone, every call ends in a record', () => {
  const visits = new Map<string, number>();
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }),
      fc.integer({ min: -300, max: 300 }),
      (steps, skewMs) => {
        const world = new CallWorld(skewMs, visits);
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
    'sfu leaving',
    'sfu lost',
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
  for (const what of sometimes) expect([what, met(what) > 20]).toEqual([what, true]);
});
