/** Seats, routers and pipes of a room, whatever its participants do; with routers that only keep books. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { extras } from 'mediasoup';
import type { Router } from 'mediasoup/types';
import type { MediaWorker } from '../workers/worker.ts';
import type { PipeHold } from './pipes.ts';
import { RoomRouters } from './room-routers.ts';

let nextId = 0;

class FakeEntity extends extras.EnhancedEventEmitter {
  readonly id = `e${(nextId += 1)}`;
  readonly observer = new extras.EnhancedEventEmitter();
  readonly kind = 'audio';
  readonly rtpParameters = {};
  readonly producerPaused = false;
  readonly paused = false;
  closed = false;

  close() {
    if (this.closed) return;
    this.closed = true;
    this.observer.emit('close');
  }
}

class FakePipeTransport extends FakeEntity {
  readonly tuple = { localAddress: '127.0.0.1', localPort: 1 };
  readonly children: FakeEntity[] = [];

  connect = () => Promise.resolve();
  consume = () => this.#add();
  produce = () => this.#add();

  #add() {
    const child = new FakeEntity();
    this.children.push(child);
    return Promise.resolve(child);
  }
}

class FakeRouter extends FakeEntity {
  readonly transports: FakePipeTransport[] = [];

  createPipeTransport() {
    const transport = new FakePipeTransport();
    this.transports.push(transport);
    return Promise.resolve(transport);
  }

  get open() {
    return this.transports.filter(({ closed }) => !closed);
  }
}

const workers = ['w0', 'w1', 'w2'].map((name) => ({ name }) as unknown as MediaWorker);
const [firstWorker] = workers as [MediaWorker, ...MediaWorker[]];

function setUp() {
  const routers: FakeRouter[] = [];
  const site = (worker: MediaWorker) => {
    const router = new FakeRouter();
    routers.push(router);
    return { worker, router: router as unknown as Router };
  };
  let next = firstWorker;
  let pipes = 0;
  const all = new RoomRouters({
    first: site(firstWorker),
    placement: {
      workerForNewcomer: () => next,
      openRouter: (worker) => Promise.resolve().then(() => site(worker)),
    },
    counts: { created: () => (pipes += 1), closed: () => (pipes -= 1) },
    onWorkerGone: () => undefined,
  });
  return {
    all,
    routers,
    pipes: () => pipes,
    seat: (participantId: string, worker: MediaWorker) => {
      next = worker;
      return all.seat(participantId);
    },
  };
}

/** All promises that are under way. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

const people = ['ann', 'ben', 'cem', 'dan'] as const;
const step = fc.record({
  what: fc.constantFrom('seat', 'unseat', 'bring', 'bring', 'bring', 'release'),
  who: fc.constantFrom(...people),
  whom: fc.constantFrom(...people),
  where: fc.constantFrom(...workers),
  /** Whether the next thing happens before this one is done. */
  hurried: fc.boolean(),
});

describe('the routers of a room', () => {
  it('are there while somebody sits in them, and pipes while somebody holds them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
        const { all, routers, pipes, seat } = setUp();
        const seats = new Map<string, MediaWorker>();
        /** Whose holds, with whom each is held. */
        const holds = new Map<string, { from: string; hold: Promise<PipeHold> }[]>();
        const release = async (who: string) => {
          const released = holds.get(who) ?? [];
          holds.delete(who);
          for (const { hold } of released) (await hold.catch(() => undefined))?.release();
        };
        for (const { what, who, whom, where, hurried } of steps) {
          if (what === 'seat' && !seats.has(who)) {
            seats.set(who, where);
            void seat(who, where);
          } else if (what === 'unseat' && seats.delete(who)) {
            // Its own consumers end with it, and those of what it sends.
            await release(who);
            for (const [other, held] of holds) {
              for (const { from, hold } of held)
                if (from === who) (await hold.catch(() => undefined))?.release();
              holds.set(
                other,
                held.filter(({ from }) => from !== who),
              );
            }
            all.unseat(who);
          } else if (what === 'bring' && who !== whom && seats.has(who) && seats.has(whom)) {
            await settle();
            const hold = all.bring({ kind: 'media', id: `of-${whom}` }, whom, who);
            hold.catch(() => undefined);
            holds.set(who, [...(holds.get(who) ?? []), { from: whom, hold }]);
          } else if (what === 'release') await release(who);
          if (hurried) continue;
          await settle();

          const used = new Set([firstWorker, ...seats.values()]);
          expect(all.shares.map(({ worker }) => worker).sort(byName)).toEqual([...used].sort(byName));
          expect(routers.filter(({ closed }) => !closed)).toHaveLength(used.size);
          expect(all.shares.reduce((sum, { participants }) => sum + participants, 0)).toBe(seats.size);
          const piped = [...holds].flatMap(([to, held]) =>
            held.map(({ from }) => ({ from, here: seats.get(from), there: seats.get(to) })),
          );
          const away = piped.filter(({ here, there }) => here !== there);
          expect(all.pipeCount).toBe(new Set(away.map(({ from, there }) => `${from} ${nameOf(there)}`)).size);
          expect(pipes()).toBe(all.pipeCount);
          const pairs = new Set(
            away.map(({ here, there }) => [nameOf(here), nameOf(there)].sort().join(' ')),
          );
          expect(routers.flatMap(({ open }) => open)).toHaveLength(2 * pairs.size);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('are closed when those they were made for left before they were there', async () => {
    const { all, routers, seat } = setUp();
    const seating = seat('ann', workers[1] ?? firstWorker);
    all.unseat('ann');
    await seating;
    await settle();
    expect(routers.map(({ closed }) => closed)).toEqual([false, true]);
    expect(all.shares).toHaveLength(1);
  });

  it('are closed when the room was before they were there', async () => {
    const { all, routers, seat } = setUp();
    const seating = seat('ann', workers[1] ?? firstWorker);
    all.close();
    await expect(seating).rejects.toMatchObject({ code: 'no-capacity' });
    expect(routers.every(({ closed }) => closed)).toBe(true);
  });
});

function nameOf(worker: MediaWorker | undefined): string {
  return (worker as unknown as { name: string } | undefined)?.name ?? '';
}

function byName(a: MediaWorker, b: MediaWorker): number {
  return nameOf(a) < nameOf(b) ? -1 : 1;
}
