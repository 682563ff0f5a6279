/**
 * One call's media on this server: a router in one worker, the transports of its participants and what they send and
 * receive. `Rooms` creates it; it ends when asked to or with its worker, and takes everything in it with it. What
 * happens in it is told as numbered events. See docs/lifecycle.md.
 */
import type { Log } from '@crossfade/service/log';
import { inSpan } from '@crossfade/service/tracing';
import { CodedError, type ErrorCode } from '@crossfade/shared/errors';
import type { ConsumerAnswer, RoomSnapshot } from '@crossfade/shared/media-api';
import type { FeedEvent, RoomEvent, roomClosedReasonSchema } from '@crossfade/shared/media-events';
import type { RtpCapabilities } from '@crossfade/shared/rtp';
import type { Router } from 'mediasoup/types';
import type { z } from 'zod';
import type { Consumer } from '../consumers/consumer.ts';
import { Emitter } from '../emitter.ts';
import type { EntityCounts } from '../metrics/entity-counts.ts';
import type { Producer } from '../producers/producer.ts';
import { transportOptions } from '../transports/options.ts';
import { Transport, type Direction } from '../transports/transport.ts';
import { ask } from '../workers/ask.ts';
import type { MediaWorker } from '../workers/worker.ts';
import type { RoomProfile } from './codecs.ts';
import { EventLog } from './event-log.ts';
import { snapshotOf } from './snapshot.ts';

export type RoomClosedReason = z.infer<typeof roomClosedReasonSchema>;

/** While it is closing, what ends with the room is not told one by one. */
type RoomState = 'open' | 'closing' | 'closed';

export interface RoomOptions {
  id: string;
  epoch: number;
  profile: RoomProfile;
  /** How many participants may have transports here. */
  maxParticipants: number;
  bootId: string;
  /** The event number it goes on from. */
  afterSeq: number;
  worker: MediaWorker;
  counts: EntityCounts;
  log: Log;
}

/** A transport that is being made: its participant counts already, and may leave before it is there. */
interface Arrival {
  readonly participantId: string;
  left: boolean;
}

interface RoomEvents {
  event: [event: FeedEvent];
  closed: [];
}

export class Room extends Emitter<RoomEvents> {
  readonly id: string;
  readonly worker: MediaWorker;
  readonly createdAt = new Date();
  readonly #options: RoomOptions;
  readonly #router: Router;
  readonly #events: EventLog;
  readonly #transports = new Map<string, Transport>();
  readonly #producers = new Map<string, Producer>();
  readonly #consumers = new Map<string, Consumer>();
  /** Transports that are being made. */
  readonly #arrivals = new Set<Arrival>();
  #epoch: number;
  #state: RoomState = 'open';
  #toldToMove = false;

  constructor(router: Router, options: RoomOptions) {
    super(options.log);
    this.id = options.id;
    this.worker = options.worker;
    this.#options = options;
    this.#router = router;
    this.#epoch = options.epoch;
    this.#events = new EventLog({ roomId: options.id, bootId: options.bootId, after: options.afterSeq });
    options.counts.created('room');
    router.on('workerclose', () => {
      this.#end('worker-died');
    });
  }

  get epoch(): number {
    return this.#epoch;
  }

  get rtpCapabilities(): RtpCapabilities {
    // mediasoup leaves the type of codec parameters open.
    return this.#router.rtpCapabilities as RtpCapabilities;
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
      dataProducers: 0,
      dataConsumers: 0,
    };
  }

  /** Whose statistics are worth a look: what is paused sends nothing. */
  get streams(): { inbound: Producer[]; outbound: Consumer[] } {
    return {
      inbound: [...this.#producers.values()],
      outbound: [...this.#consumers.values()].filter(({ paused }) => !paused),
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
    });
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

  /** @throws CodedError `room-full`; `room-not-found`, `participant-not-found` if those were gone before it was made */
  async createTransport(request: {
    participantId: string;
    direction: Direction;
    forceTcp: boolean;
  }): Promise<Transport> {
    const { participantId, direction, forceTcp } = request;
    const present = this.#participantIds();
    if (!present.has(participantId) && present.size >= this.#options.maxParticipants) {
      throw new CodedError('room-full');
    }
    const arrival: Arrival = { participantId, left: false };
    this.#arrivals.add(arrival);
    try {
      const { webRtcServer } = this.worker;
      const media = await ask(
        inSpan('worker createTransport', () =>
          this.#router.createWebRtcTransport(transportOptions({ webRtcServer, forceTcp })),
        ),
        (late) => {
          late.close();
        },
      );
      if (this.#state !== 'open' || arrival.left) {
        media.close();
        throw new CodedError(arrival.left ? 'participant-not-found' : 'room-not-found');
      }
      const transport = new Transport(media, { participantId, direction, log: this.#options.log });
      this.#addTransport(transport);
      return transport;
    } finally {
      this.#arrivals.delete(arrival);
    }
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
    if (!this.#router.canConsume({ producerId, rtpCapabilities })) {
      throw new CodedError('incompatible-capabilities');
    }
    const consumer = await transport.consume(producer, rtpCapabilities);
    return consumer.answer;
  }

  /** Closes everything this participant owns. @throws CodedError `participant-not-found` */
  leave(participantId: string): void {
    if (!this.#participantIds().has(participantId)) throw new CodedError('participant-not-found');
    for (const arrival of this.#arrivals) arrival.left ||= arrival.participantId === participantId;
    for (const transport of [...this.#transports.values()]) {
      if (transport.participantId === participantId) transport.close('participant-left');
    }
    this.#publish({ type: 'participant-left', participantId, reason: 'left' });
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

  close(reason: Exclude<RoomClosedReason, 'worker-died'>): void {
    this.#end(reason);
  }

  #end(reason: RoomClosedReason): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    for (const transport of [...this.#transports.values()]) transport.roomClosed();
    this.#router.close();
    this.#publish({ type: 'room-closed', reason });
    this.#state = 'closed';
    this.#options.counts.closed('room');
    this.emit('closed');
  }

  #participantIds(): Set<string> {
    const present = [...this.#transports.values(), ...this.#arrivals];
    return new Set(present.map(({ participantId }) => participantId));
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
      .on('closed', () => {
        this.#transports.delete(transportId);
        counts.closed('transport');
        if (this.#state === 'open') tellState();
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
      .on('closed', (reason) => {
        this.#producers.delete(producerId);
        counts.closed('producer');
        this.#publish({ type: 'producer-closed', producerId, participantId, reason });
      });
    this.#publish({ type: 'new-producer', ...producer.info });
  }

  #addConsumer(consumer: Consumer): void {
    const { counts } = this.#options;
    const { id: consumerId, producerId, participantId } = consumer;
    this.#consumers.set(consumerId, consumer);
    counts.created('consumer');
    consumer.on('closed', (reason) => {
      this.#consumers.delete(consumerId);
      counts.closed('consumer');
      if (this.#state === 'open') {
        this.#publish({ type: 'consumer-closed', consumerId, producerId, participantId, reason });
      }
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
