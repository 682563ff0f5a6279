/**
 * One WebRTC transport of a participant, for sending or for receiving. The room owns it; it ends with the room, when
 * its participant leaves, when asked to, or when its peer is gone for good, and takes its producers and consumers
 * with it.
 */
import type { Log } from '@crossfade/service/log';
import { CodedError, type ErrorCode } from '@crossfade/shared/errors';
import type { CreateTransportAnswer, produceDataRequestSchema } from '@crossfade/shared/media-api';
import type { DtlsParameters, IceParameters, RtpCapabilities } from '@crossfade/shared/rtp';
import { errors } from 'mediasoup';
import type { DtlsState, IceState, WebRtcTransport, WebRtcTransportStat } from 'mediasoup/types';
import type { z } from 'zod';
import { Consumer } from '../consumers/consumer.ts';
import { relevantCapabilities } from '../consumers/relevant-capabilities.ts';
import { DataConsumer } from '../data/data-consumer.ts';
import { DataProducer } from '../data/data-producer.ts';
import { Emitter } from '../emitter.ts';
import { OpenSet } from '../open-set.ts';
import { producerOptions, type ProduceRequest } from '../producers/options.ts';
import { Producer } from '../producers/producer.ts';
import { ask } from '../workers/ask.ts';
import { Connection } from './connection.ts';
import { limitBitrates, type Bitrates } from './options.ts';
import { make } from './make.ts';
import { streamParameters, toldSctpParameters } from './sctp.ts';

export type Direction = 'send' | 'recv';
export type TransportClosedReason = 'closed' | 'peer-lost' | 'participant-left' | 'room-closed';

interface TransportEvents {
  /** ICE or DTLS has a new state. */
  state: [];
  producer: [producer: Producer];
  consumer: [consumer: Consumer];
  'data-producer': [producer: DataProducer];
  'data-consumer': [consumer: DataConsumer];
  closed: [reason: TransportClosedReason];
}

export interface TransportSettings {
  participantId: string;
  direction: Direction;
  log: Log;
  bitrates: Bitrates;
  /** Milliseconds without a receiver after which the server pauses a producer; 0: never. */
  unwatchedPauseMs: number;
  /** Milliseconds after which a sender is told that nobody wants its larger sizes; 0: never. */
  unwantedLayersMs: number;
}

type ProduceDataRequest = z.output<typeof produceDataRequestSchema>;

export class Transport extends Emitter<TransportEvents> {
  readonly participantId: string;
  readonly direction: Direction;
  readonly #media: WebRtcTransport;
  readonly #settings: TransportSettings;
  readonly #connection: Connection;
  readonly #producers = new OpenSet<Producer>();
  readonly #consumers = new OpenSet<Consumer>();
  readonly #dataProducers = new OpenSet<DataProducer>();
  readonly #dataConsumers = new OpenSet<DataConsumer>();

  constructor(media: WebRtcTransport, settings: TransportSettings) {
    super(settings.log);
    this.#media = media;
    this.#settings = settings;
    this.participantId = settings.participantId;
    this.direction = settings.direction;
    this.#connection = new Connection(media, settings.log)
      .on('changed', () => {
        this.emit('state');
      })
      .on('lost', () => {
        this.close('peer-lost');
      });
    // Nobody waits for it: the worker keeps the order of requests.
    limitBitrates(media, settings).catch((error: unknown) => {
      if (!this.closed)
        settings.log.warn('a transport goes without its limits', { transport: this.id, error });
    });
  }

  get id(): string {
    return this.#media.id;
  }

  get closed(): boolean {
    return this.#connection.ended;
  }

  get ice(): IceState {
    return this.#connection.ice;
  }

  get dtls(): DtlsState {
    return this.#connection.dtls;
  }

  get answer(): CreateTransportAnswer {
    const { id, iceParameters, iceCandidates, dtlsParameters, sctpParameters } = this.#media;
    return {
      id,
      iceParameters,
      iceCandidates,
      dtlsParameters,
      ...(sctpParameters && { sctpParameters: toldSctpParameters(sctpParameters) }),
    };
  }

  /** The open consumers, for snapshots. */
  get consumers(): Iterable<Consumer> {
    return this.#consumers;
  }

  /** The open producers, for figures. */
  get producers(): Iterable<Producer> {
    return this.#producers;
  }

  /** @throws CodedError `transport-already-connected`, `invalid-media-parameters`, `transport-not-found` */
  connect(dtlsParameters: DtlsParameters): Promise<void> {
    return this.#connection.connect(dtlsParameters);
  }

  /** @throws CodedError `transport-not-found` if it was closed meanwhile */
  restartIce(): Promise<IceParameters> {
    return this.#connection.restartIce();
  }

  /** @throws CodedError `wrong-transport-direction`, `invalid-media-parameters` */
  async produce(request: ProduceRequest): Promise<Producer> {
    this.#mustBe('send');
    const { source } = request;
    return make(
      'produce',
      () => this.#media.produce(producerOptions(request)),
      () => {
        this.#mustBeOpen();
      },
      (media) => {
        const producer = new Producer(media, { ...this.#settings, source });
        this.#producers.add(producer);
        this.emit('producer', producer);
        return producer;
      },
    );
  }

  /**
   * A paused consumer of somebody's producer.
   * @param localId the producer's id in this transport's router
   * @throws CodedError `producer-not-found` if it was closed meanwhile, `wrong-transport-direction`,
   *   `incompatible-capabilities`, `invalid-media-parameters`
   */
  async consume(
    producer: Producer,
    rtpCapabilities: RtpCapabilities,
    localId = producer.id,
  ): Promise<Consumer> {
    this.#mustBe('recv');
    const relevant = relevantCapabilities(rtpCapabilities, producer.producedAs);
    const options = { producerId: localId, rtpCapabilities: relevant, paused: true };
    return make(
      'consume',
      () => this.#media.consume(options).catch(asIncompatible),
      () => {
        this.#mustBothBeOpen(producer, 'producer-not-found');
      },
      (media) => {
        const consumer = new Consumer(media, { ...this.#settings, producer });
        this.#consumers.add(consumer);
        producer.addConsumer(consumer);
        this.emit('consumer', consumer);
        return consumer;
      },
    );
  }

  /**
   * A data channel that the participant sends on.
   * @throws CodedError `wrong-transport-direction`, `no-sctp`, `invalid-media-parameters`
   */
  async produceData({ sctpStreamParameters, label, protocol }: ProduceDataRequest): Promise<DataProducer> {
    this.#mustBe('send');
    this.#mustHaveSctp();
    const options = { sctpStreamParameters: streamParameters(sctpStreamParameters), label, protocol };
    return make(
      'produceData',
      () => this.#media.produceData(options),
      () => {
        this.#mustBeOpen();
      },
      (media) => {
        const producer = new DataProducer(media, this.#settings);
        this.#dataProducers.add(producer);
        this.emit('data-producer', producer);
        return producer;
      },
    );
  }

  /**
   * A consumer of somebody's data channel.
   * @param localId the data producer's id in this transport's router
   * @throws CodedError `data-producer-not-found` if it was closed meanwhile, `wrong-transport-direction`, `no-sctp`,
   *   `invalid-media-parameters`
   */
  async consumeData(producer: DataProducer, localId = producer.id): Promise<DataConsumer> {
    this.#mustBe('recv');
    this.#mustHaveSctp();
    return make(
      'consumeData',
      () => this.#media.consumeData({ dataProducerId: localId }),
      () => {
        this.#mustBothBeOpen(producer, 'data-producer-not-found');
      },
      (media) => {
        const consumer = new DataConsumer(media, { ...this.#settings, dataProducerId: producer.id });
        this.#dataConsumers.add(consumer);
        producer.addConsumer(consumer);
        this.emit('data-consumer', consumer);
        return consumer;
      },
    );
  }

  /** @throws CodedError `transport-not-found` if it was closed meanwhile */
  async stats(): Promise<WebRtcTransportStat | undefined> {
    try {
      const [stats] = await ask(this.#media.getStats());
      return stats;
    } catch (error) {
      this.#mustBeOpen();
      throw error;
    }
  }

  close(reason: Exclude<TransportClosedReason, 'room-closed'> = 'closed'): void {
    this.#end(reason);
  }

  /** The room is being closed. */
  roomClosed(): void {
    this.#end('room-closed');
  }

  #end(reason: TransportClosedReason): void {
    if (this.closed) return;
    this.#connection.end();
    for (const producer of this.#producers) producer.transportClosed(asProducerReason(reason));
    for (const producer of this.#dataProducers) producer.transportClosed(asProducerReason(reason));
    // Takes the consumers with it: each of them would be one more request to the worker.
    this.#media.close();
    for (const consumer of this.#consumers) consumer.transportClosed();
    for (const consumer of this.#dataConsumers) consumer.parentClosed();
    this.emit('closed', reason);
  }

  #mustBe(direction: Direction): void {
    if (this.direction !== direction) throw new CodedError('wrong-transport-direction');
  }

  #mustHaveSctp(): void {
    if (!this.#media.sctpParameters) throw new CodedError('no-sctp');
  }

  #mustBeOpen(): void {
    if (this.closed) throw new CodedError('transport-not-found');
  }

  #mustBothBeOpen(producer: { readonly closed: boolean }, orElse: ErrorCode): void {
    this.#mustBeOpen();
    if (producer.closed) throw new CodedError(orElse);
  }
}

function asProducerReason(
  reason: TransportClosedReason,
): 'transport-closed' | 'participant-left' | 'room-closed' {
  return reason === 'closed' || reason === 'peer-lost' ? 'transport-closed' : reason;
}

/** mediasoup finds no codec that both know. */
function asIncompatible(cause: unknown): never {
  if (cause instanceof errors.UnsupportedError) {
    throw new CodedError('incompatible-capabilities', undefined, { cause });
  }
  throw cause;
}
