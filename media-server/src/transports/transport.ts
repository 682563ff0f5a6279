/**
 * One WebRTC transport of a participant, for sending or for receiving. The room owns it; it ends with the room, when
 * its participant leaves, when asked to, or when its peer is gone for good, and takes its producers and consumers
 * with it.
 */
import type { Log } from '@crossfade/service/log';
import { inSpan } from '@crossfade/service/tracing';
import { CodedError } from '@crossfade/shared/errors';
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
import { producerOptions, type ProduceRequest } from '../producers/options.ts';
import { Producer } from '../producers/producer.ts';
import { ask, checkedByMediasoup } from '../workers/ask.ts';
import type { Bitrates } from './options.ts';
import { streamParameters, toldSctpParameters } from './sctp.ts';

export type Direction = 'send' | 'recv';
export type TransportClosedReason = 'closed' | 'peer-lost' | 'participant-left' | 'room-closed';

/** DTLS parameters are taken once; ICE may be restarted any time after. */
type TransportState = 'new' | 'connecting' | 'connected' | 'closed';

/**
 * Milliseconds a transport may stay disconnected. Closing it at once would make the ICE restart that repairs it
 * impossible.
 */
const DISCONNECTED_LIMIT_MS = 30_000;

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
  disconnectedLimitMs?: number;
}

type ProduceDataRequest = z.output<typeof produceDataRequestSchema>;

export class Transport extends Emitter<TransportEvents> {
  readonly participantId: string;
  readonly direction: Direction;
  readonly #media: WebRtcTransport;
  readonly #log: Log;
  readonly #producers = new Set<Producer>();
  readonly #consumers = new Set<Consumer>();
  readonly #dataProducers = new Set<DataProducer>();
  readonly #dataConsumers = new Set<DataConsumer>();
  readonly #unwatchedPauseMs: number;
  #state: TransportState = 'new';
  #disconnectedTimer: NodeJS.Timeout | undefined;

  constructor(media: WebRtcTransport, options: TransportSettings) {
    super(options.log);
    this.#media = media;
    this.#log = options.log;
    this.participantId = options.participantId;
    this.direction = options.direction;
    this.#unwatchedPauseMs = options.unwatchedPauseMs;
    const limitMs = options.disconnectedLimitMs ?? DISCONNECTED_LIMIT_MS;
    media.on('icestatechange', (ice) => {
      this.#iceChanged(ice, limitMs);
    });
    media.on('dtlsstatechange', (dtls) => {
      this.#dtlsChanged(dtls);
    });
    this.#limit(options.bitrates);
  }

  get id(): string {
    return this.#media.id;
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  get ice(): IceState {
    return this.#media.iceState;
  }

  get dtls(): DtlsState {
    return this.#media.dtlsState;
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

  /** How much is open on it. */
  get size() {
    return {
      producers: this.#producers.size,
      consumers: this.#consumers.size,
      dataProducers: this.#dataProducers.size,
      dataConsumers: this.#dataConsumers.size,
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

  /** @throws CodedError `transport-already-connected`, also while the first attempt is under way */
  async connect(dtlsParameters: DtlsParameters): Promise<void> {
    if (this.#state !== 'new') throw new CodedError('transport-already-connected');
    this.#state = 'connecting';
    try {
      await checkedByMediasoup(
        ask(
          inSpan('worker connect', () =>
            this.#media.connect({ dtlsParameters: withUpperCase(dtlsParameters) }),
          ),
        ),
      );
    } catch (error) {
      if (!this.closed) this.#state = 'new';
      throw error;
    }
    this.#mustBeOpen();
    this.#state = 'connected';
  }

  async restartIce(): Promise<IceParameters> {
    const parameters = await ask(inSpan('worker restartIce', () => this.#media.restartIce()));
    this.#mustBeOpen();
    return parameters;
  }

  /** @throws CodedError `wrong-transport-direction`, `invalid-media-parameters` */
  async produce(request: ProduceRequest): Promise<Producer> {
    this.#mustBe('send');
    const media = await checkedByMediasoup(
      ask(
        inSpan('worker produce', () => this.#media.produce(producerOptions(request))),
        (late) => {
          late.close();
        },
      ),
    );
    if (this.closed) media.close();
    this.#mustBeOpen();
    const producer = new Producer(media, {
      participantId: this.participantId,
      source: request.source,
      log: this.#log,
      unwatchedPauseMs: this.#unwatchedPauseMs,
    });
    this.#producers.add(producer);
    producer.on('closed', () => {
      this.#producers.delete(producer);
    });
    this.emit('producer', producer);
    return producer;
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
    const media = await checkedByMediasoup(
      ask(
        inSpan('worker consume', () =>
          this.#media.consume({ producerId: localId, rtpCapabilities: relevant, paused: true }),
        ).catch(asIncompatible),
        (late) => {
          late.close();
        },
      ),
    );
    if (this.closed || producer.closed) media.close();
    this.#mustBeOpen();
    if (producer.closed) throw new CodedError('producer-not-found');
    const consumer = new Consumer(media, { participantId: this.participantId, producer, log: this.#log });
    this.#consumers.add(consumer);
    producer.addConsumer(consumer);
    consumer.on('closed', () => {
      this.#consumers.delete(consumer);
    });
    this.emit('consumer', consumer);
    return consumer;
  }

  /**
   * A data channel that the participant sends on.
   * @throws CodedError `wrong-transport-direction`, `no-sctp`, `invalid-media-parameters`
   */
  async produceData(request: ProduceDataRequest): Promise<DataProducer> {
    this.#mustBe('send');
    this.#mustHaveSctp();
    const { sctpStreamParameters, label, protocol } = request;
    const media = await checkedByMediasoup(
      ask(
        this.#media.produceData({
          sctpStreamParameters: streamParameters(sctpStreamParameters),
          label,
          protocol,
        }),
        (late) => {
          late.close();
        },
      ),
    );
    if (this.closed) media.close();
    this.#mustBeOpen();
    const producer = new DataProducer(media, { participantId: this.participantId, log: this.#log });
    this.#dataProducers.add(producer);
    producer.on('closed', () => {
      this.#dataProducers.delete(producer);
    });
    this.emit('data-producer', producer);
    return producer;
  }

  /**
   * A consumer of somebody's data channel.
   * @throws CodedError `data-producer-not-found` if it was closed meanwhile, `wrong-transport-direction`, `no-sctp`,
   *   `invalid-media-parameters`
   */
  async consumeData(producer: DataProducer, localId = producer.id): Promise<DataConsumer> {
    this.#mustBe('recv');
    this.#mustHaveSctp();
    const media = await checkedByMediasoup(
      ask(this.#media.consumeData({ dataProducerId: localId }), (late) => {
        late.close();
      }),
    );
    if (this.closed || producer.closed) media.close();
    this.#mustBeOpen();
    if (producer.closed) throw new CodedError('data-producer-not-found');
    const consumer = new DataConsumer(media, {
      participantId: this.participantId,
      dataProducerId: producer.id,
      log: this.#log,
    });
    this.#dataConsumers.add(consumer);
    producer.addConsumer(consumer);
    consumer.on('closed', () => {
      this.#dataConsumers.delete(consumer);
    });
    this.emit('data-consumer', consumer);
    return consumer;
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
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#disconnectedTimer);
    for (const producer of [...this.#producers]) producer.transportClosed(asProducerReason(reason));
    for (const producer of [...this.#dataProducers]) producer.transportClosed(asProducerReason(reason));
    // Takes the consumers with it: each of them would be one more request to the worker.
    this.#media.close();
    for (const consumer of [...this.#consumers]) consumer.transportClosed();
    for (const consumer of [...this.#dataConsumers]) consumer.parentClosed();
    this.emit('closed', reason);
  }

  /** Limits that mediasoup takes only once the transport is there. Nobody waits: the worker keeps the order of requests. */
  #limit({ maxIncoming, minOutgoing }: Bitrates): void {
    const limits: Promise<void>[] = [];
    if (this.direction === 'send' && maxIncoming > 0) {
      limits.push(this.#media.setMaxIncomingBitrate(maxIncoming));
    }
    if (this.direction === 'recv' && minOutgoing > 0) {
      limits.push(this.#media.setMinOutgoingBitrate(minOutgoing));
    }
    Promise.all(limits.map((limit) => ask(limit))).catch((error: unknown) => {
      if (!this.closed) this.#log.warn('a transport goes without its limits', { transport: this.id, error });
    });
  }

  #iceChanged(ice: IceState, limitMs: number): void {
    clearTimeout(this.#disconnectedTimer);
    if (ice === 'disconnected') {
      this.#disconnectedTimer = setTimeout(() => {
        this.close('peer-lost');
      }, limitMs);
      this.#disconnectedTimer.unref();
    }
    this.emit('state');
  }

  #dtlsChanged(dtls: DtlsState): void {
    this.emit('state');
    // Neither can be mended: there is one handshake per transport.
    if (dtls === 'failed' || dtls === 'closed') this.close('peer-lost');
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

/** RFC 8122 wants fingerprints in upper case, and the worker compares them letter by letter. */
function withUpperCase({ role, fingerprints }: DtlsParameters): DtlsParameters {
  return {
    ...(role && { role }),
    fingerprints: fingerprints.map(({ algorithm, value }) => ({ algorithm, value: value.toUpperCase() })),
  };
}
