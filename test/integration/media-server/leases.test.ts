/** Rooms that nobody renews, and rooms that nobody is in: they end by themselves and leave nothing behind. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CreateRoomAnswer } from '@crossfade/shared/media-api';
import { ManualClock } from '../../../media-server/src/manual-clock.ts';
import { openEntities } from './entities.ts';
import { startHarness, type Harness } from './harness.ts';
import { expectProblem } from './problems.ts';

const LEASE_S = 60;
const GRACE_MS = 10_000;
const EMPTY_MS = 300_000;

let harness: Harness;
const clock = new ManualClock();
beforeAll(async () => {
  harness = await startHarness({}, { clock });
});
afterAll(() => harness.close());

describe('a lease', () => {
  it('ends the room with everything in it when it was not renewed', async () => {
    const before = await openEntities(harness);
    const { rtpCapabilities }: CreateRoomAnswer = await harness.createRoom('leased', { lease: LEASE_S });
    const send = await harness.createTransport('leased', 'ann', 'send');
    const recv = await harness.createTransport('leased', 'ben', 'recv');
    const producerId = await harness.produce('leased', send.id);
    await harness.post('/rooms/leased/consume', { transportId: recv.id, producerId, rtpCapabilities });
    const reader = await harness.feed();
    await reader.join({ roomId: 'leased' });

    clock.advance(LEASE_S * 1_000 + GRACE_MS - 1);
    const renewed = await harness.post('/rooms/leased/create', { lease: LEASE_S });
    expect(renewed.status).toBe(200);
    clock.advance(LEASE_S * 1_000 + GRACE_MS - 1);
    expect((await harness.snapshot('leased')).participants).toHaveLength(2);
    clock.advance(1);
    expect(await reader.event('room-closed')).toMatchObject({ roomId: 'leased', reason: 'lease-expired' });
    expectProblem(await harness.get('/rooms/leased'), 'room-not-found');
    expect(await openEntities(harness)).toEqual(before);
  });

  it('is not renewed by a caller of an older epoch', async () => {
    await harness.createRoom('stale', { lease: LEASE_S, epoch: 5 });
    const reader = await harness.feed();
    await reader.join({ roomId: 'stale' });
    clock.advance(LEASE_S * 1_000);
    expectProblem(await harness.post('/rooms/stale/create', { epoch: 4, lease: LEASE_S }), 'stale-epoch');
    const header = { 'x-room-epoch': '4' };
    expectProblem(await harness.post('/rooms/stale/create', { lease: LEASE_S }, header), 'stale-epoch');
    clock.advance(GRACE_MS);
    expect(await reader.event('room-closed')).toMatchObject({ reason: 'lease-expired' });
  });

  it.each([4, 86_401, 1.5])('of %d s is refused', async (lease) => {
    expectProblem(await harness.post('/rooms/refused/create', { lease }), 'validation-failed');
  });
});

describe('a room without participants', () => {
  it('is closed after a while, counted from when the last one left', async () => {
    await harness.createRoom('emptied');
    const reader = await harness.feed();
    await reader.join({ roomId: 'emptied' });
    clock.advance(EMPTY_MS - 1);
    await harness.createTransport('emptied', 'ann', 'send');
    clock.advance(10 * EMPTY_MS);
    await harness.post('/rooms/emptied/participants/ann/leave');
    clock.advance(EMPTY_MS - 1);
    await harness.snapshot('emptied');
    clock.advance(1);
    expect(await reader.event('room-closed')).toMatchObject({ reason: 'empty' });
  });

  it('is closed when nobody ever came', async () => {
    await harness.createRoom('unused');
    clock.advance(EMPTY_MS);
    expectProblem(await harness.get('/rooms/unused'), 'room-not-found');
  });
});
