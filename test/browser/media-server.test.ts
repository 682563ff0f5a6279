/** The media server with a real browser at both ends: codecs, layers, data channels and loudness, as decoded and heard. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { roomStatsSchema } from '@crossfade/shared/media-api';
import type { Browser, Page } from 'playwright-core';
import { startHarness, type FeedReader, type Harness } from '../integration/media-server/harness.ts';
import { launchChromium } from './chromium.ts';
import { bundleMediasoupClient } from './client-bundle.ts';
import { openMediaPage, startMediaEnds, type Decoded, type VideoRequest } from './media-page.ts';
import { until } from './until.ts';

jest.setTimeout(120_000);

const LIMIT_MS = 40_000;
/** One picture in three sizes of its own. */
const simulcast = [4, 2, 1].map((scaleResolutionDownBy, index) => ({
  rid: `r${String(index)}`,
  scaleResolutionDownBy,
  scalabilityMode: 'L1T2',
  maxBitrate: [100_000, 200_000, 400_000][index] ?? 0,
}));

let harness: Harness;
let browser: Browser;
let script: string;
let rooms = 0;

beforeAll(async () => {
  [harness, browser, script] = await Promise.all([
    startHarness({ UNWATCHED_PAUSE_MS: '1000', INITIAL_OUTGOING_BITRATE: '3000000' }),
    launchChromium(),
    bundleMediasoupClient(),
  ]);
});
afterAll(async () => {
  await browser.close();
  await harness.close();
});

/** A room with Ann and Ben in one page, and a reader of its events. */
async function meet(room: object = {}): Promise<{ roomId: string; page: Page; feed: FeedReader }> {
  const roomId = `room-${String((rooms += 1))}`;
  const { rtpCapabilities } = await harness.createRoom(roomId, room);
  const feed = await harness.feed();
  await feed.join({ roomId });
  const page = await openMediaPage(browser, script, async (method, path, body) => {
    const answer = await harness.call(method, path, { ...(body && { body }) });
    if (answer.status >= 400) throw new Error(`${path}: ${answer.text}`);
    return answer.body as unknown;
  });
  await page.evaluate(startMediaEnds, { roomId, rtpCapabilities });
  return { roomId, page, feed };
}

/** Waits until pictures are decoded that are new, and fit. */
async function sees(page: Page, consumerId: string, what: string, fits: (decoded: Decoded) => boolean) {
  const before = await page.evaluate((id) => window.mediaEnds.decoded(id), consumerId);
  return until(what, LIMIT_MS, async () => {
    const now = await page.evaluate((id) => window.mediaEnds.decoded(id), consumerId);
    return now.frames > before.frames && fits(now) ? { done: now } : { pending: now };
  });
}

const sendAndReceive = async (page: Page, request: VideoRequest) => {
  const producerId = await page.evaluate((wanted) => window.mediaEnds.sendVideo(wanted), request);
  return { producerId, consumerId: await page.evaluate((id) => window.mediaEnds.receive(id), producerId) };
};
const prefer = async (roomId: string, consumerId: string, spatialLayer: number, temporalLayer?: number) => {
  const path = `/rooms/${roomId}/consumers/${consumerId}`;
  const preferredLayers = { spatialLayer, ...(temporalLayer !== undefined && { temporalLayer }) };
  const answer = await harness.call('patch', path, { body: { preferredLayers, priority: 7 } });
  expect([answer.status, answer.body]).toEqual([200, {}]);
};

describe('a picture in layers', () => {
  test.each([
    ['VP8 in simulcast', 'simulcast', { mimeType: 'video/VP8', encodings: simulcast }],
    [
      'VP9 in SVC',
      'svc',
      { mimeType: 'video/VP9', encodings: [{ scalabilityMode: 'L3T3_KEY', maxBitrate: 700_000 }] },
    ],
  ])('is received in the size that was asked for: %s', async (_name, type, request) => {
    const { roomId, page, feed } = await meet();
    const { consumerId } = await sendAndReceive(page, request);
    await sees(page, consumerId, 'the largest size', ({ width }) => width === 960);

    await prefer(roomId, consumerId, 0);
    await sees(page, consumerId, 'the smallest size', ({ width }) => width === 240);
    await feed.event('consumer-layers-changed', (event) => event.layers?.spatialLayer === 0, LIMIT_MS);
    await prefer(roomId, consumerId, 2);
    await sees(page, consumerId, 'the largest size again', ({ width }) => width === 960);

    const stats = roomStatsSchema.parse((await harness.get(`/rooms/${roomId}/stats`)).body);
    const [ann, ben] = ['ann', 'ben'].map((id) => stats.participants.find((one) => one.participantId === id));
    expect(ann?.producers).toMatchObject([{ source: 'camera', streams: expect.any(Array) }]);
    expect(ann?.producers[0]?.streams.length).toBe(type === 'simulcast' ? 3 : 1);
    expect(ann?.transports[0]?.recvBitrate).toBeGreaterThan(0);
    expect(ben?.consumers).toMatchObject([{ consumerId, paused: false, currentLayers: { spatialLayer: 2 } }]);
    expect(ben?.consumers[0]?.streams).toHaveLength(1);
    expect(ben?.consumers[0]?.streams[0]?.bitrate).toBeGreaterThan(0);
    expect(ben?.transports[0]?.availableOutgoingBitrate).toBeGreaterThan(0);
    await page.close();
  });
});

describe('a picture in AV1', () => {
  const inAv1 = (scalabilityMode: string) => ({
    mimeType: 'video/AV1',
    encodings: [{ scalabilityMode, maxBitrate: 500_000 }],
  });

  test('is received at the frame rate that was asked for', async () => {
    const { roomId, page, feed } = await meet();
    const { consumerId } = await sendAndReceive(page, inAv1('L1T3'));
    await sees(page, consumerId, 'all frames', ({ width }) => width === 960);
    await prefer(roomId, consumerId, 0, 0);
    await feed.event('consumer-layers-changed', (event) => event.layers?.temporalLayer === 0, LIMIT_MS);
    await sees(page, consumerId, 'some frames', ({ width }) => width === 960);
    await page.close();
  });

  // Browsers put its larger sizes together only with a header extension that mediasoup does not pass on.
  test('in several sizes is received in the smallest', async () => {
    const { roomId, page } = await meet();
    const { consumerId } = await sendAndReceive(page, inAv1('L3T3'));
    await prefer(roomId, consumerId, 0);
    await sees(page, consumerId, 'the smallest size', ({ width }) => width === 240);
    await page.close();
  });
});

describe('a picture', () => {
  test('is received in H264', async () => {
    const { page } = await meet();
    const request = { mimeType: 'video/H264', encodings: [{ maxBitrate: 500_000 }] };
    const { consumerId } = await sendAndReceive(page, request);
    await sees(page, consumerId, 'pictures', ({ frames }) => frames > 5);
    await page.close();
  });

  test('that nobody receives is not taken in, and is there again when somebody does', async () => {
    const { roomId, page, feed } = await meet();
    const request = { mimeType: 'video/VP8', encodings: [{ maxBitrate: 300_000 }] };
    const { producerId, consumerId } = await sendAndReceive(page, request);
    await sees(page, consumerId, 'pictures', ({ frames }) => frames > 0);

    await harness.post(`/rooms/${roomId}/consumers/${consumerId}/pause`);
    await feed.event(
      'producer-paused',
      (event) => event.producerId === producerId && event.by === 'server',
      LIMIT_MS,
    );
    // Nobody chose it, so it is not shown as a choice.
    expect((await harness.snapshot(roomId)).producers[0]?.paused).toBe(false);

    await harness.post(`/rooms/${roomId}/consumers/${consumerId}/resume`);
    await feed.event(
      'producer-resumed',
      (event) => event.producerId === producerId && event.by === 'server',
      LIMIT_MS,
    );
    await sees(page, consumerId, 'pictures again', ({ frames }) => frames > 0);
    await page.close();
  });
});

test('data channels carry messages from one to the other', async () => {
  const { roomId, page, feed } = await meet();
  expect(await page.evaluate(() => window.mediaEnds.echo('hello'))).toBe('chat: hello');
  const opened = await feed.event('data-producer-opened');
  expect(opened).toMatchObject({ participantId: 'ann', label: 'chat' });
  await harness.post(`/rooms/${roomId}/participants/ann/leave`);
  await feed.event('data-producer-closed', (event) => event.dataProducerId === opened.dataProducerId);
  await page.close();
});

test('who is heard is told: the beep of the made-up microphone', async () => {
  const { page, feed } = await meet();
  const producerId = await page.evaluate(() => window.mediaEnds.sendAudio(false));
  await page.evaluate((id) => window.mediaEnds.receive(id), producerId);
  const { levels } = await feed.event('audio-levels', (event) => event.levels.length > 0, LIMIT_MS);
  expect(levels).toEqual([{ participantId: 'ann', dbov: expect.any(Number) }]);
  expect(await feed.event('active-speaker', () => true, LIMIT_MS)).toMatchObject({
    participantId: 'ann',
    producerId,
  });
  await page.close();
});

test('of more voices than are forwarded the silent one is held back', async () => {
  const { roomId, page } = await meet({ maxAudibleSpeakers: 1 });
  const send = async (muted: boolean) => {
    const producerId = await page.evaluate((wanted) => window.mediaEnds.sendAudio(wanted), muted);
    return page.evaluate((id) => window.mediaEnds.receive(id), producerId);
  };
  const packets = async (consumerId: string) =>
    (await page.evaluate((id) => window.mediaEnds.decoded(id), consumerId)).packets;
  // The only one is forwarded, though there is nothing to hear.
  const silent = await send(true);
  await until('silence', LIMIT_MS, async () => {
    const count = await packets(silent);
    return count > 0 ? { done: count } : { pending: count };
  });
  const beeping = await send(false);
  await until('the beep instead', LIMIT_MS, async () => {
    const before = [await packets(silent), await packets(beeping)] as const;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const after = [await packets(silent), await packets(beeping)] as const;
    const done = after[0] === before[0] && after[1] > before[1];
    return done ? { done } : { pending: { before, after } };
  });
  // Nobody has paused anything.
  const { producers, participants } = await harness.snapshot(roomId);
  expect(producers.map(({ paused }) => paused)).toEqual([false, false]);
  const ben = participants.find(({ participantId }) => participantId === 'ben');
  expect(ben?.consumers.map(({ paused }) => paused)).toEqual([false, false]);
  await page.close();
});
