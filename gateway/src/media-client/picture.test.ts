import { expect, test } from '@jest/globals';
import type { FeedEvent } from '@crossfade/shared/media-events';
import { applyEvent, differences, pictureOf, type RoomPicture } from './picture.ts';

const at = '2026-01-01T00:00:00.000Z';
const camera = {
  producerId: 'p1',
  participantId: 'a',
  kind: 'video',
  source: 'camera',
  paused: false,
} as const;
const wanted = { ...camera, pausedByServer: false, wantedSpatialLayer: null };

const empty = pictureOf({
  roomId: 'r',
  epoch: 1,
  bootId: 'boot',
  seq: 4,
  profile: 'conference',
  createdAt: at,
  participants: [],
  producers: [],
  dataProducers: [],
});

function event(
  seq: number,
  rest: { type: 'new-producer' } | { type: 'producer-paused' } | { type: 'producer-closed' },
): FeedEvent {
  const envelope = { roomId: 'r', epoch: 1, bootId: 'boot', seq, at };
  switch (rest.type) {
    case 'new-producer':
      return { type: rest.type, ...envelope, ...camera };
    case 'producer-paused':
      return { type: rest.type, ...envelope, producerId: 'p1', participantId: 'a', by: 'owner' };
    case 'producer-closed':
      return { type: rest.type, ...envelope, producerId: 'p1', participantId: 'a', reason: 'closed' };
  }
}

function applied(picture: RoomPicture, next: FeedEvent): RoomPicture {
  const result = applyEvent(picture, next);
  if (result.kind !== 'applied') throw new Error(result.kind);
  return result.picture;
}

test('follows the events one by one', () => {
  const there = applied(empty, event(5, { type: 'new-producer' }));
  expect([...there.producers.values()]).toEqual([wanted]);
  const paused = applied(there, event(6, { type: 'producer-paused' }));
  expect(paused.producers.get('p1')?.paused).toBe(true);
  expect(applied(paused, event(7, { type: 'producer-closed' })).producers.size).toBe(0);
  // The pictures before are as they were.
  expect(there.producers.get('p1')?.paused).toBe(false);
});

test('takes nobody for muted whom only the media server has paused, for want of receivers', () => {
  const there = applied(empty, event(5, { type: 'new-producer' }));
  const ids = { producerId: 'p1', participantId: 'a', by: 'server' } as const;
  const envelope = { roomId: 'r', epoch: 1, bootId: 'boot', at };
  const unwatched = applied(there, { type: 'producer-paused', ...envelope, ...ids, seq: 6 });
  expect(unwatched.producers.get('p1')?.paused).toBe(false);
  const muted = applied(unwatched, event(7, { type: 'producer-paused' }));
  const watched = applied(muted, { type: 'producer-resumed', ...envelope, ...ids, seq: 8 });
  expect([watched.seq, watched.producers.get('p1')?.paused]).toEqual([8, true]);
});

test('knows what it has seen, and notices what it missed', () => {
  expect(applyEvent(empty, event(4, { type: 'new-producer' })).kind).toBe('known');
  expect(applyEvent(empty, event(6, { type: 'new-producer' })).kind).toBe('gap');
  expect(applyEvent(empty, { ...event(5, { type: 'new-producer' }), bootId: 'another' }).kind).toBe('gap');
});

test('knows what of a producer is wanted', () => {
  const envelope = { roomId: 'r', epoch: 1, bootId: 'boot', at };
  const ids = { producerId: 'p1', participantId: 'a' };
  const there = applied(empty, event(5, { type: 'new-producer' }));
  const lower = applied(there, {
    type: 'producer-wanted-layers',
    ...envelope,
    ...ids,
    seq: 6,
    spatialLayer: 0,
  });
  const paused = applied(lower, { type: 'producer-paused', ...envelope, ...ids, seq: 7, by: 'server' });
  expect(paused.producers.get('p1')).toEqual({ ...camera, pausedByServer: true, wantedSpatialLayer: 0 });
});

test('tells what a snapshot changed', () => {
  const ids = ['gone', 'muted', 'unwatched', 'smaller', 'same'];
  const before = new Map(ids.map((producerId) => [producerId, { ...wanted, producerId }]));
  const after = new Map([
    ['muted', { ...wanted, producerId: 'muted', paused: true }],
    ['unwatched', { ...wanted, producerId: 'unwatched', pausedByServer: true }],
    ['smaller', { ...wanted, producerId: 'smaller', wantedSpatialLayer: 0 }],
    ['same', { ...wanted, producerId: 'same' }],
    ['new', { ...wanted, producerId: 'new' }],
  ]);
  const { gone, added, muted, watched, layers } = differences(before, after);
  expect(
    [gone, added, muted, watched, layers].map((list) => list.map(({ producerId }) => producerId)),
  ).toEqual([['gone'], ['new'], ['muted'], ['unwatched'], ['smaller']]);
});
