import { describe, expect, it } from '@jest/globals';
import { participantsOf, type Owned, type QuotaLimits } from './limits.ts';
import { Quotas } from './quotas.ts';

const none: Owned = { transports: 0, producers: 0, consumers: 0, dataProducers: 0, dataConsumers: 0 };
const limits: QuotaLimits = {
  perParticipant: { transports: 2, producers: 2, consumers: 2, dataProducers: 2, dataConsumers: 2 },
  participantsPerRoom: 10,
  rooms: 3,
  roomsPerSecond: 5,
};
const holding = (owned: Partial<Owned> = {}) => ({ owned: () => ({ ...none, ...owned }) });

describe('quotas of a participant', () => {
  it('count what is there', async () => {
    const quotas = new Quotas(limits);
    const owner = { room: holding({ transports: 2 }), participantId: 'ann' };
    await expect(quotas.within('transports', owner, () => Promise.resolve(1))).rejects.toMatchObject({
      code: 'quota-exceeded',
      message: 'A participant may have 2 transports in a room.',
    });
    expect(await quotas.within('producers', owner, () => Promise.resolve(1))).toBe(1);
  });

  it('count what is being made, by room and participant, until it is there or has failed', async () => {
    const quotas = new Quotas(limits);
    const room = holding();
    const make = Promise.withResolvers<number>();
    const ask = (participantId = 'ann', where = room) =>
      quotas.within('consumers', { room: where, participantId }, () => make.promise);
    const first = [ask(), ask()];
    await expect(ask()).rejects.toMatchObject({ code: 'quota-exceeded' });
    const others = [ask('ben'), ask('ann', holding())];
    make.reject(new Error('no'));
    for (const pending of [...first, ...others]) await expect(pending).rejects.toThrow('no');
    const again = { room, participantId: 'ann' };
    expect(await quotas.within('consumers', again, () => Promise.resolve(1))).toBe(1);
  });
});

describe('quotas of rooms', () => {
  const make = () => Promise.resolve(1);

  it('count those that are there and those being made', async () => {
    const quotas = new Quotas(limits);
    await expect(quotas.withinRooms('g', 3, make)).rejects.toMatchObject({ code: 'quota-exceeded' });
    const slow = Promise.withResolvers<number>();
    const pending = quotas.withinRooms('g', 2, () => slow.promise);
    await expect(quotas.withinRooms('g', 2, make)).rejects.toMatchObject({ code: 'quota-exceeded' });
    slow.resolve(1);
    await pending;
    expect(await quotas.withinRooms('g', 2, make)).toBe(1);
  });

  it('allow so many new ones a second to each service', async () => {
    const quotas = new Quotas(limits);
    for (let count = 0; count < 5; count += 1) await quotas.withinRooms('g', 0, make);
    await expect(quotas.withinRooms('g', 0, make)).rejects.toMatchObject({ code: 'rate-limited' });
    expect(await quotas.withinRooms('h', 0, make)).toBe(1);
  });
});

it('gives a room no more participants than the server allows', () => {
  expect([undefined, 4, 40].map((asked) => participantsOf(asked, limits))).toEqual([10, 4, 10]);
});
