/**
 * All rooms of this server: finds them, creates each once, moves those whose worker died, ends those that nobody needs
 * any more, and passes on their events. Closed by the app.
 */
import type { Log } from '@crossfade/service/log';
import { CodedError } from '@crossfade/shared/errors';
import type { FeedEvent } from '@crossfade/shared/media-events';
import { systemClock, type Clock } from '../clock.ts';
import { Emitter } from '../emitter.ts';
import type { EntityCounts } from '../metrics/entity-counts.ts';
import { ask } from '../workers/ask.ts';
import type { WorkerPool } from '../workers/pool.ts';
import type { MediaWorker } from '../workers/worker.ts';
import type { RoomProfile } from './codecs.ts';
import { Lifetime, type LifetimeLimits } from './lifetime.ts';
import { Placement, type PlacedShare, type RouterRequest } from './placement.ts';
import type { MediaSettings } from './room-options.ts';
import { Room, type RoomClosedReason } from './room.ts';
import { Suspects } from './suspects.ts';

/** Of how many closed rooms the last event number is remembered, so that a namesake goes on from it. */
const REMEMBERED_ROOMS = 10_000;

export interface RoomsOptions {
  pool: WorkerPool;
  bootId: string;
  counts: EntityCounts;
  /** When rooms that nobody renews or uses end. */
  limits: LifetimeLimits;
  /** Of one worker, in consumers; see workers/pick. */
  workerCapacity: number;
  media: MediaSettings;
  log: Log;
  clock?: Clock;
  /** Asked before a new room is made. @throws CodedError if this server takes none */
  admit: () => void;
}

export interface RoomRequest {
  id: string;
  /** Undefined: whatever epoch the room has; a new one begins with 0. */
  epoch?: number | undefined;
  /** The epoch the caller acts under, if it says so: it is not raised to that. */
  callerEpoch?: number | undefined;
  profile: RoomProfile;
  /** How many participants it takes. */
  maxParticipants: number;
  /** How many of the loudest are forwarded; undefined: everyone. */
  maxAudibleSpeakers?: number | undefined;
  /** Seconds until it has to be created again. */
  lease?: number | undefined;
}

export class Rooms extends Emitter<{ event: [event: FeedEvent]; closed: [roomId: string] }> {
  readonly #options: RoomsOptions;
  readonly #rooms = new Map<string, Room>();
  readonly #lifetimes = new Map<string, Lifetime>();
  readonly #creating = new Map<string, Promise<Room>>();
  /** Rooms that wait for another worker. */
  readonly #moving = new Map<string, Promise<void>>();
  readonly #placement: Placement;
  readonly #suspects = new Suspects();
  readonly #clock: Clock;
  /** Last event number by room id, oldest first. */
  readonly #lastSeqs = new Map<string, number>();
  #closed = false;

  constructor(options: RoomsOptions) {
    super(options.log);
    this.#options = options;
    const { pool, workerCapacity } = options;
    this.#clock = options.clock ?? systemClock;
    this.#placement = new Placement({
      pool,
      workerCapacity,
      clock: this.#clock,
      shares: () => this.#shares(),
    });
  }

  get all(): Iterable<Room> {
    return this.#rooms.values();
  }

  get count(): number {
    return this.#rooms.size;
  }

  get(id: string): Room | undefined {
    return this.#rooms.get(id);
  }

  /** @throws CodedError `room-not-found` */
  find(id: string): Room {
    const room = this.get(id);
    if (!room) throw new CodedError('room-not-found');
    return room;
  }

  /**
   * The room of this id, made if there is none. Simultaneous requests get the same room. A room that is there already
   * keeps its profile and size, takes over a higher epoch, and its lease is renewed; one that is being moved is waited for.
   * @throws CodedError `stale-epoch`, `room-quarantined`, `no-capacity`, `timeout`, `draining`,
   *   `shutting-down`
   */
  async getOrCreate(request: RoomRequest): Promise<{ room: Room; created: boolean }> {
    const { id, epoch, callerEpoch, lease } = request;
    const moving = this.#moving.get(id);
    if (moving) await ask(moving);
    const known = this.#rooms.get(id) ?? this.#creating.get(id);
    if (known) {
      const room = await known;
      // It was told to go: coming back to it would be no move. Unless the drain was called off.
      if (room.toldToMove) this.#mustTakeRooms();
      room.checkEpoch(callerEpoch);
      if (epoch !== undefined) room.raiseEpoch(epoch);
      this.#lifetimes.get(id)?.renew(lease);
      return { room, created: false };
    }
    const quarantineMs = this.#suspects.quarantineLeftMs(id, this.#clock.now());
    if (quarantineMs > 0) {
      throw new CodedError('room-quarantined', undefined, { retryAfterS: quarantineMs / 1_000 });
    }
    const creating = this.#create(request);
    this.#creating.set(request.id, creating);
    try {
      return { room: await creating, created: true };
    } finally {
      this.#creating.delete(request.id);
    }
  }

  /** Closes every room, and refuses new ones. */
  close(reason: Exclude<RoomClosedReason, 'worker-died'>): void {
    this.#closed = true;
    for (const room of [...this.all]) room.close(reason);
  }

  async #create(request: RoomRequest): Promise<Room> {
    const { id, profile, epoch, maxParticipants, lease } = request;
    const { bootId, counts, media, log, limits } = this.#options;
    this.#mustTakeRooms();
    const { worker, router } = await this.#placement.create(this.#routerFor(id, profile));
    try {
      this.#mustTakeRooms();
    } catch (error) {
      router.close();
      throw error;
    }
    const room = new Room(router, {
      id,
      epoch: epoch ?? 0,
      profile,
      maxParticipants,
      maxAudibleSpeakers: request.maxAudibleSpeakers,
      media,
      bootId,
      afterSeq: this.#lastSeqs.get(id) ?? 0,
      worker,
      placement: {
        workerForNewcomer: (own) => this.#placement.workerForNewcomer(own),
        openRouter: (other) => this.#placement.openRouter(other, profile),
      },
      counts,
      log,
    });
    const lifetime = new Lifetime(lease, {
      ...limits,
      clock: this.#clock,
      onExpired: (reason) => {
        room.close(reason);
      },
    });
    this.#rooms.set(id, room);
    this.#lifetimes.set(id, lifetime);
    room
      .on('event', (event) => {
        this.emit('event', event);
      })
      .on('occupied', () => {
        lifetime.occupied();
      })
      .on('emptied', () => {
        lifetime.emptied();
      })
      .on('worker-died', (dead) => {
        this.#workerDied(dead);
      })
      .on('closed', () => {
        lifetime.stop();
        this.#rooms.delete(id);
        this.#lifetimes.delete(id);
        this.#remember(room);
        this.emit('closed', id);
      });
    return room;
  }

  /** The first of a worker's rooms tells; then all of them are moved, or closed if one of them is to blame. */
  #workerDied(worker: MediaWorker): void {
    const affected = [...this.all].filter((room) => room.isIn(worker));
    const quarantined = this.#suspects.workerDied(
      affected.map(({ id }) => id),
      this.#clock.now(),
    );
    for (const room of affected) {
      if (quarantined.includes(room.id)) {
        this.#options.log.error('a room was quarantined', { roomId: room.id });
        room.close('quarantined');
      } else {
        room.leaveWorkers();
        const moved = this.#move(room).finally(() => this.#moving.delete(room.id));
        this.#moving.set(room.id, moved);
      }
    }
  }

  async #move(room: Room): Promise<void> {
    const { log } = this.#options;
    try {
      const site = await this.#placement.recover(this.#routerFor(room.id, room.profile));
      if (!room.arriveAt(site, 'worker-died')) return;
      log.warn('a room was moved to another worker', { roomId: room.id, worker: site.worker.index });
    } catch (error) {
      if (this.#rooms.get(room.id) !== room) return;
      log.error('a room could not be moved to another worker', { roomId: room.id, error });
      room.close('worker-died');
    }
  }

  #routerFor(id: string, profile: RoomProfile): RouterRequest {
    return { profile, suspect: this.#suspects.isSuspect(id, this.#clock.now()) };
  }

  *#shares(): Iterable<PlacedShare> {
    const now = this.#clock.now();
    for (const room of this.all) {
      const suspect = this.#suspects.isSuspect(room.id, now);
      for (const share of room.shares) yield { ...share, suspect };
    }
  }

  /** Events are numbered by room id, so a reader never sees the same number twice. */
  #remember(room: Room): void {
    this.#lastSeqs.delete(room.id);
    this.#lastSeqs.set(room.id, room.seq);
    const oldest = this.#lastSeqs.keys().next();
    if (this.#lastSeqs.size > REMEMBERED_ROOMS && !oldest.done) this.#lastSeqs.delete(oldest.value);
  }

  #mustTakeRooms(): void {
    if (this.#closed) throw new CodedError('shutting-down');
    this.#options.admit();
  }
}
