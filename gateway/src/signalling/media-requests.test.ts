import { expect, test } from '@jest/globals';
import { CodedError } from '@crossfade/shared/errors';
import type { RoomSnapshot } from '@crossfade/shared/media-api';
import type { Calls } from '../calls/calls.ts';
import type { RecordEntry } from '../calls/events.ts';
import type { CallState } from '../calls/state.ts';
import type { MediaServerClient } from '../media-client/http.ts';
import type { Caller } from './caller.ts';
import { mediaHandlers } from './media-requests.ts';

const NOW = 7_000;

/** @param holder who has the floor; null: the call has none */
function stage(
  holder: string | null,
  released: () => Promise<CallState | null> = () => Promise.resolve(null),
) {
  const state = {
    callId: 'c',
    recordId: 'r',
    epoch: 3,
    members: [{ participantId: 'ann', blocked: [] }],
    media: { phase: 'sfu', room: { server: 'http://media', epoch: 3, rtpCapabilities: {} } },
    floor: holder === null ? null : { fence: 9, holder: { participantId: holder } },
  } as unknown as CallState;
  const producers = [
    { producerId: 'mic', participantId: 'ann', kind: 'audio', source: 'microphone', paused: false },
    { producerId: 'cam', participantId: 'ann', kind: 'video', source: 'camera', paused: false },
  ];
  const done: string[] = [];
  const recorded: RecordEntry[] = [];
  const api = {
    room: () => Promise.resolve({ producers } as unknown as RoomSnapshot),
    pauseProducer: (_acting: object, id: string) => {
      done.push(`pause ${id}`);
      return Promise.resolve({});
    },
    createTransport: () => Promise.resolve({ id: 't' }),
    produce: () => Promise.resolve({ id: 'p' }),
  } as unknown as MediaServerClient;
  const calls: Pick<Calls, 'post' | 'state'> = {
    state: () => Promise.resolve(state),
    post: async (_callId, event) => {
      // Written a while after it was asked for.
      await new Promise((resolve) => setImmediate(resolve));
      done.push('fence' in event ? `${event.type} ${String(event.fence)}` : event.type);
      return released();
    },
  };
  const handlers = mediaHandlers({
    calls,
    mediaServers: { api: () => api },
    record: (entry) => recorded.push(entry),
    now: () => NOW,
  });
  const ann = {
    claims: { grants: { publish: true, subscribe: true, moderate: false } },
    joined: new Map([['c', 'ann']]),
  } as unknown as Caller;
  const pause = (producerId: string) =>
    handlers['media:pause-producer'](ann, { callId: 'c', epoch: 3, producerId });
  return { handlers, ann, pause, done, recorded };
}

test('who has the floor and switches the microphone off has given it back before it is paused', async () => {
  const { pause, done } = stage('ann');
  expect(await pause('mic')).toEqual({});
  expect(done).toEqual(['floor-release 9', 'pause mic']);
});

test.each([
  ['a picture', 'ann', 'cam'],
  ['who has not got the floor', 'ben', 'mic'],
  ['where there is none', null, 'mic'],
])('nothing is given back with %s', async (_what, holder, producerId) => {
  const { pause, done } = stage(holder);
  await pause(producerId);
  expect(done).toEqual([`pause ${producerId}`]);
});

test('the microphone is switched off also when the floor cannot be given back; that is told', async () => {
  const { pause, done } = stage('ann', () => Promise.reject(new CodedError('call-store-unavailable')));
  await expect(pause('mic')).rejects.toMatchObject({ code: 'call-store-unavailable' });
  expect(done).toEqual(['floor-release 9', 'pause mic']);
});

test('what is made is recorded by the clock that the call goes by', async () => {
  const { handlers, ann, recorded } = stage(null);
  const at = { callId: 'c', epoch: 3 };
  await handlers['media:create-transport'](ann, { ...at, direction: 'send', forceTcp: false, sctp: false });
  await handlers['media:produce'](ann, {
    ...at,
    transportId: 't',
    kind: 'audio',
    source: 'microphone',
    rtpParameters: { codecs: [] },
  } as unknown as Parameters<(typeof handlers)['media:produce']>[1]);
  expect(recorded).toMatchObject([
    { type: 'transport-created', at: NOW },
    { type: 'producer-created', at: NOW },
  ]);
});
