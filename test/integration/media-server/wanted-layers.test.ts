/** Which sizes of a picture its sender is asked for, as the wishes of its receivers change, wherever they are. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { ConsumerAnswer } from '@crossfade/shared/media-api';
import type { RtpCapabilities, RtpParameters } from '@crossfade/shared/rtp';
import { startHarness, type FeedReader, type Harness } from './harness.ts';
import { vp8Parameters } from './media-parameters.ts';

const DELAY_MS = 700;

let harness: Harness;
let feed: FeedReader;
let rtpCapabilities: RtpCapabilities;
let annSends: string;
/** By name; with a worker full from the second participant on, in two workers. */
const receiving = new Map<string, string>();

beforeAll(async () => {
  harness = await startHarness({
    MEDIASOUP_WORKERS: '2',
    WORKER_CONSUMER_CAPACITY: '2',
    UNWANTED_LAYERS_MS: String(DELAY_MS),
  });
  ({ rtpCapabilities } = await harness.createRoom('room'));
  feed = await harness.feed();
  await feed.join({ roomId: 'room' });
  annSends = (await harness.createTransport('room', 'ann', 'send')).id;
  for (const name of ['ben', 'cleo']) {
    receiving.set(name, (await harness.createTransport('room', name, 'recv')).id);
    // What fills the worker.
    await receive(await harness.produce('room', annSends), name);
  }
  expect((await harness.workers()).filter(({ rooms }) => rooms > 0)).toHaveLength(2);
});
afterAll(() => harness.close());

async function receive(producerId: string, name: string): Promise<string> {
  const body = { transportId: receiving.get(name), producerId, rtpCapabilities };
  return ((await harness.post('/rooms/room/consume', body)).body as ConsumerAnswer).id;
}
async function send(parameters: Partial<RtpParameters>): Promise<string> {
  const rtpParameters = { ...vp8Parameters(), mid: String(Math.random()).slice(2, 10), ...parameters };
  return harness.produce('room', annSends, { kind: 'video', source: 'camera', rtpParameters });
}
const inThreeSizes = () =>
  send({ encodings: ['r0', 'r1', 'r2'].map((rid) => ({ rid, scalabilityMode: 'L1T3' })) });
const act = async (method: 'post' | 'patch' | 'delete', path: string, body?: object) => {
  const { status } = await harness.call(method, `/rooms/room/consumers/${path}`, { ...(body && { body }) });
  expect(status).toBeLessThan(300);
};
const prefer = (id: string, spatialLayer: number) => act('patch', id, { preferredLayers: { spatialLayer } });
const told = (producerId: string) =>
  feed.events.flatMap((event) =>
    event.type === 'producer-wanted-layers' && event.producerId === producerId ? [event.spatialLayer] : [],
  );
const tells = async (producerId: string, count: number) => {
  await feed.event('producer-wanted-layers', () => told(producerId).length >= count);
  return told(producerId);
};
const shown = async (producerId: string) =>
  (await harness.snapshot('room')).producers.find((one) => one.producerId === producerId)?.wantedSpatialLayer;

it('are those up to the largest that anybody wants: more at once, less after a while', async () => {
  const producerId = await inThreeSizes();
  expect(await shown(producerId)).toBe(2);
  const [near, far] = [await receive(producerId, 'ben'), await receive(producerId, 'cleo')];
  await prefer(near, 0);
  await prefer(far, 1);
  await act('post', `${near}/resume`);
  await act('post', `${far}/resume`);
  const before = performance.now();
  expect(await tells(producerId, 1)).toEqual([1]);
  expect(performance.now() - before).toBeGreaterThan(DELAY_MS / 2);
  expect(await shown(producerId)).toBe(1);

  // Whoever has paused it wants nothing of it; that of the one in the other worker counts like any.
  await act('post', `${far}/pause`);
  expect(await tells(producerId, 2)).toEqual([1, 0]);
  await prefer(far, 2);
  await act('post', `${far}/resume`);
  // Told when the request is answered, or the time in which less may be wanted would run first.
  expect(await tells(producerId, 3)).toEqual([1, 0, 2]);
  await act('delete', far);
  expect(await tells(producerId, 4)).toEqual([1, 0, 2, 0]);
  expect(await shown(producerId)).toBe(0);
});

it('are all for who has no wish, and for who changes it back in time', async () => {
  const producerId = await inThreeSizes();
  const [near, far] = [await receive(producerId, 'ben'), await receive(producerId, 'cleo')];
  await act('post', `${near}/resume`);
  await prefer(near, 0);
  await prefer(near, 2);
  // Nobody has resumed this one.
  await prefer(far, 0);
  const other = await inThreeSizes();
  const observed = await receive(other, 'ben');
  await act('post', `${observed}/resume`);
  await prefer(observed, 0);
  // Asked for last: when its time is over, that of the other would be.
  expect(await tells(other, 1)).toEqual([0]);
  expect(told(producerId)).toEqual([]);
});

it('are told of layers in one stream, and not of a picture in one size', async () => {
  const codecs = [{ mimeType: 'video/VP9', payloadType: 98, clockRate: 90_000 }];
  const layered = await send({ codecs, encodings: [{ ssrc: 800_000, scalabilityMode: 'L3T3_KEY' }] });
  const single = await send({});
  expect([await shown(layered), await shown(single)]).toEqual([2, null]);
  for (const id of [single, layered]) {
    const consumer = await receive(id, 'cleo');
    await act('post', `${consumer}/resume`);
    await prefer(consumer, 1);
  }
  expect(await tells(layered, 1)).toEqual([1]);
  expect(told(single)).toEqual([]);
});
