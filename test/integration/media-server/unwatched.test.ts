/** What nobody receives is not taken in; on the feed and in the answers that is never mistaken for its owner's choice. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { ConsumerAnswer } from '@crossfade/shared/media-api';
import type { RtpCapabilities } from '@crossfade/shared/rtp';
import { startHarness, type FeedReader, type Harness } from './harness.ts';

let harness: Harness;
let feed: FeedReader;
let rtpCapabilities: RtpCapabilities;
let annSends: string;
let benReceives: string;

beforeAll(async () => {
  harness = await startHarness({ UNWATCHED_PAUSE_MS: '300' });
  ({ rtpCapabilities } = await harness.createRoom('room'));
  feed = await harness.feed();
  await feed.join({ roomId: 'room' });
  annSends = (await harness.createTransport('room', 'ann', 'send')).id;
  benReceives = (await harness.createTransport('room', 'ben', 'recv')).id;
});
afterAll(() => harness.close());

const consume = async (producerId: string) => {
  const body = { transportId: benReceives, producerId, rtpCapabilities };
  return (await harness.post('/rooms/room/consume', body)).body as ConsumerAnswer;
};
const act = async (path: string) => {
  expect((await harness.post(`/rooms/room${path}`)).status).toBe(200);
};
/** The pauses and resumes told of a producer so far, in order. */
const told = (producerId: string) =>
  feed.events.flatMap((event) =>
    (event.type === 'producer-paused' || event.type === 'producer-resumed') && event.producerId === producerId
      ? [`${event.type} by ${event.by}`]
      : [],
  );
const happens = async (producerId: string, count: number) => {
  while (told(producerId).length < count) {
    const seen = feed.events.length;
    await new Promise<void>((resolve) => {
      feed.socket.onAny(function once() {
        if (feed.events.length <= seen) return;
        feed.socket.offAny(once);
        resolve();
      });
    });
  }
  return told(producerId);
};
const shownPaused = async (producerId: string) =>
  (await harness.snapshot('room')).producers.find((one) => one.producerId === producerId)?.paused;

it('is paused by the server, and resumed with the first who receives it', async () => {
  const producerId = await harness.produce('room', annSends);
  expect(await happens(producerId, 1)).toEqual(['producer-paused by server']);
  expect(await shownPaused(producerId)).toBe(false);

  const consumer = await consume(producerId);
  expect(consumer.producerPaused).toBe(false);
  await act(`/consumers/${consumer.id}/resume`);
  expect(await happens(producerId, 2)).toContain('producer-resumed by server');

  await harness.delete(`/rooms/room/consumers/${consumer.id}`);
  expect(await happens(producerId, 3)).toEqual([
    'producer-paused by server',
    'producer-resumed by server',
    'producer-paused by server',
  ]);
});

it('keeps the wish of its owner and that of the server apart', async () => {
  const producerId = await harness.produce('room', annSends);
  await happens(producerId, 1);
  await act(`/producers/${producerId}/pause`);
  expect(await shownPaused(producerId)).toBe(true);
  const consumer = await consume(producerId);
  expect(consumer.producerPaused).toBe(true);
  await act(`/consumers/${consumer.id}/resume`);
  await happens(producerId, 3);
  // Received, and still muted.
  expect(await shownPaused(producerId)).toBe(true);
  await act(`/producers/${producerId}/resume`);
  expect(await happens(producerId, 4)).toEqual([
    'producer-paused by server',
    'producer-paused by owner',
    'producer-resumed by server',
    'producer-resumed by owner',
  ]);
});

it('leaves alone what is received, and what its owner has paused', async () => {
  const received = await harness.produce('room', annSends);
  const consumer = await consume(received);
  await act(`/consumers/${consumer.id}/resume`);
  const muted = await harness.produce('room', annSends);
  await act(`/producers/${muted}/pause`);
  const unwatched = await harness.produce('room', annSends);
  // Made last: when its time is over, that of the others would be.
  await happens(unwatched, 1);
  expect(told(received)).toEqual([]);
  expect(told(muted)).toEqual(['producer-paused by owner']);
  // Who is switched on gets the whole time again before anybody has to receive it.
  await act(`/producers/${muted}/resume`);
  expect(told(muted)).toHaveLength(2);
  expect((await happens(muted, 3)).at(-1)).toBe('producer-paused by server');
});
