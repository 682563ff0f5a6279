/** What the gateway hears from a media server's feed, and what of it concerns the clients. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import { FEED_NAMESPACE, type FeedEvent } from '@crossfade/shared/media-events';
import { Server } from 'socket.io';
import { roomNewsMessage, roomNewsRecipient } from '../signalling/room-news.ts';
import { MediaServerFeed, type RoomNews } from './feed.ts';

const at = '2026-01-01T00:00:00.000Z';
const producer = {
  producerId: 'p1',
  participantId: 'a',
  kind: 'audio',
  source: 'microphone',
  paused: false,
  pausedByServer: false,
  wantedSpatialLayer: null,
} as const;
const snapshot = {
  roomId: 'r',
  epoch: 1,
  bootId: 'boot',
  seq: 0,
  profile: 'conference',
  createdAt: at,
  participants: [],
  producers: [producer],
  dataProducers: [],
};

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** A media server that has nothing but a feed with one room in it. */
async function startFeed() {
  const server = createServer();
  const io = new Server(server);
  const feed = io.of(FEED_NAMESPACE);
  feed.on('connection', (socket) => {
    socket.on('join-room', (_request, answer: (answer: object) => void) =>
      answer({ ok: true, bootId: 'boot', seq: 0, snapshot }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => io.close());
  let seq = 0;
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    tell: (type: FeedEvent['type'], rest: object) => {
      seq += 1;
      feed.emit(type, { type, roomId: 'r', epoch: 1, bootId: 'boot', seq, at, ...rest });
    },
  };
}

test('tells whether its owner paused a producer, or the media server for want of receivers', async () => {
  const { url, tell } = await startFeed();
  const heard: RoomNews[] = [];
  const done = Promise.withResolvers<undefined>();
  const nothing = () => undefined;
  const feed = new MediaServerFeed({
    url,
    token: () => 'token',
    rooms: {
      news: (_roomId, news) => {
        heard.push(news);
        if (news.type === 'producer-closed') done.resolve(undefined);
      },
      lost: nothing,
      moving: nothing,
    },
    connection: { connected: nothing, cut: nothing, load: nothing },
    log: silentLog,
  });
  stops.push(() => feed.close());
  await feed.subscribe('r', 1);

  const ids = { producerId: 'p1', participantId: 'a' };
  tell('producer-paused', { ...ids, by: 'server' });
  tell('producer-paused', { ...ids, by: 'owner' });
  tell('producer-resumed', { ...ids, by: 'server' });
  tell('producer-resumed', { ...ids, by: 'owner' });
  tell('producer-paused', { ...ids, by: 'server' });
  tell('producer-wanted-layers', { ...ids, spatialLayer: 0 });
  tell('producer-closed', { ...ids, reason: 'closed' });
  await done.promise;
  expect(heard.map((news) => ('by' in news ? `${news.type} by ${news.by}` : news.type))).toEqual([
    'new-producer',
    'producer-paused by server',
    'producer-paused by owner',
    'producer-resumed by server',
    'producer-resumed by owner',
    'producer-paused by server',
    'producer-wanted-layers',
    'producer-closed',
  ]);
  expect(heard.at(-1)).toMatchObject({
    producer: { paused: false, pausedByServer: true, wantedSpatialLayer: 0 },
  });
  expect(heard.map(roomNewsRecipient)).toEqual([
    { except: 'a' },
    { only: 'a' },
    { except: 'a' },
    { only: 'a' },
    { except: 'a' },
    { only: 'a' },
    { only: 'a' },
    { except: 'a' },
  ]);
});

test('what is said goes to everyone in the call, whoever says it included', async () => {
  const { url, tell } = await startFeed();
  const heard = Promise.withResolvers<RoomNews>();
  const nothing = () => undefined;
  const feed = new MediaServerFeed({
    url,
    token: () => 'token',
    rooms: {
      news: (_roomId, news) => {
        if (news.type === 'transcription') heard.resolve(news);
      },
      lost: nothing,
      moving: nothing,
    },
    connection: { connected: nothing, cut: nothing, load: nothing },
    log: silentLog,
  });
  stops.push(() => feed.close());
  await feed.subscribe('r', 1);

  const said = {
    participantId: 'a',
    text: 'Hello',
    final: true,
    startMs: 0,
    endMs: 400,
    language: 'en',
  };
  tell('transcription', said);
  const news = await heard.promise;
  expect(roomNewsRecipient(news)).toEqual({ except: null });
  expect(roomNewsMessage('call', news, 1)).toEqual({
    name: 'call:transcription',
    payload: { callId: 'call', ...said },
  });
});
