/**
 * Three gateways write one call, requests to the store and its answers take any time, and what tells of a change comes
 * late, in another order, or never: the clients of each gateway hear of every change, once, in the order of the writes.
 */
import { expect, test } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import fc from 'fast-check';
import { Calls } from './calls.ts';
import { isNews, type CallEvent, type News } from './events.ts';
import { policy } from './testing/call-world.ts';
import { SharedStore } from './testing/shared-store.ts';

const CALL = 'c';
const GATEWAYS = ['g0', 'g1', 'g2'] as const;
const RUNS = 300;

const join = (gateway: string, user: string): CallEvent => ({
  type: 'join',
  callId: CALL,
  socketId: `socket-${user}`,
  gatewayId: gateway,
  fresh: { participantId: user, sessionId: user, recordId: 'r' },
  resume: null,
  userId: user,
  displayName: user,
  grants: { publish: true, subscribe: true, moderate: true },
  media: { audio: true, video: true, screen: false },
  policy: { mode: 'p2p', p2pMaxParticipants: 5 },
});

/** A change by somebody who may not be there any more. */
const changes = (user: string): fc.Arbitrary<CallEvent> =>
  fc.oneof(
    fc.constant<CallEvent>({ type: 'leave', participantId: user }),
    fc.boolean().map((audio): CallEvent => ({
      type: 'update',
      participantId: user,
      media: { audio, video: false, screen: false },
    })),
    fc.boolean().map((locked): CallEvent => ({
      type: 'moderate',
      participantId: user,
      action: { kind: 'lock', locked },
    })),
  );

const acts = fc.array(
  fc.constantFrom(...GATEWAYS.keys()).chain((gateway) => {
    const user = `guest-${String(gateway)}`;
    const event = fc.oneof(fc.constant(join(GATEWAYS[gateway] ?? '', user)), changes(user));
    return fc.record({ gateway: fc.constant(gateway), event, isNoticed: fc.boolean() });
  }),
  { minLength: 2, maxLength: 8 },
);

test('in the order of the writes, at every gateway', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), acts, async (scheduler, scenario) => {
      const told: News[][] = GATEWAYS.map(() => []);
      let free = false;
      const travel = () => (free ? Promise.resolve() : scheduler.schedule(Promise.resolve()));
      let isNoticed = true;
      const notices: Promise<void>[] = [];
      const store: SharedStore = new SharedStore(travel, () => {
        if (!isNoticed || free) return;
        for (const each of gateways) notices.push(travel().then(() => each.refresh(CALL)));
      });
      const gateways = GATEWAYS.map(
        (gatewayId, i) =>
          new Calls({
            store,
            gatewayId,
            policy,
            log: silentLog,
            run: (_callId, effect) => {
              if (isNews(effect)) told[i]?.push(effect);
            },
            now: () => 1_000,
          }),
      );
      // Somebody stays at each gateway throughout, so that each has somebody to tell.
      free = true;
      for (const [i, calls] of gateways.entries())
        await calls.post(CALL, join(GATEWAYS[i] ?? '', `host-${String(i)}`));
      for (const calls of gateways) await calls.refresh(CALL);
      const before = store.log.length;
      for (const heard of told) heard.length = 0;
      free = false;

      const posts = scenario.map(async (act) => {
        isNoticed = act.isNoticed;
        await gateways[act.gateway]?.post(CALL, act.event).catch(() => undefined);
      });
      await scheduler.waitFor(Promise.all(posts));
      await scheduler.waitFor(Promise.all(notices));
      const written = store.log.slice(before).flat();
      const inOrder = told.every((heard) => heard.every((news, i) => news === written[i]));
      free = true;
      for (const calls of gateways) await calls.refresh(CALL);
      for (const calls of gateways) calls.close();

      expect(inOrder).toBe(true);
      for (const heard of told) expect(heard).toEqual(written);
    }),
    { numRuns: RUNS },
  );
}, 60_000);

test('whose clients have missed something that is gone is told so', async () => {
  const complete: boolean[] = [];
  const store = new SharedStore(
    () => Promise.resolve(),
    () => undefined,
  );
  const [here, there] = GATEWAYS.slice(0, 2).map(
    (gatewayId) =>
      new Calls({
        store,
        gatewayId,
        policy,
        log: silentLog,
        run: () => undefined,
        learnt: (_callId, _state, isComplete) => {
          if (gatewayId === 'g0') complete.push(isComplete);
        },
        now: () => 1_000,
      }),
  ) as [Calls, Calls];
  await here.post(CALL, join('g0', 'ann'));
  await there.post(CALL, join('g1', 'ben'));
  store.kept = 1;
  for (const locked of [true, false])
    await there.post(CALL, { type: 'moderate', participantId: 'ben', action: { kind: 'lock', locked } });
  complete.length = 0;
  await here.refresh(CALL);
  await here.refresh(CALL);
  expect(complete).toEqual([false, true]);
  here.close();
  there.close();
});
