/**
 * Finds a worker for rooms and for newcomers, and makes the router there. What to choose is decided by workers/pick and
 * rooms/spread; here is what they are told: the workers that are up and how much of every room is where.
 */
import { CodedError } from '@crossfade/shared/errors';
import type { Clock } from '../clock.ts';
import { ask } from '../workers/ask.ts';
import { pick, type Candidate } from '../workers/pick.ts';
import type { WorkerPool } from '../workers/pool.ts';
import type { MediaWorker } from '../workers/worker.ts';
import { codecsOf, type RoomProfile } from './codecs.ts';
import type { Share, Site } from './room-routers.ts';
import { spread } from './spread.ts';

/** Milliseconds a room whose worker died may wait for another one. */
const RECOVERY_LIMIT_MS = 5_000;
/** Milliseconds one worker gets to take such a room, before another is asked: it may hang, too. */
const RECOVERY_ATTEMPT_MS = 1_500;

/**
 * Milliseconds such a room waits for the replacement rather than share a worker with another such room: with two
 * workers there is only one left when one dies, and rooms that always go together are never told apart.
 */
const SPLIT_LIMIT_MS = 500;

/** How much of a room is in one worker, and whether the room was on a worker when it died. */
export interface PlacedShare extends Share {
  readonly suspect: boolean;
}

export interface PlacementOptions {
  pool: WorkerPool;
  /** All there is at the moment. */
  shares: () => Iterable<PlacedShare>;
  /** Of one worker, in consumers; see workers/pick. */
  workerCapacity: number;
  clock: Clock;
}

type PlaceCandidate = Candidate & { worker: MediaWorker };

/** What kind of router a room needs. */
export interface RouterRequest {
  profile: RoomProfile;
  /** Whether the room was on a worker when it died. */
  suspect: boolean;
}

export class Placement {
  readonly #options: PlacementOptions;
  /** Routers that are being made: they count as rooms, or many at once would all go to the same worker. */
  readonly #coming = new Set<RouterRequest & { worker: MediaWorker }>();
  readonly #waiting = new Set<() => void>();

  constructor(options: PlacementOptions) {
    this.#options = options;
    options.pool.on('restarted', () => {
      for (const wake of [...this.#waiting]) wake();
    });
  }

  /** The first router of a new room. @throws CodedError `no-capacity`, `timeout` */
  async create(request: RouterRequest): Promise<Site> {
    const choice = pick(this.#candidates(), request);
    if (!choice) throw new CodedError('no-capacity');
    return this.#openFirst(choice.worker, request);
  }

  /**
   * The first router of a room whose worker died: if there is no worker, or none that answers, it waits a while for one.
   * @throws CodedError `no-capacity`
   */
  async recover(request: RouterRequest): Promise<Site> {
    const { clock, pool } = this.#options;
    const start = clock.now();
    const failed = new Set<MediaWorker>();
    for (;;) {
      const left = start + RECOVERY_LIMIT_MS - clock.now();
      const splitLeft = start + SPLIT_LIMIT_MS - clock.now();
      if (left <= 0) throw new CodedError('no-capacity');
      const choice = pick(
        this.#candidates().filter(({ worker }) => !failed.has(worker)),
        request,
      );
      const replaced = this.#up.length === pool.size;
      if (!choice) await this.#nextWorker(left);
      else if (choice.suspects > 0 && !replaced && splitLeft > 0) await this.#nextWorker(splitLeft);
      else {
        try {
          return await this.#openFirst(choice.worker, request, Math.min(left, RECOVERY_ATTEMPT_MS));
        } catch (error) {
          if (!(error instanceof CodedError)) throw error;
          failed.add(choice.worker);
        }
      }
    }
  }

  /** The worker a newcomer of a room goes to. @throws CodedError `no-capacity` if none is up */
  workerForNewcomer(own: readonly Share[]): MediaWorker {
    const places = new Map(own.map(({ worker }, index) => [worker, index]));
    const choice = spread(
      this.#candidates().map((one) => ({ ...one, place: places.get(one.worker) })),
      this.#options.workerCapacity,
    );
    if (!choice) throw new CodedError('no-capacity');
    return choice.worker;
  }

  /** A router in this worker. @throws CodedError `no-capacity`, `timeout` */
  async openRouter(worker: MediaWorker, profile: RoomProfile, limitMs?: number): Promise<Site> {
    const router = await ask(
      worker.createRouter(codecsOf(profile)),
      (late) => {
        late.close();
      },
      limitMs,
    );
    // The worker died before anyone listened to its router.
    if (router.closed) throw new CodedError('no-capacity');
    return { worker, router };
  }

  async #openFirst(worker: MediaWorker, request: RouterRequest, limitMs?: number): Promise<Site> {
    const coming = { ...request, worker };
    this.#coming.add(coming);
    try {
      return await this.openRouter(worker, request.profile, limitMs);
    } finally {
      this.#coming.delete(coming);
    }
  }

  /** The pool learns of a death after the routers do. */
  get #up(): MediaWorker[] {
    return this.#options.pool.workers.filter(({ dead }) => !dead);
  }

  #candidates(): PlaceCandidate[] {
    const candidates = new Map<MediaWorker, PlaceCandidate>();
    for (const worker of this.#up) {
      const { cpu } = worker;
      candidates.set(worker, { worker, cpu, rooms: 0, participants: 0, consumers: 0, suspects: 0 });
    }
    const count = ({ worker, participants, consumers, suspect }: PlacedShare) => {
      const candidate = candidates.get(worker);
      if (!candidate) return;
      candidate.rooms += 1;
      candidate.participants += participants;
      candidate.consumers += consumers;
      if (suspect) candidate.suspects += 1;
    };
    for (const share of this.#options.shares()) count(share);
    for (const { worker, suspect } of this.#coming) count({ worker, participants: 0, consumers: 0, suspect });
    return [...candidates.values()];
  }

  /** Resolves when a worker was replaced, or after the limit. */
  #nextWorker(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.#waiting.delete(wake);
        resolve();
      };
      const cancel = this.#options.clock.after(limitMs, wake);
      this.#waiting.add(wake);
    });
  }
}
