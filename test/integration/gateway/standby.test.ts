/** A room that stands ready beside a direct call: connected to ahead, used by the next switch, and closed when not needed. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JoinAnswer } from '@crossfade/shared/signalling';
import { vp8Simulcast } from './media.ts';
import type { ScriptedClient } from './scripted-client.ts';
import { Stack } from './stack.ts';

const media = { audio: true, video: true, screen: false };

let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({ STANDBY_CONNECTIONS: 'on', SWITCH_TIMEOUT_MS: '20000' });
});
afterAll(() => stack.close());

interface Here {
  client: ScriptedClient;
  me: JoinAnswer;
}

async function join(callId: string, name: string): Promise<Here> {
  const client = await stack.client(name);
  return { client, me: await client.must('call:join', { callId, media }) };
}

/** Two people in a direct call, and the room that stands ready for them. */
async function pair(callId: string) {
  const ann = await join(callId, 'ann');
  const ben = await join(callId, 'ben');
  const { standby } = await ann.client.event('call:standby');
  await ben.client.event('call:standby');
  if (!standby) throw new Error('no room stands ready');
  return { ann, ben, room: standby };
}

async function receives(
  { client }: Here,
  callId: string,
  room: { epoch: number; rtpCapabilities: object },
  producerId: string,
) {
  const { epoch, rtpCapabilities } = room;
  const { id: transportId } = await client.must('media:create-transport', {
    callId,
    epoch,
    direction: 'recv',
  });
  const consumer = await client.must('media:consume', {
    callId,
    epoch,
    transportId,
    producerId,
    rtpCapabilities,
  });
  return { callId, epoch, consumerId: 'id' in consumer ? consumer.id : '' };
}

async function sends({ client }: Here, callId: string, epoch: number): Promise<string> {
  const { id: transportId } = await client.must('media:create-transport', {
    callId,
    epoch,
    direction: 'send',
  });
  const made = await client.must('media:produce', {
    callId,
    epoch,
    transportId,
    kind: 'video',
    source: 'camera',
    rtpParameters: vp8Simulcast(),
  });
  return made.id;
}

test('two who are connected ahead have only to let flow what a third one makes necessary', async () => {
  const callId = 'grows';
  const { ann, ben, room } = await pair(callId);
  expect(room.epoch).toBe(1);
  const producerId = await sends(ann, callId, room.epoch);
  await ben.client.event('new-producer', (event) => event.producerId === producerId && event.epoch === 1);
  const consumer = await receives(ben, callId, room, producerId);

  // Who comes back hears of it, and of what is in it.
  const { participantId, sessionId } = ben.me;
  const again = await ben.client.must('call:join', { callId, media, resume: { participantId, sessionId } });
  expect(again).toMatchObject({ mode: 'p2p', epoch: 0, standby: { epoch: 1, producers: [{ producerId }] } });
  expect(again.sfu).toBeUndefined();

  const cleo = await join(callId, 'cleo');
  expect(cleo.me.transition).toMatchObject({ epoch: 1, mode: 'sfu' });
  expect(cleo.me.standby).toBeUndefined();
  expect(cleo.me.sfu?.producers).toMatchObject([{ producerId, epoch: 1 }]);
  await ben.client.must('media:resume-consumer', consumer);
  const { transitionId } = await ann.client.phase('prepare');
  for (const { client } of [ann, ben, cleo])
    await client.must('call:mode-switched', { callId, transitionId, success: true });
  await Promise.all([ann, ben, cleo].map(({ client }) => client.phase('commit')));
  expect(await ann.client.must('call:join', { callId, media })).toMatchObject({ mode: 'sfu', epoch: 1 });
});

test('who joins where there is a room gets transports to it with the answer, if asked for', async () => {
  const callId = 'ready-made';
  const { ann, ben, room } = await pair(callId);
  const producerId = await sends(ann, callId, room.epoch);
  const client = await stack.client('cleo');
  const me = await client.must('call:join', { callId, media, transports: true });
  const { send, recv } = me.sfu?.transports ?? {};
  if (!send || !recv) throw new Error('no transports');
  const { epoch, rtpCapabilities } = room;
  const asked = { callId, epoch, transportId: recv.id, producerId, rtpCapabilities };
  expect(await client.must('media:consume', asked)).toMatchObject({ producerId });
  await client.must('media:produce', {
    callId,
    epoch,
    transportId: send.id,
    kind: 'video',
    source: 'camera',
    rtpParameters: vp8Simulcast(),
  });
  // Nobody else did, nor does who comes back.
  expect([ann.me.sfu, ben.me.sfu]).toEqual([undefined, undefined]);
  const { participantId, sessionId } = me;
  const again = await client.must('call:join', { callId, media, resume: { participantId, sessionId } });
  expect(again.sfu?.transports).toBeUndefined();
});

test('the room is closed when the call gets smaller, and what was made in it is of no use any more', async () => {
  const callId = 'shrinks';
  const { ann, ben, room } = await pair(callId);
  ann.client.forget();
  await ben.client.must('call:leave', { callId });
  expect(await ann.client.event('call:standby')).toEqual({ callId, standby: null });
  const code = await ann.client.codeOf('media:create-transport', {
    callId,
    epoch: room.epoch,
    direction: 'send',
  });
  expect(code).toBe('wrong-mode');
});
