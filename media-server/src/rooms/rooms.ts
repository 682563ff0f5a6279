/** All rooms of this server: finds them, creates each once, and passes on their events. Closed by the app. */
import type { Log } from '@crossfade/service/log';
import { CodedError } from '@crossfade/shared/errors';
import type { FeedEvent } from '@crossfade/shared/media-events';
import { Emitter } from '../emitter.ts';
import type { EntityCounts } from '../metrics/entity-counts.ts';
import { pick } from '../workers/pick.ts';
import type { WorkerPool } from '../workers/pool.ts';
import type { MediaWorker } from '../workers/worker.ts';
import { codecsOf, type RoomProfile } from './codecs.ts';
import { Room, type RoomClosedReason } from './room.ts';

/** How many participants a room takes if its creator does not say. */
const DEFAULT_MAX_PARTICIPANTS = 500;
/** Of how many closed rooms the last event number is remembered, so that a namesake goes on from it. */
const REMEMBERED_ROOMS = 10_000;

export interface RoomsOptions {
  pool: WorkerPool;
  bootId: string;
  counts: EntityCounts;
  log: Log;
  /** Asked before a new room is made. @throws CodedError if this server takes none */
  admit: () => void;
}

export interface RoomRequest {
  id: string;
  epoch: number;
  profile: RoomProfile;
  maxParticipants?: number | undefined;
}

export class Rooms extends Emitter<{ event: [event: FeedEvent]; closed: [roomId: string] }> {
  readonly #options: RoomsOptions;
  readonly #rooms = new Map<string, Room>();
  readonly #creating = new Map<string, Promise<Room>>();
  /** Last event number by room id, oldest first. */
  readonly #lastSeqs = new Map<string, number>();
  #closed = false;

  constructor(options: RoomsOptions) {
    super(options.log);
    this.#options = options;
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

  roomsOf(worker: MediaWorker): Room[] {
    return [...this.all].filter((room) => room.worker === worker);
  }

  /**
   * The room of this id, made if there is none. Simultaneous requests get the same room. A room that is there already
   * keeps its profile and size, and takes over a higher epoch.
   * @throws CodedError `stale-epoch`, `no-capacity`, `timeout`, `draining`, `shutting-down`
   */
  async getOrCreate(request: RoomRequest): Promise<{ room: Room; created: boolean }> {
    const known = this.#rooms.get(request.id) ?? this.#creating.get(request.id);
    if (known) {
      const room = await known;
      // It was told to go: coming back to it would be no move. Unless the drain was called off.
      if (room.toldToMove) this.#mustTakeRooms();
      room.raiseEpoch(request.epoch);
      return { room, created: false };
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
    const { bootId, counts, log } = this.#options;
    this.#mustTakeRooms();
    const worker = this.#pickWorker();
    const router = await worker.createRouter(codecsOf(request.profile));
    try {
      this.#mustTakeRooms();
    } catch (error) {
      router.close();
      throw error;
    }
    // The worker died before anyone listened to its router.
    if (router.closed) throw new CodedError('no-capacity');
    const room = new Room(router, {
      id: request.id,
      epoch: request.epoch,
      profile: request.profile,
      maxParticipants: request.maxParticipants ?? DEFAULT_MAX_PARTICIPANTS,
      bootId,
      afterSeq: this.#lastSeqs.get(request.id) ?? 0,
      worker,
      counts,
      log,
    });
    this.#rooms.set(room.id, room);
    room
      .on('event', (event) => {
        this.emit('event', event);
      })
      .on('closed', () => {
        this.#rooms.delete(room.id);
        this.#remember(room);
        this.emit('closed', room.id);
      });
    return room;
  }

  #pickWorker(): MediaWorker {
    const choice = pick(
      this.#options.pool.workers.map((worker) => ({
        worker,
        consumersPerRoom: this.roomsOf(worker).map(({ size }) => size.consumers),
      })),
    );
    if (!choice) throw new CodedError('no-capacity');
    return choice.worker;
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
