import { expect, test } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import { CodedError } from '@crossfade/shared/errors';
import type { RoomSnapshot } from '@crossfade/shared/media-api';
import type { CallState, Room } from '../calls/state.ts';
import { Enforcement } from './enforcement.ts';

const room: Room = { server: 'http://media', epoch: 3, rtpCapabilities: {} };

function world(failures: CodedError[] = []) {
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
  const state = {
    members: [member('ann', ['audio', 'screen']), member('ben', [])],
    media: { phase: 'sfu', room },
    draining: null,
  } as unknown as CallState;
  const done: string[] = [];
  let finished: () => void;
  const all = new Promise<void>((resolve) => (finished = resolve));
  const act = (what: string) => (_acting: unknown, id: string) => {
    const failure = failures.shift();
    if (failure) return Promise.reject(failure);
    done.push(`${what} ${id}`);
    if (done.length === 2) finished();
    return Promise.resolve({});
  };
  const enforcement = new Enforcement({
    calls: () => ({ state: () => Promise.resolve(state) }),
    api: () => ({
      room: () => Promise.resolve({ producers } as unknown as RoomSnapshot),
      pauseProducer: act('pause'),
      closeProducer: act('close'),
    }),
    log: silentLog,
  });
  return { enforcement, done, all };
}

test('pauses what is blocked and flows, closes a screen, and leaves the rest alone', async () => {
  const { enforcement, done, all } = world();
  enforcement.enforce('call');
  await all;
  expect(done).toEqual(['pause ann-mic', 'close ann-screen']);
});

test('a media server that does not answer is asked again', async () => {
  const away = new CodedError('media-server-unavailable');
  const { enforcement, done, all } = world([away, away]);
  enforcement.enforce('call');
  await all;
  expect(done).toEqual(['pause ann-mic', 'close ann-screen']);
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
