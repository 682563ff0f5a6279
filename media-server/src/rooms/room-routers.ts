/**
 * The routers of one room: the first where it was created, and one more in every worker it had to spread to. Each of its
 * participants has a seat in one of them, where all of its transports are; a router without seats is closed, except for
 * the first. The room owns them and sees no workers but through here.
 */
import { CodedError } from '@crossfade/shared/errors';
import type { Router } from 'mediasoup/types';
import type { EntityCounts } from '../metrics/entity-counts.ts';
import type { MediaWorker } from '../workers/worker.ts';
import type { PipeSource } from './link.ts';
import { Pipes, type PipeHold } from './pipes.ts';

/** A router and the worker it is in. */
export interface Site {
  readonly worker: MediaWorker;
  readonly router: Router;
}

/** How much of a room is in one worker. */
export interface Share {
  readonly worker: MediaWorker;
  readonly participants: number;
  readonly consumers: number;
}

/** Finds room for newcomers. */
export interface NewcomerPlacement {
  /** The worker a newcomer goes to. @param own what the room has where, in the order it came there */
  workerForNewcomer(own: readonly Share[]): MediaWorker;
  /** One more router of the room. @throws CodedError `no-capacity`, `timeout` */
  openRouter(worker: MediaWorker): Promise<Site>;
}

export interface RoomRoutersOptions {
  first: Site;
  placement: NewcomerPlacement;
  counts: EntityCounts;
  /** A router was lost with its worker; called for each of them. */
  onWorkerGone: (worker: MediaWorker) => void;
}

interface Seat {
  readonly tally: Tally;
  readonly site: Promise<Site>;
}

type Tally = { -readonly [Field in keyof Share]: Share[Field] };

export class RoomRouters {
  readonly #options: RoomRoutersOptions;
  readonly #pipes: Pipes;
  /** In the order the room came there. */
  readonly #sites = new Map<MediaWorker, Site>();
  readonly #opening = new Map<MediaWorker, Promise<Site>>();
  readonly #seats = new Map<string, Seat>();
  /** One for each worker where a router is or is being opened. */
  readonly #tallies = new Map<MediaWorker, Tally>();
  #closed = false;

  constructor(options: RoomRoutersOptions) {
    this.#options = options;
    this.#pipes = new Pipes(options.counts);
    this.#add(options.first);
  }

  /** Producers that are brought to another worker at the moment. */
  get pipeCount(): number {
    return this.#pipes.size;
  }

  /** How much of the room is where. */
  get shares(): Share[] {
    return [...this.#tallies.values()];
  }

  isIn(worker: MediaWorker): boolean {
    return this.#sites.has(worker);
  }

  /**
   * Where this participant's transports are made; a newcomer gets a seat.
   * @throws CodedError `no-capacity`, `timeout`
   */
  async seat(participantId: string): Promise<Site> {
    const known = this.#seats.get(participantId);
    if (known) return known.site;
    const worker = this.#options.placement.workerForNewcomer(this.shares);
    const site = this.#siteIn(worker);
    const tally = this.#tallyOf(worker);
    tally.participants += 1;
    this.#seats.set(participantId, { tally, site });
    return site;
  }

  /** The participant has nothing here any more. */
  unseat(participantId: string): void {
    const seat = this.#seats.get(participantId);
    if (!seat) return;
    this.#seats.delete(participantId);
    seat.tally.participants -= 1;
    this.#closeIfEmpty(seat.tally.worker);
  }

  /** Where this participant's transports are. @throws CodedError `participant-not-found` if it has none */
  siteOf(participantId: string): Site {
    const seat = this.#seats.get(participantId);
    const site = seat && this.#sites.get(seat.tally.worker);
    if (!site) throw new CodedError('participant-not-found');
    return site;
  }

  /** Counts a consumer of this participant until the function it returns is called. */
  countConsumer(participantId: string): () => void {
    const tally = this.#seats.get(participantId)?.tally;
    if (!tally) return () => undefined;
    tally.consumers += 1;
    return () => {
      tally.consumers -= 1;
    };
  }

  /**
   * Makes sure that something of one participant is where another one is.
   * @returns what to consume there, to be released with the consumer
   * @throws CodedError `participant-not-found`; else what mediasoup throws
   */
  async bring(source: PipeSource, from: string, to: string): Promise<PipeHold> {
    const here = this.siteOf(from);
    const there = this.siteOf(to);
    if (here === there) return { id: source.id, release: () => undefined };
    return this.#pipes.bring(source, here.router, there.router);
  }

  /** Closes all routers; nothing is brought or seated any more. */
  close(): void {
    this.#closed = true;
    for (const { router } of this.#sites.values()) router.close();
    this.#sites.clear();
    this.#seats.clear();
    this.#tallies.clear();
  }

  #siteIn(worker: MediaWorker): Promise<Site> {
    const site = this.#sites.get(worker);
    if (site) return Promise.resolve(site);
    const known = this.#opening.get(worker);
    if (known) return known;
    const opening = this.#open(worker);
    this.#opening.set(worker, opening);
    const done = () => {
      this.#opening.delete(worker);
      // Those it was made for may have left meanwhile.
      this.#closeIfEmpty(worker);
    };
    opening.then(done, done);
    return opening;
  }

  async #open(worker: MediaWorker): Promise<Site> {
    const site = await this.#options.placement.openRouter(worker);
    if (this.#closed) {
      site.router.close();
      throw new CodedError('no-capacity', 'The room is no longer there.');
    }
    this.#add(site);
    return site;
  }

  #add(site: Site): void {
    const { worker, router } = site;
    this.#sites.set(worker, site);
    this.#tallyOf(worker);
    router.on('workerclose', () => {
      if (!this.#closed) this.#options.onWorkerGone(worker);
    });
  }

  #tallyOf(worker: MediaWorker): Tally {
    let tally = this.#tallies.get(worker);
    if (!tally) {
      tally = { worker, participants: 0, consumers: 0 };
      this.#tallies.set(worker, tally);
    }
    return tally;
  }

  #closeIfEmpty(worker: MediaWorker): void {
    const site = this.#sites.get(worker);
    const used =
      site === this.#options.first || this.#opening.has(worker) || this.#tallyOf(worker).participants > 0;
    if (used) return;
    this.#sites.delete(worker);
    this.#tallies.delete(worker);
    site?.router.close();
  }
}
