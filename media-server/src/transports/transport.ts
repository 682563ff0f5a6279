/**
 * One WebRTC transport of a participant, for sending or for receiving. The room owns it; it ends with the room, when
 * its participant leaves, when asked to, or when its peer is gone for good, and takes its producers and consumers
 * with it.
 */
import type { Log } from '@crossfade/service/log';
import { inSpan } from '@crossfade/service/tracing';
import { CodedError } from '@crossfade/shared/errors';
import type { CreateTransportAnswer } from '@crossfade/shared/media-api';
import type { DtlsParameters, IceParameters, RtpCapabilities } from '@crossfade/shared/rtp';
import { errors } from 'mediasoup';
import type { DtlsState, IceState, WebRtcTransport } from 'mediasoup/types';
import { Consumer } from '../consumers/consumer.ts';
import { relevantCapabilities } from '../consumers/relevant-capabilities.ts';
import { Emitter } from '../emitter.ts';
import { producerOptions, type ProduceRequest } from '../producers/options.ts';
import { Producer } from '../producers/producer.ts';
import { ask, checkedByMediasoup } from '../workers/ask.ts';

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
  closed: [reason: TransportClosedReason];
}

export class Transport extends Emitter<TransportEvents> {
  readonly participantId: string;
  readonly direction: Direction;
  readonly #media: WebRtcTransport;
  readonly #log: Log;
  readonly #producers = new Set<Producer>();
  readonly #consumers = new Set<Consumer>();
  #state: TransportState = 'new';
  #disconnectedTimer: NodeJS.Timeout | undefined;

  constructor(
    media: WebRtcTransport,
    options: { participantId: string; direction: Direction; log: Log; disconnectedLimitMs?: number },
  ) {
    super(options.log);
    this.#media = media;
    this.#log = options.log;
    this.participantId = options.participantId;
    this.direction = options.direction;
    const limitMs = options.disconnectedLimitMs ?? DISCONNECTED_LIMIT_MS;
    media.on('icestatechange', (ice) => {
      this.#iceChanged(ice, limitMs);
    });
    media.on('dtlsstatechange', (dtls) => {
      this.#dtlsChanged(dtls);
    });
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
    const { id, iceParameters, iceCandidates, dtlsParameters } = this.#media;
    return { id, iceParameters, iceCandidates, dtlsParameters };
  }

  /** How much is open on it. */
  get size() {
    return { producers: this.#producers.size, consumers: this.#consumers.size };
  }

  /** The open consumers, for snapshots. */
  get consumers(): Iterable<Consumer> {
    return this.#consumers;
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
    const consumer = new Consumer(media, {
      participantId: this.participantId,
      producerId: producer.id,
      log: this.#log,
    });
    this.#consumers.add(consumer);
    producer.addConsumer(consumer);
    consumer.on('closed', () => {
      this.#consumers.delete(consumer);
    });
    this.emit('consumer', consumer);
    return consumer;
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
    for (const consumer of [...this.#consumers]) consumer.transportClosed();
    this.#media.close();
    this.emit('closed', reason);
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
