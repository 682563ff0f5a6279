import { expect, test } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import { CodedError } from '@crossfade/shared/errors';
import type { RoomSnapshot } from '@crossfade/shared/media-api';
import type { CallEvent } from '../calls/events.ts';
import type { CallState, Room } from '../calls/state.ts';
import { Enforcement } from './enforcement.ts';

const room: Room = { server: 'http://media', epoch: 3, rtpCapabilities: {} };

/** @param floor who has the floor; undefined: the call has none */
function world(failures: CodedError[] = [], floor?: { fence: number; holder: string | null }, expected = 2) {
  const producer = (producerId: string, participantId: string, source: string, paused = false) => ({
    producerId,
    participantId,
    kind: source === 'camera' || source === 'screen' ? 'video' : 'audio',
    source,
    paused,
  });
  const producers = [
    producer('ann-mic', 'ann', 'microphone'),
    producer('ann-mic-paused', 'ann', 'microphone', true),
    producer('ann-camera', 'ann', 'camera'),
    producer('ann-screen', 'ann', 'screen'),
    producer('ben-mic', 'ben', 'microphone'),
  ];
  const member = (participantId: string, blocked: string[]) => ({ participantId, blocked });
  let state = {
    members: [member('ann', floor ? [] : ['audio', 'screen']), member('ben', [])],
    media: { phase: 'sfu', room },
    draining: null,
    floor: floor && {
      fence: floor.fence,
      holder: floor.holder === null ? null : { participantId: floor.holder },
    },
  } as unknown as CallState;
  /** What is read before it is that. */
  const states: CallState[] = [];
  const done: string[] = [];
  let finished: () => void;
  const all = new Promise<void>((resolve) => (finished = resolve));
  const act = (what: string) => async (acting: { fence?: number }, id: string) => {
    const failure = failures.shift();
    if (failure) throw failure;
    // Done a while after it was asked for.
    await new Promise((resolve) => setImmediate(resolve));
    done.push([what, id, ...(acting.fence === undefined ? [] : [acting.fence])].join(' '));
    if (done.length === expected) finished();
    return {};
  };
  /** The numbers under which it was asked what is there, and what comes of that instead of an answer, or before it. */
  const looks: (number | undefined)[] = [];
  const beforeLook: (() => void)[] = [];
  const posted: CallEvent[] = [];
  const post = (_callId: string, event: CallEvent) => {
    posted.push(event);
    if (event.type === 'floor-behind' && state.floor)
      state = { ...state, floor: { ...state.floor, fence: event.fence + 10 } };
    return Promise.resolve(state);
  };
  const enforcement = new Enforcement({
    calls: () => ({ state: () => Promise.resolve(states.shift() ?? state), post }),
    api: () => ({
      // eslint-disable-next-line @typescript-eslint/require-await -- throws as a promise does
      room: async ({ fence }) => {
        looks.push(fence);
        beforeLook.shift()?.();
        return { producers } as unknown as RoomSnapshot;
      },
      pauseProducer: act('pause'),
      resumeProducer: act('resume'),
      closeProducer: act('close'),
    }),
    log: silentLog,
  });
  const forgetFirst = (fence: number) => {
    // Once to find the rooms, twice around the look at what is there, as it was before somebody else was granted the floor.
    const old = { ...state, floor: { ...state.floor, fence } } as CallState;
    states.push(old, old, old);
  };
  const granted = (fence: number, holder: string) =>
    (state = { ...state, floor: { fence, holder: { participantId: holder } } } as unknown as CallState);
  return { enforcement, done, all, posted, forgetFirst, looks, beforeLook, granted };
}

test('pauses what is blocked and flows, closes a screen, and leaves the rest alone', async () => {
  const { enforcement, done, all } = world();
  enforcement.enforce('call');
  await all;
  expect(done.sort()).toEqual(['close ann-screen', 'pause ann-mic']);
});

test('a media server that does not answer is asked again', async () => {
  const away = new CodedError('media-server-unavailable');
  const { enforcement, done, all } = world([away, away]);
  enforcement.enforce('call');
  await all;
  expect(done.sort()).toEqual(['close ann-screen', 'pause ann-mic']);
});

test('closing it ends the tries', async () => {
  const away = Array.from({ length: 99 }, () => new CodedError('media-server-unavailable'));
  const { enforcement, done } = world(away);
  enforcement.enforce('call');
  await new Promise((resolve) => setImmediate(resolve));
  enforcement.close();
  const left = away.length;
  await new Promise((resolve) => setImmediate(resolve));
  expect([done, away.length]).toEqual([[], left]);
});

test('whoever has the floor flows once everyone else is paused, under its number', async () => {
  const { enforcement, done, all } = world([], { fence: 7, holder: 'ann' });
  enforcement.enforce('call');
  await all;
  expect(done).toEqual(['pause ben-mic 7', 'resume ann-mic-paused 7']);
});

test('nobody flows before the others are paused, however often that fails', async () => {
  const away = new CodedError('media-server-unavailable');
  const { enforcement, done, all } = world([away, away], { fence: 7, holder: 'ann' });
  enforcement.enforce('call');
  await all;
  expect(done).toEqual(['pause ben-mic 7', 'resume ann-mic-paused 7']);
});

const stale = () => new CodedError('stale-fence');

test('what came too late is left to whoever was later', async () => {
  const { enforcement, done, posted, forgetFirst } = world([stale()], { fence: 7, holder: 'ann' });
  forgetFirst(6);
  enforcement.enforce('call');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect([done, posted]).toEqual([[], []]);
});

test('what is there is asked under the number; when that has changed meanwhile it is asked again', async () => {
  const { enforcement, done, all, looks, beforeLook, granted } = world([], { fence: 7, holder: 'ben' }, 2);
  beforeLook.push(() => void granted(8, 'ann'));
  enforcement.enforce('call');
  await all;
  expect(looks).toEqual([7, 8]);
  expect(done).toEqual(['pause ben-mic 8', 'resume ann-mic-paused 8']);
});

test('where the call has no floor it is asked under no number', async () => {
  const { enforcement, all, looks } = world();
  enforcement.enforce('call');
  await all;
  expect(looks).toEqual([undefined]);
});

test('a look that is refused is of a grant that was lost, or comes too late, like everything else', async () => {
  const { enforcement, done, all, posted, beforeLook } = world([], { fence: 7, holder: 'ann' });
  beforeLook.push(() => {
    throw stale();
  });
  enforcement.enforce('call');
  await all;
  expect(posted).toEqual([{ type: 'floor-behind', fence: 7 }]);
  expect(done).toEqual(['pause ben-mic 17', 'resume ann-mic-paused 17']);
});

test('a gateway that is late with the last speaker does not let two be heard', async () => {
  const flows = new Map([
    ['ann', false],
    ['ben', false],
  ]);
  let highest = 0;
  const admit = (fence = highest) => {
    if (fence < highest) throw stale();
    highest = fence;
  };
  let state = {
    members: ['ann', 'ben'].map((participantId) => ({ participantId, blocked: [] })),
    media: { phase: 'sfu', room },
    draining: null,
    floor: { fence: 7, holder: { participantId: 'ann' } },
  } as unknown as CallState;
  const never = () => Promise.reject(new Error('not expected'));
  const arrived = Promise.withResolvers<undefined>();
  const looked = Promise.withResolvers<undefined>();
  const settled = new Map(['A', 'B'].map((name) => [name, Promise.withResolvers<undefined>()]));
  const gateway = (name: 'A' | 'B') => {
    const enforcement = new Enforcement({
      calls: () => ({ state: () => Promise.resolve(state), post: never }),
      api: () => ({
        room: ({ fence }) => {
          admit(fence);
          const producers = [...flows].map(([who, flowing]) => ({
            ...{ producerId: who, participantId: who, kind: 'audio', source: 'microphone' },
            paused: !flowing,
          }));
          if (name === 'B') looked.resolve(undefined);
          return Promise.resolve({ producers } as unknown as RoomSnapshot);
        },
        pauseProducer: never,
        closeProducer: never,
        resumeProducer: async ({ fence }, who) => {
          // The request of the first is on its way until the second has looked; that of the second until then.
          if (name === 'A') {
            arrived.resolve(undefined);
            await looked.promise;
          } else await settled.get('A')?.promise;
          try {
            admit(fence);
            flows.set(who, true);
            return {};
          } finally {
            settled.get(name)?.resolve(undefined);
          }
        },
      }),
      log: silentLog,
    });
    enforcement.enforce('call');
    return enforcement;
  };
  const first = gateway('A');
  await arrived.promise;
  state = { ...state, floor: { fence: 8, holder: { participantId: 'ben' } } } as unknown as CallState;
  const second = gateway('B');
  await settled.get('B')?.promise;
  expect(Object.fromEntries(flows)).toEqual({ ann: false, ben: true });
  for (const each of [first, second]) each.close();
});

test('a later grant that the call knows nothing of was lost: the floor gets a number above it, and is brought about', async () => {
  const { enforcement, done, all, posted } = world([stale(), stale()], { fence: 7, holder: 'ann' });
  enforcement.enforce('call');
  await all;
  expect(posted).toEqual([
    { type: 'floor-behind', fence: 7 },
    { type: 'floor-behind', fence: 17 },
  ]);
  expect(done).toEqual(['pause ben-mic 27', 'resume ann-mic-paused 27']);
});

test('while nobody has the floor everybody is paused; pictures are left alone', async () => {
  const { enforcement, done, all } = world([], { fence: 8, holder: null });
  enforcement.enforce('call');
  await all;
  expect(done.sort()).toEqual(['pause ann-mic 8', 'pause ben-mic 8']);
});

test('a look that is asked for again and again is one', async () => {
  const { enforcement, done, all } = world([], { fence: 8, holder: null });
  for (let i = 0; i < 5; i += 1) enforcement.lookLater('call');
  expect(done).toEqual([]);
  await all;
  enforcement.lookLater('call');
  enforcement.close();
  expect(done).toHaveLength(2);
});
