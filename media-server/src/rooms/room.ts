/**
 * One call's media on this server: its routers, the transports of its participants and what they send and receive.
 * `Rooms` creates it, moves it when a worker of it died, and ends it; it takes everything in it with it. What happens
 * in it is told as numbered events. See docs/lifecycle.md.
 */
import type { Log } from '@crossfade/service/log';
import { inSpan } from '@crossfade/service/tracing';
import { CodedError, type ErrorCode } from '@crossfade/shared/errors';
import type { ConsumeDataAnswer, ConsumerAnswer, RoomSnapshot, RoomStats } from '@crossfade/shared/media-api';
import type {
  FeedEvent,
  RoomEvent,
  roomClosedReasonSchema,
  roomMovedReasonSchema,
} from '@crossfade/shared/media-events';
import type { RtpCapabilities } from '@crossfade/shared/rtp';
import type { Router } from 'mediasoup/types';
import type { z } from 'zod';
import type { Consumer } from '../consumers/consumer.ts';
import type { DataConsumer } from '../data/data-consumer.ts';
import type { DataProducer } from '../data/data-producer.ts';
import { Emitter } from '../emitter.ts';
import type { EntityCounts } from '../metrics/entity-counts.ts';
import { RoomAudio } from '../observers/room-audio.ts';
import type { Producer } from '../producers/producer.ts';
import type { Owned } from '../quotas/limits.ts';
import { collectStats } from '../stats/collect.ts';
import { transportOptions, type Bitrates } from '../transports/options.ts';
import { Transport, type Direction } from '../transports/transport.ts';
import { ask } from '../workers/ask.ts';
import type { MediaWorker } from '../workers/worker.ts';
import type { RoomProfile } from './codecs.ts';
import { EventLog } from './event-log.ts';
import type { PipeSource } from './link.ts';
import type { PipeHold } from './pipes.ts';
import { RoomRouters, type NewcomerPlacement, type Share, type Site } from './room-routers.ts';
import { snapshotOf } from './snapshot.ts';

export type RoomClosedReason = z.infer<typeof roomClosedReasonSchema>;

export type RoomMovedReason = z.infer<typeof roomMovedReasonSchema>;

/**
 * Moving: it has lost its worker and waits for another; nothing is in it and nothing can be made in it. While it is
 * about to move or closing, what ends with it is not told one by one.
 */
type RoomState = 'open' | 'moving' | 'closing' | 'closed';

/** What an operator has set for all rooms. */
export interface MediaSettings {
  bitrates: Bitrates;
  /** Milliseconds without a receiver after which the server pauses a producer; 0: never. */
  unwatchedPauseMs: number;
}

export interface RoomOptions {
  id: string;
  epoch: number;
  profile: RoomProfile;
  /** How many participants may have transports here. */
  maxParticipants: number;
  /** How many of the loudest are forwarded; undefined: everyone. */
  maxAudibleSpeakers: number | undefined;
  media: MediaSettings;
  bootId: string;
  /** The event number it goes on from. */
  afterSeq: number;
  /** Where its first router is. */
  worker: MediaWorker;
  placement: NewcomerPlacement;
  counts: EntityCounts;
  log: Log;
}

/** A transport that is being made: its participant counts already, and may leave before it is there. */
interface Arrival {
  readonly participantId: string;
  /** Why it is not wanted any more. */
  refused?: ErrorCode;
}

/** What a consumer of media and one of data have in common here. */
interface Follower {
  readonly closed: boolean;
  on(event: 'closed', listener: () => void): unknown;
  close(): void;
}

interface RoomEvents {
  event: [event: FeedEvent];
  /** The first participant came. */
  occupied: [];
  /** The last participant went. */
  emptied: [];
  /** One of its workers died: it has to be moved or closed. */
  'worker-died': [worker: MediaWorker];
  closed: [];
}

export class Room extends Emitter<RoomEvents> {
  readonly id: string;
  readonly createdAt = new Date();
  /** Of every router it has or will have: they follow from its profile. mediasoup would copy them at every look. */
  readonly rtpCapabilities: RtpCapabilities;
  readonly #options: RoomOptions;
  readonly #events: EventLog;
  readonly #transports = new Map<string, Transport>();
  readonly #producers = new Map<string, Producer>();
  readonly #consumers = new Map<string, Consumer>();
  readonly #dataProducers = new Map<string, DataProducer>();
  readonly #dataConsumers = new Map<string, DataConsumer>();
  #audio: RoomAudio;
  /** Transports that are being made. */
  readonly #arrivals = new Set<Arrival>();
  #routers: RoomRouters;
  #epoch: number;
  #state: RoomState = 'open';
  #occupied = false;
  #toldToMove = false;

  constructor(router: Router, options: RoomOptions) {
    super(options.log);
    this.id = options.id;
    this.#options = options;
    // mediasoup leaves the type of codec parameters open.
    this.rtpCapabilities = router.rtpCapabilities as RtpCapabilities;
    this.#routers = this.#routersFrom({ worker: options.worker, router });
    this.#epoch = options.epoch;
    this.#events = new EventLog({ roomId: options.id, bootId: options.bootId, after: options.afterSeq });
    this.#audio = this.#listen();
    options.counts.created('room');
  }

  get profile(): RoomProfile {
    return this.#options.profile;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** The number of the latest event. */
  get seq(): number {
    return this.#events.seq;
  }

  get participantCount(): number {
    return this.#participantIds().size;
  }

  get size() {
    return {
      transports: this.#transports.size,
      producers: this.#producers.size,
      consumers: this.#consumers.size,
      pipes: this.#routers.pipeCount,
      dataProducers: this.#dataProducers.size,
      dataConsumers: this.#dataConsumers.size,
    };
  }

  /** Whose statistics are worth a look: what is paused sends nothing. */
  get streams(): { inbound: Producer[]; outbound: Consumer[] } {
    return {
      inbound: [...this.#producers.values()],
      outbound: [...this.#consumers.values()].filter(({ paused }) => !paused),
    };
  }

  /** How much of it is in which worker. */
  get shares(): Share[] {
    return this.#routers.shares;
  }

  isIn(worker: MediaWorker): boolean {
    return this.#routers.isIn(worker);
  }

  /** What this participant has here: for quotas. */
  owned(participantId: string): Owned {
    const own = [...this.#transports.values()].filter(
      (transport) => transport.participantId === participantId,
    );
    const sum = (count: (transport: Transport) => number) =>
      own.reduce((total, transport) => total + count(transport), 0);
    return {
      transports: own.length,
      producers: sum(({ size }) => size.producers),
      consumers: sum(({ size }) => size.consumers),
      dataProducers: sum(({ size }) => size.dataProducers),
      dataConsumers: sum(({ size }) => size.dataConsumers),
    };
  }

  get snapshot(): RoomSnapshot {
    return snapshotOf({
      roomId: this.id,
      epoch: this.#epoch,
      bootId: this.#options.bootId,
      seq: this.seq,
      profile: this.#options.profile,
      createdAt: this.createdAt,
      transports: [...this.#transports.values()],
      producers: [...this.#producers.values()],
      dataProducers: [...this.#dataProducers.values()],
    });
  }

  /** Figures of everything in it, measured now. @throws CodedError `timeout`, `no-capacity` */
  stats(): Promise<RoomStats> {
    return collectStats({ id: this.id, transports: this.#transports.values() });
  }

  /** The events after this one, or undefined if they are not all kept. */
  eventsAfter(seq: number): FeedEvent[] | undefined {
    return this.#events.after(seq);
  }

  /** @throws CodedError `stale-epoch` if the caller acts under an older epoch than the room's */
  checkEpoch(epoch: number | undefined): void {
    if (epoch !== undefined && epoch < this.#epoch) throw new CodedError('stale-epoch');
  }

  /** Takes over a higher epoch. @throws CodedError `stale-epoch` for a lower one */
  raiseEpoch(epoch: number): void {
    this.checkEpoch(epoch);
    this.#epoch = epoch;
  }

  /** @param owner if given, the transport of anyone else does not exist. @throws CodedError */
  transport(id: string, owner?: string): Transport {
    return ownedBy(owner, this.#transports.get(id), 'transport-not-found');
  }

  /** @param owner if given, the producer of anyone else does not exist. @throws CodedError */
  producer(id: string, owner?: string): Producer {
    return ownedBy(owner, this.#producers.get(id), 'producer-not-found');
  }

  /** @param owner if given, the consumer of anyone else does not exist. @throws CodedError */
  consumer(id: string, owner?: string): Consumer {
    return ownedBy(owner, this.#consumers.get(id), 'consumer-not-found');
  }

  /** @param owner if given, the data producer of anyone else does not exist. @throws CodedError */
  dataProducer(id: string, owner?: string): DataProducer {
    return ownedBy(owner, this.#dataProducers.get(id), 'data-producer-not-found');
  }

  /** @param owner if given, the data consumer of anyone else does not exist. @throws CodedError */
  dataConsumer(id: string, owner?: string): DataConsumer {
    return ownedBy(owner, this.#dataConsumers.get(id), 'data-consumer-not-found');
  }

  /**
   * @throws CodedError `room-full`; `no-capacity` if the room has lost its worker; `room-not-found`,
   *   `participant-not-found` if those were gone before it was made
   */
  async createTransport(request: {
    participantId: string;
    direction: Direction;
    forceTcp: boolean;
    sctp: boolean;
  }): Promise<Transport> {
    const { participantId } = request;
    this.#mustBeOpen();
    const present = this.#participantIds();
    if (!present.has(participantId) && present.size >= this.#options.maxParticipants) {
      throw new CodedError('room-full');
    }
    const arrival: Arrival = { participantId };
    this.#arrivals.add(arrival);
    this.#tellOccupancy();
    try {
      // Two requests to workers may be needed; together they take no longer than one.
      return await ask(this.#makeTransport(request, arrival));
    } catch (cause) {
      if (arrival.refused) throw new CodedError(arrival.refused, undefined, { cause });
      arrival.refused = 'timeout';
      throw cause;
    } finally {
      this.#arrivals.delete(arrival);
      this.#departed(participantId);
    }
  }

  async #makeTransport(
    {
      participantId,
      direction,
      forceTcp,
      sctp,
    }: { participantId: string; direction: Direction; forceTcp: boolean; sctp: boolean },
    arrival: Arrival,
  ): Promise<Transport> {
    const { bitrates, unwatchedPauseMs } = this.#options.media;
    const { worker, router } = await this.#routers.seat(participantId);
    const { webRtcServer } = worker;
    const media = await ask(
      inSpan('worker createTransport', () =>
        router.createWebRtcTransport(transportOptions({ webRtcServer, forceTcp, sctp, bitrates })),
      ),
      (late) => {
        late.close();
      },
    );
    if (arrival.refused) {
      media.close();
      throw new CodedError(arrival.refused);
    }
    const transport = new Transport(media, {
      participantId,
      direction,
      bitrates,
      unwatchedPauseMs,
      log: this.#options.log,
    });
    this.#addTransport(transport);
    return transport;
  }

  /** A paused consumer on a receiving transport. @throws CodedError */
  async consume(
    transport: Transport,
    producerId: string,
    rtpCapabilities: RtpCapabilities,
  ): Promise<ConsumerAnswer> {
    const producer = this.producer(producerId);
    // Nobody receives what they send themselves.
    if (producer.participantId === transport.participantId) throw new CodedError('producer-not-found');
    const consumer = await this.#follow('media', producer, transport, (localId) =>
      transport.consume(producer, rtpCapabilities, localId),
    );
    return consumer.answer;
  }

  /** A consumer of a data channel on a receiving transport. @throws CodedError */
  async consumeData(transport: Transport, dataProducerId: string): Promise<ConsumeDataAnswer> {
    const producer = this.dataProducer(dataProducerId);
    // Nobody receives what they send themselves.
    if (producer.participantId === transport.participantId) throw new CodedError('data-producer-not-found');
    const consumer = await this.#follow('data', producer, transport, (localId) =>
      transport.consumeData(producer, localId),
    );
    return consumer.answer;
  }

  /**
   * Brings what somebody sends to where the receiver is, and has it consumed there. Two requests to workers may be
   * needed; together they take no longer than one.
   */
  #follow<C extends Follower>(
    kind: PipeSource['kind'],
    producer: Producer | DataProducer,
    { participantId }: Transport,
    consume: (localId: string) => Promise<C>,
  ): Promise<C> {
    const making = async () => {
      const hold = await this.#bring(kind, producer, participantId);
      const release = () => {
        hold.release();
      };
      try {
        const consumer = await consume(hold.id);
        consumer.on('closed', release);
        if (consumer.closed) release();
        return consumer;
      } catch (error) {
        release();
        throw error;
      }
    };
    return ask(making(), (late) => {
      late.close();
    });
  }

  /** Makes sure that what somebody sends can be consumed where this participant is. */
  async #bring(
    kind: PipeSource['kind'],
    producer: Producer | DataProducer,
    receiver: string,
  ): Promise<PipeHold> {
    const { id, participantId } = producer;
    try {
      return await this.#routers.bring({ kind, id }, participantId, receiver);
    } catch (cause) {
      if (cause instanceof CodedError) throw cause;
      const gone = kind === 'media' ? 'producer-not-found' : 'data-producer-not-found';
      throw new CodedError(producer.closed ? gone : 'no-capacity', undefined, { cause });
    }
  }

  /** Closes everything this participant owns. @throws CodedError `participant-not-found` */
  leave(participantId: string): void {
    if (!this.#participantIds().has(participantId)) throw new CodedError('participant-not-found');
    for (const arrival of this.#arrivals) {
      if (arrival.participantId === participantId) arrival.refused ??= 'participant-not-found';
    }
    for (const transport of [...this.#transports.values()]) {
      if (transport.participantId === participantId) transport.close('participant-left');
    }
    this.#publish({ type: 'participant-left', participantId, reason: 'left' });
    this.#departed(participantId);
  }

  /** Whether the room is about to end here: who asks for it anew should look elsewhere. */
  get toldToMove(): boolean {
    return this.#toldToMove;
  }

  /** Tells that the room is about to end here: whoever owns the call should build it elsewhere. */
  announceMove(): void {
    this.#toldToMove = true;
    if (this.#state === 'open')
      this.#publish({ type: 'room-moved', fromEpoch: this.#epoch, reason: 'draining' });
  }

  /** Closes everything in it; it takes nothing more until it is somewhere else. */
  leaveWorkers(): void {
    if (this.#state !== 'open') return;
    this.#state = 'moving';
    this.#clear('no-capacity');
    this.#tellOccupancy();
  }

  /**
   * Stands again, empty and under the next epoch, after it has left its workers.
   * @returns false if it was closed meanwhile; then the router is, too
   */
  arriveAt(site: Site, reason: RoomMovedReason): boolean {
    if (this.#state !== 'moving') {
      site.router.close();
      return false;
    }
    this.#state = 'open';
    this.#routers = this.#routersFrom(site);
    // What was heard went with the routers.
    this.#audio = this.#listen();
    const fromEpoch = this.#epoch;
    this.#epoch += 1;
    this.#publish({ type: 'room-moved', fromEpoch, reason });
    return true;
  }

  close(reason: RoomClosedReason): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#state = 'closing';
    this.#clear('room-not-found');
    this.#publish({ type: 'room-closed', reason });
    this.#state = 'closed';
    this.#options.counts.closed('room');
    this.emit('closed');
  }

  /** @param refusal what those are told who are just coming */
  #clear(refusal: ErrorCode): void {
    for (const arrival of this.#arrivals) arrival.refused ??= refusal;
    this.#audio.stop();
    // They take everything with them: each transport, producer and consumer would be one more request to the worker.
    this.#routers.close();
    for (const transport of [...this.#transports.values()]) transport.roomClosed();
  }

  #routersFrom(first: Site): RoomRouters {
    const { placement, counts } = this.#options;
    return new RoomRouters({
      first,
      placement,
      counts,
      onWorkerGone: (worker) => {
        this.emit('worker-died', worker);
      },
    });
  }

  #mustBeOpen(): void {
    if (this.#state === 'moving') throw new CodedError('no-capacity', 'The room is being moved; ask again.');
    if (this.#state !== 'open') throw new CodedError('room-not-found');
  }

  #participantIds(): Set<string> {
    const ids = new Set<string>();
    for (const { participantId } of this.#present()) ids.add(participantId);
    return ids;
  }

  /** Transports that are there or still wanted. */
  *#present(): Generator<{ participantId: string }> {
    yield* this.#transports.values();
    for (const arrival of this.#arrivals) if (!arrival.refused) yield arrival;
  }

  /** Something of this participant is gone; when it was the last, its seat is free. */
  #departed(participantId: string): void {
    if (this.#state !== 'open') return;
    this.#tellOccupancy();
    for (const present of this.#present()) if (present.participantId === participantId) return;
    this.#routers.unseat(participantId);
  }

  #tellOccupancy(): void {
    const occupied = this.#present().next().done !== true;
    if (occupied === this.#occupied) return;
    this.#occupied = occupied;
    this.emit(occupied ? 'occupied' : 'emptied');
  }

  #publish(event: RoomEvent): void {
    this.emit('event', this.#events.append(event, this.#epoch, new Date()));
  }

  #addTransport(transport: Transport): void {
    const { counts } = this.#options;
    const { id: transportId, participantId } = transport;
    this.#transports.set(transportId, transport);
    counts.created('transport');
    const tellState = () => {
      const { ice, dtls } = transport;
      this.#publish({ type: 'transport-state', transportId, participantId, ice, dtls });
    };
    transport
      .on('state', tellState)
      .on('producer', (producer) => {
        this.#addProducer(producer);
      })
      .on('consumer', (consumer) => {
        this.#addConsumer(consumer);
      })
      .on('data-producer', (producer) => {
        this.#addDataProducer(producer);
      })
      .on('data-consumer', (consumer) => {
        this.#addDataConsumer(consumer);
      })
      .on('closed', () => {
        this.#transports.delete(transportId);
        counts.closed('transport');
        if (this.#state === 'open') tellState();
        this.#departed(participantId);
      });
  }

  #addProducer(producer: Producer): void {
    const { counts } = this.#options;
    const { id: producerId, participantId } = producer;
    this.#producers.set(producerId, producer);
    counts.created('producer');
    producer
      .on('paused', (by) => {
        this.#publish({ type: 'producer-paused', producerId, participantId, by });
      })
      .on('resumed', (by) => {
        this.#publish({ type: 'producer-resumed', producerId, participantId, by });
      })
      .on('score', (score) => {
        this.#publish({ type: 'producer-score', producerId, participantId, score });
      })
      .on('closed', (reason) => {
        this.#producers.delete(producerId);
        this.#audio.remove(producerId);
        counts.closed('producer');
        this.#publish({ type: 'producer-closed', producerId, participantId, reason });
      });
    this.#publish({ type: 'new-producer', ...producer.info });
    // Only voices compete: what is played into the call, or shown in it, is meant to be heard.
    if (producer.source === 'microphone')
      this.#audio.add(this.#routers.siteOf(participantId).router, producer);
  }

  #addConsumer(consumer: Consumer): void {
    const { counts } = this.#options;
    const { id: consumerId, producerId, participantId } = consumer;
    this.#consumers.set(consumerId, consumer);
    counts.created('consumer');
    const uncount = this.#routers.countConsumer(participantId);
    consumer
      .on('score', (scores) => {
        this.#publish({ type: 'consumer-score', consumerId, producerId, participantId, ...scores });
      })
      .on('layers', (layers) => {
        this.#publish({ type: 'consumer-layers-changed', consumerId, producerId, participantId, layers });
      })
      .on('closed', (reason) => {
        this.#consumers.delete(consumerId);
        counts.closed('consumer');
        uncount();
        if (this.#state === 'open') {
          this.#publish({ type: 'consumer-closed', consumerId, producerId, participantId, reason });
        }
      });
  }

  #addDataProducer(producer: DataProducer): void {
    const { counts } = this.#options;
    const { id: dataProducerId, participantId } = producer;
    this.#dataProducers.set(dataProducerId, producer);
    counts.created('data-producer');
    producer.on('closed', (reason) => {
      this.#dataProducers.delete(dataProducerId);
      counts.closed('data-producer');
      this.#publish({ type: 'data-producer-closed', dataProducerId, participantId, reason });
    });
    this.#publish({ type: 'data-producer-opened', ...producer.info });
  }

  #addDataConsumer(consumer: DataConsumer): void {
    const { counts } = this.#options;
    this.#dataConsumers.set(consumer.id, consumer);
    counts.created('data-consumer');
    consumer.on('closed', () => {
      this.#dataConsumers.delete(consumer.id);
      counts.closed('data-consumer');
    });
  }

  #listen(): RoomAudio {
    const { maxAudibleSpeakers, log } = this.#options;
    return new RoomAudio({ maxAudible: maxAudibleSpeakers, log })
      .on('levels', (levels) => {
        this.#publish({ type: 'audio-levels', levels });
      })
      .on('speaker', (speaker) => {
        this.#publish({ type: 'active-speaker', ...(speaker ?? { participantId: null, producerId: null }) });
      });
  }
}

function ownedBy<E extends { participantId: string }>(
  owner: string | undefined,
  entity: E | undefined,
  notFound: ErrorCode,
): E {
  if (!entity || (owner !== undefined && entity.participantId !== owner)) throw new CodedError(notFound);
  return entity;
}
