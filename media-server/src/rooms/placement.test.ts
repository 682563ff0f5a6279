/** What a room does that lost its worker, when other workers hang or are not there; with workers that only keep books. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CodedError } from '@crossfade/shared/errors';
import { silentLog } from '@crossfade/service/log';
import type { Router } from 'mediasoup/types';
import { systemClock } from '../clock.ts';
import { Emitter } from '../emitter.ts';
import type { WorkerPool } from '../workers/pool.ts';
import type { MediaWorker } from '../workers/worker.ts';
import { Placement, type PlacedShare } from './placement.ts';

type FakeWorker = Pick<MediaWorker, 'index' | 'dead' | 'cpu' | 'createRouter'>;

const never = new Promise<Router>(() => undefined);

function worker(index: number, router: () => Promise<Router> = answering): MediaWorker {
  const fake: FakeWorker = { index, dead: false, cpu: 0, createRouter: router };
  return fake as MediaWorker;
}

function answering(): Promise<Router> {
  return Promise.resolve({ closed: false } as Router);
}

class FakePool extends Emitter<{ restarted: [] }> {
  workers: MediaWorker[];
  readonly size: number;

  constructor(workers: MediaWorker[], size: number) {
    super(silentLog);
    this.workers = workers;
    this.size = size;
  }

  restart(replacement: MediaWorker) {
    this.workers.push(replacement);
    this.emit('restarted');
  }
}

function setUp(...workers: MediaWorker[]) {
  return setUpOf(workers.length, ...workers);
}

/** @param size how many workers there should be */
function setUpOf(size: number, ...workers: MediaWorker[]) {
  const pool = new FakePool(workers, size);
  const shares: PlacedShare[] = [];
  const placement = new Placement({
    pool: pool as unknown as WorkerPool,
    shares: () => shares,
    workerCapacity: 10,
    clock: systemClock,
  });
  return { pool, shares, placement };
}

const conference = { profile: 'conference', suspect: true } as const;

describe('placement', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(async () => {
    // The look at requests under way ends by itself when there are none; cut off, it would not begin anew.
    await jest.runOnlyPendingTimersAsync();
    jest.useRealTimers();
  });

  it('spreads rooms that are created at the same moment', async () => {
    const { placement } = setUp(worker(0), worker(1), worker(2));
    const sites = await Promise.all(
      Array.from({ length: 6 }, () => placement.create({ ...conference, suspect: false })),
    );
    expect(sites.map((site) => site.worker.index).sort()).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it('keeps rooms apart that were on a worker when it died', async () => {
    const [calm, busy] = [worker(0), worker(1)];
    const { placement, shares } = setUp(calm, busy);
    shares.push({ worker: busy, participants: 50, consumers: 300, suspect: false });
    const sites = await Promise.all([placement.recover(conference), placement.recover(conference)]);
    expect(sites.map((site) => site.worker.index)).toEqual([0, 1]);
  });

  it('lets them wait for the replacement rather than share a worker, but not for long', async () => {
    const { placement, pool, shares } = setUpOf(3, worker(0));
    const { worker: taken } = await placement.recover(conference);
    shares.push({ worker: taken, participants: 0, consumers: 0, suspect: true });

    const second = placement.recover(conference);
    await jest.advanceTimersByTimeAsync(400);
    pool.restart(worker(1));
    const { worker: replacement } = await second;
    expect(replacement.index).toBe(1);
    shares.push({ worker: replacement, participants: 0, consumers: 0, suspect: true });

    const third = placement.recover(conference);
    await jest.advanceTimersByTimeAsync(500);
    expect((await third).worker.index).toBe(0);
  });

  it('asks another worker when one hangs', async () => {
    const { placement } = setUp(
      worker(0, () => never),
      worker(1),
    );
    const recovering = placement.recover(conference);
    await jest.advanceTimersByTimeAsync(1_600);
    expect((await recovering).worker.index).toBe(1);
  });

  it('waits for a replacement where there is no worker', async () => {
    const { placement, pool } = setUp();
    const recovering = placement.recover(conference);
    await jest.advanceTimersByTimeAsync(4_900);
    pool.restart(worker(0));
    expect((await recovering).worker.index).toBe(0);
    // Once more requests under way are looked at; then there are none.
    await jest.advanceTimersByTimeAsync(100);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('gives up after 5 s', async () => {
    const { placement } = setUp(worker(0, () => Promise.reject(new CodedError('no-capacity'))));
    const recovering = expect(placement.recover(conference)).rejects.toMatchObject({ code: 'no-capacity' });
    await jest.advanceTimersByTimeAsync(5_000);
    await recovering;
    expect(jest.getTimerCount()).toBe(0);
  });

  it('sends a newcomer to another worker when the one of its room is full', () => {
    const [full, other] = [worker(0), worker(1)];
    const { placement, shares } = setUp(full, other);
    const own = { worker: full, participants: 1, consumers: 5 };
    shares.push({ ...own, suspect: false });
    expect(placement.workerForNewcomer([own])).toBe(full);
    shares.push({ worker: full, participants: 0, consumers: 1, suspect: false });
    expect(placement.workerForNewcomer([own])).toBe(other);
  });
});
