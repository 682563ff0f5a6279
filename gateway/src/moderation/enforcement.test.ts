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
      room: () => Promise.resolve({ producers } as unknown as RoomSnapshot),
      pauseProducer: act('pause'),
      resumeProducer: act('resume'),
      closeProducer: act('close'),
    }),
    log: silentLog,
  });
  const forgetFirst = (fence: number) => {
    // Once to find the rooms, once to act, as it was before somebody else was granted the floor.
    const old = { ...state, floor: { ...state.floor, fence } } as CallState;
    states.push(old, old);
  };
  return { enforcement, done, all, posted, forgetFirst };
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
