/**
 * One call's media on this server: its routers, the transports of its participants and what they send and receive.
 * `Rooms` creates it, moves it when a worker of it died, and ends it; it takes everything in it with it. What happens
 * in it is told as numbered events. See docs/lifecycle.md.
 */
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
import type { Producer } from '../producers/producer.ts';
import type { Owned } from '../quotas/limits.ts';
import { collectStats } from '../stats/collect.ts';
import type { Transport } from '../transports/transport.ts';
import type { MediaWorker } from '../workers/worker.ts';
import type { RoomProfile } from './codecs.ts';
import { Contents } from './contents.ts';
import { Entrance, type TransportRequest } from './entrance.ts';
import { EventLog } from './event-log.ts';
import { Occupancy } from './occupancy.ts';
import { RoomMedia } from './room-media.ts';
import type { RoomOptions } from './room-options.ts';
import type { Share, Site } from './room-routers.ts';
import { snapshotOf } from './snapshot.ts';
import type { Audience } from './telling.ts';

export type RoomClosedReason = z.infer<typeof roomClosedReasonSchema>;

export type RoomMovedReason = z.infer<typeof roomMovedReasonSchema>;

/**
 * Moving: it has lost its worker and waits for another; nothing is in it and nothing can be made in it. While it is
 * about to move or closing, what ends with it is not told one by one.
 */
type RoomState = 'open' | 'moving' | 'closing' | 'closed';

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
  readonly #occupancy: Occupancy;
  readonly #audience: Audience;
  readonly #contents: Contents;
  readonly #entrance: Entrance;
  #media: RoomMedia;
  #epoch: number;
  /** The highest number of a grant of the floor that was named here. */
  #fence = 0;
  #state: RoomState = 'open';
  #toldToMove = false;

  constructor(router: Router, options: RoomOptions) {
    super(options.log);
    this.id = options.id;
    this.#options = options;
    // mediasoup leaves the type of codec parameters open.
    this.rtpCapabilities = router.rtpCapabilities as RtpCapabilities;
    this.#epoch = options.epoch;
    this.#events = new EventLog({ roomId: options.id, bootId: options.bootId, after: options.afterSeq });
    this.#occupancy = this.#watchOccupancy();
    this.#audience = {
      isEnding: () => this.#state !== 'open',
      publish: (event) => {
        this.#publish(event);
      },
    };
    this.#contents = new Contents({ counts: options.counts, audience: this.#audience });
    this.#entrance = new Entrance({
      occupancy: this.#occupancy,
      contents: this.#contents,
      maxParticipants: options.maxParticipants,
      settings: options.media,
      log: options.log,
    });
    this.#media = this.#standAt({ worker: options.worker, router });
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
    return this.#occupancy.count;
  }

  get size(): Owned & { pipes: number } {
    return { ...this.#contents.size, pipes: this.#media.pipeCount };
  }

  /** Whose statistics are worth a look: what is paused sends nothing. */
  get streams(): { inbound: Producer[]; outbound: Consumer[] } {
    return this.#contents.streams;
  }

  /** How much of it is in which worker. */
  get shares(): Share[] {
    return this.#media.shares;
  }

  isIn(worker: MediaWorker): boolean {
    return this.#media.isIn(worker);
  }

  /** What this participant has here: for quotas. */
  owned(participantId: string): Owned {
    return this.#contents.ownedBy(participantId);
  }

  get snapshot(): RoomSnapshot {
    const { transports, producers, dataProducers } = this.#contents;
    return snapshotOf({
      roomId: this.id,
      epoch: this.#epoch,
      bootId: this.#options.bootId,
      seq: this.seq,
      profile: this.#options.profile,
      createdAt: this.createdAt,
      transports,
      producers,
      dataProducers,
    });
  }

  /** Figures of everything in it, measured now. @throws CodedError `timeout`, `no-capacity` */
  stats(): Promise<RoomStats> {
    return collectStats({ id: this.id, transports: this.#contents.transports });
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

  /** @throws CodedError `stale-fence` if somebody has acted here under a later grant of the floor */
  raiseFence(fence: number): void {
    if (fence < this.#fence) throw new CodedError('stale-fence');
    this.#fence = fence;
  }

  /** @param owner if given, the transport of anyone else does not exist. @throws CodedError */
  transport(id: string, owner?: string): Transport {
    return this.#contents.transports.find(id, owner);
  }

  /** @param owner if given, the producer of anyone else does not exist. @throws CodedError */
  producer(id: string, owner?: string): Producer {
    return this.#contents.producers.find(id, owner);
  }

  /** @param owner if given, the consumer of anyone else does not exist. @throws CodedError */
  consumer(id: string, owner?: string): Consumer {
    return this.#contents.consumers.find(id, owner);
  }

  /** @param owner if given, the data producer of anyone else does not exist. @throws CodedError */
  dataProducer(id: string, owner?: string): DataProducer {
    return this.#contents.dataProducers.find(id, owner);
  }

  /** @param owner if given, the data consumer of anyone else does not exist. @throws CodedError */
  dataConsumer(id: string, owner?: string): DataConsumer {
    return this.#contents.dataConsumers.find(id, owner);
  }

  /**
   * @throws CodedError `room-full`; `no-capacity` if the room has lost its worker; `room-not-found`,
   *   `participant-not-found` if those were gone before it was made
   */
  async createTransport(request: TransportRequest): Promise<Transport> {
    this.#mustBeOpen();
    return this.#entrance.admit(request, this.#media);
  }

  /** A paused consumer on a receiving transport. @throws CodedError */
  async consume(
    transport: Transport,
    producerId: string,
    rtpCapabilities: RtpCapabilities,
  ): Promise<ConsumerAnswer> {
    const producer = this.producer(producerId);
    const consumer = await this.#media.follow('media', producer, transport.participantId, (localId) =>
      transport.consume(producer, rtpCapabilities, localId),
    );
    return consumer.answer;
  }

  /** A consumer of a data channel on a receiving transport. @throws CodedError */
  async consumeData(transport: Transport, dataProducerId: string): Promise<ConsumeDataAnswer> {
    const producer = this.dataProducer(dataProducerId);
    const consumer = await this.#media.follow('data', producer, transport.participantId, (localId) =>
      transport.consumeData(producer, localId),
    );
    return consumer.answer;
  }

  /** Closes everything this participant owns. @throws CodedError `participant-not-found` */
  leave(participantId: string): void {
    if (!this.#occupancy.has(participantId)) throw new CodedError('participant-not-found');
    this.#entrance.refuse('participant-not-found', participantId);
    this.#contents.closeOwnedBy(participantId);
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

  /** Closes everything in it; it takes nothing more until it is somewhere else. */
  leaveWorkers(): void {
    if (this.#state !== 'open') return;
    this.#state = 'moving';
    this.#clear('no-capacity');
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
    this.#media = this.#standAt(site);
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
    this.#entrance.refuse(refusal);
    // It takes everything with it: each transport, producer and consumer would be one more request to the worker.
    this.#media.close();
    this.#contents.roomClosed();
  }

  #mustBeOpen(): void {
    if (this.#state === 'moving') throw new CodedError('no-capacity', 'The room is being moved; ask again.');
    if (this.#state !== 'open') throw new CodedError('room-not-found');
  }

  #publish(event: RoomEvent): void {
    this.emit('event', this.#events.append(event, this.#epoch, new Date()));
  }

  #watchOccupancy(): Occupancy {
    return new Occupancy(this.#options.log)
      .on('occupied', () => {
        this.emit('occupied');
      })
      .on('emptied', () => {
        this.emit('emptied');
      })
      .on('departed', (participantId) => {
        this.#media.unseat(participantId);
      });
  }

  #standAt(first: Site): RoomMedia {
    const { placement, counts, maxAudibleSpeakers, log } = this.#options;
    return new RoomMedia({
      first,
      placement,
      counts,
      maxAudible: maxAudibleSpeakers,
      audience: this.#audience,
      log,
      onWorkerGone: (worker) => {
        this.emit('worker-died', worker);
      },
    });
  }
}
