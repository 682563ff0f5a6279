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
  readonly worker: MediaWorker;
  readonly site: Promise<Site>;
}

export class RoomRouters {
  readonly #options: RoomRoutersOptions;
  readonly #pipes: Pipes;
  /** In the order the room came there. */
  readonly #sites = new Map<MediaWorker, Site>();
  readonly #opening = new Map<MediaWorker, Promise<Site>>();
  readonly #seats = new Map<string, Seat>();
  readonly #consumers = new Map<MediaWorker, number>();
  #closed = false;

  constructor(options: RoomRoutersOptions) {
    this.#options = options;
    this.#pipes = new Pipes(options.counts);
    this.#add(options.first);
  }

  /** Where the room was created. */
  get first(): Site {
    return this.#options.first;
  }

  /** Producers that are brought to another worker at the moment. */
  get pipeCount(): number {
    return this.#pipes.size;
  }

  /** How much of the room is where. */
  get shares(): Share[] {
    const participants = new Map<MediaWorker, number>();
    for (const { worker } of this.#seats.values()) {
      participants.set(worker, (participants.get(worker) ?? 0) + 1);
    }
    return [...new Set([...this.#sites.keys(), ...this.#opening.keys()])].map((worker) => ({
      worker,
      participants: participants.get(worker) ?? 0,
      consumers: this.#consumers.get(worker) ?? 0,
    }));
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
    this.#seats.set(participantId, { worker, site });
    return site;
  }

  /** The participant has nothing here any more. */
  unseat(participantId: string): void {
    const seat = this.#seats.get(participantId);
    if (!seat) return;
    this.#seats.delete(participantId);
    this.#closeIfEmpty(seat.worker);
  }

  /** Where this participant's transports are. @throws CodedError `participant-not-found` if it has none */
  siteOf(participantId: string): Site {
    const seat = this.#seats.get(participantId);
    const site = seat && this.#sites.get(seat.worker);
    if (!site) throw new CodedError('participant-not-found');
    return site;
  }

  /** Counts a consumer of this participant until the function it returns is called. */
  countConsumer(participantId: string): () => void {
    const worker = this.#seats.get(participantId)?.worker;
    if (!worker) return () => undefined;
    const add = (by: number) => this.#consumers.set(worker, (this.#consumers.get(worker) ?? 0) + by);
    add(1);
    return () => add(-1);
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
    router.on('workerclose', () => {
      if (!this.#closed) this.#options.onWorkerGone(worker);
    });
  }

  #closeIfEmpty(worker: MediaWorker): void {
    const site = this.#sites.get(worker);
    if (!site || site === this.first || this.#opening.has(worker)) return;
    for (const seat of this.#seats.values()) if (seat.worker === worker) return;
    this.#sites.delete(worker);
    this.#consumers.delete(worker);
    site.router.close();
  }
}
