/** That nobody receives something, or wants less of it, is for its sender to know, and for nobody else. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JoinAnswer } from '@crossfade/shared/signalling';
import { vp8Simulcast } from './media.ts';
import type { ScriptedClient } from './scripted-client.ts';
import { Stack } from './stack.ts';

const callId = 'call';
const media = { audio: true, video: true, screen: false };

let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start(
    { P2P_MAX_PARTICIPANTS: '1', SWITCH_TIMEOUT_MS: '20000' },
    { UNWATCHED_PAUSE_MS: '500', UNWANTED_LAYERS_MS: '500' },
  );
});
afterAll(() => stack.close());

/** Two people on the media server. */
async function onTheMediaServer() {
  const people: { client: ScriptedClient; me: JoinAnswer }[] = [];
  for (const name of ['ann', 'ben']) {
    const client = await stack.client(name);
    people.push({ client, me: await client.must('call:join', { callId, media }) });
  }
  const [ann, ben] = people as [(typeof people)[0], (typeof people)[0]];
  const { transitionId = '', epoch = 0, rtpCapabilities = {} } = ben.me.transition ?? {};
  for (const { client } of people) {
    await client.must('call:mode-switched', { callId, transitionId, success: true });
  }
  await ann.client.phase('commit');
  return { ann, ben, epoch, rtpCapabilities };
}

test('the sender hears of it, also when they come back, and what a receiver wants reaches the media server', async () => {
  const { ann, ben, epoch, rtpCapabilities } = await onTheMediaServer();
  const send = await ann.client.must('media:create-transport', { callId, epoch, direction: 'send' });
  const { id: producerId } = await ann.client.must('media:produce', {
    callId,
    epoch,
    transportId: send.id,
    kind: 'video',
    source: 'camera',
    rtpParameters: vp8Simulcast(),
  });
  const ids = { producerId, participantId: ann.me.participantId };
  expect(await ann.client.event('producer-paused')).toEqual({ callId, ...ids, by: 'server' });

  const { id: transportId } = await ben.client.must('media:create-transport', {
    callId,
    epoch,
    direction: 'recv',
  });
  const consumer = await ben.client.must('media:consume', {
    callId,
    epoch,
    transportId,
    producerId,
    rtpCapabilities,
  });
  const ref = { callId, epoch, consumerId: 'id' in consumer ? consumer.id : '' };
  await ben.client.must('media:set-layers', { ...ref, preferredLayers: { spatialLayer: 0 } });
  await ben.client.must('media:resume-consumer', ref);
  expect(await ann.client.event('producer-resumed')).toEqual({ callId, ...ids, by: 'server' });
  expect(await ann.client.event('producer-wanted-layers')).toEqual({ callId, ...ids, spatialLayer: 0 });

  const { participantId, sessionId } = ann.me;
  const again = await ann.client.must('call:join', { callId, media, resume: { participantId, sessionId } });
  expect(again.sfu?.producers).toContainEqual(
    expect.objectContaining({ ...ids, paused: false, pausedByServer: false, wantedSpatialLayer: 0 }),
  );
  // What its owner does is for all the others, and was told after all of that.
  await ann.client.must('media:pause-producer', { callId, epoch, producerId });
  expect(await ben.client.event('producer-paused')).toEqual({ callId, ...ids, by: 'owner' });
  expect([ben.client.count('producer-resumed'), ben.client.count('producer-wanted-layers')]).toEqual([0, 0]);
});
