/**
 * One receiver's copy of one producer. Its transport owns it; it ends with its transport, with its producer, or when
 * asked to. Its receiver may pause it; apart from that it is held back while its producer is not among the loudest.
 */
import type { Log } from '@crossfade/service/log';
import { inSpan } from '@crossfade/service/tracing';
import { CodedError } from '@crossfade/shared/errors';
import type { ConsumerAnswer, Layers, PatchConsumerRequest } from '@crossfade/shared/media-api';
import type { consumerClosedReasonSchema } from '@crossfade/shared/media-events';
import type { MediaKind, RtpParameters } from '@crossfade/shared/rtp';
import type {
  ConsumerLayers,
  ConsumerStat,
  Consumer as MediasoupConsumer,
  ProducerStat,
} from 'mediasoup/types';
import type { z } from 'zod';
import { Emitter } from '../emitter.ts';
import { Gate } from '../gate.ts';
import { Sampler } from '../sampler.ts';
import { FULL_SCORE, SCORE_INTERVAL_MS, scoreWorthTelling } from '../stats/score.ts';
import { ask } from '../workers/ask.ts';

export type ConsumerClosedReason = z.infer<typeof consumerClosedReasonSchema>;

/** 0 (nothing) to 10 (all of it): of what is sent to the receiver, and of the producer it comes from. */
interface Scores {
  score: number;
  producerScore: number;
}

/** Who holds a consumer back: its receiver, or the server because others are louder. */
type HeldBy = 'receiver' | 'loudness';

/** Milliseconds between two changes of layers told of one consumer: while it finds its bandwidth there are many. */
const LAYERS_INTERVAL_MS = 1_000;

interface ConsumerEvents {
  closed: [reason: ConsumerClosedReason];
  /** `wanted` or `layerWish` has changed. */
  wish: [];
  score: [scores: Scores];
  /** What is being sent; null: nothing. */
  layers: [layers: Layers | null];
}

export interface ConsumerSettings {
  /** Who receives. */
  participantId: string;
  /** What it follows. */
  producer: { readonly id: string; readonly paused: boolean };
  log: Log;
}

export class Consumer extends Emitter<ConsumerEvents> {
  readonly participantId: string;
  /** Whom it follows, by the id everyone knows: in another worker than the producer's it consumes a copy of it. */
  readonly producerId: string;
  readonly #media: MediasoupConsumer;
  readonly #producer: { readonly paused: boolean };
  readonly #log: Log;
  readonly #gate: Gate<HeldBy>;
  readonly #scores: Sampler<Scores>;
  readonly #layers: Sampler<Layers | null>;
  #layerWish: number | undefined;
  #closed = false;

  constructor(media: MediasoupConsumer, settings: ConsumerSettings) {
    super(settings.log);
    this.#media = media;
    this.#log = settings.log;
    this.participantId = settings.participantId;
    this.producerId = settings.producer.id;
    this.#producer = settings.producer;
    this.#gate = new Gate<HeldBy>(media, media.paused ? ['receiver'] : []);
    this.#scores = new Sampler<Scores>({
      intervalMs: SCORE_INTERVAL_MS,
      delayMs: SCORE_INTERVAL_MS,
      initial: { score: FULL_SCORE, producerScore: FULL_SCORE },
      worthTelling: (told, now) =>
        scoreWorthTelling(told.score, now.score) || scoreWorthTelling(told.producerScore, now.producerScore),
      tell: (scores) => {
        this.emit('score', scores);
      },
    });
    this.#layers = new Sampler<Layers | null>({
      intervalMs: LAYERS_INTERVAL_MS,
      initial: null,
      worthTelling: (told, now) => !sameLayers(told, now),
      tell: (layers) => {
        this.emit('layers', layers);
      },
    });
    media.on('score', ({ score, producerScore }) => {
      this.#scores.offer({ score, producerScore });
    });
    media.on('layerschange', (layers) => {
      this.#layers.offer(layersOf(layers));
    });
  }

  get id(): string {
    return this.#media.id;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get kind(): MediaKind {
    return this.#media.kind;
  }

  /** Whether its receiver wants it paused. */
  get paused(): boolean {
    return this.#gate.heldBy('receiver');
  }

  /** Whether its receiver wants it, from the moment that was asked. */
  get wanted(): boolean {
    return !this.#closed && !this.#gate.wantedBy('receiver');
  }

  /** The size its receiver wants, 0 the smallest, from the moment that was asked; undefined: the largest. */
  get layerWish(): number | undefined {
    return this.#layerWish;
  }

  /** 0 to 10: what the receiver gets of it. */
  get score(): number {
    return this.#media.score.score;
  }

  /** Of simulcast and SVC: what is being sent; null for others and while nothing is. */
  get currentLayers(): Layers | null {
    return layersOf(this.#media.currentLayers);
  }

  get answer(): ConsumerAnswer {
    const { producerId } = this;
    const { id, kind, type } = this.#media;
    // mediasoup leaves the type of codec parameters open.
    const rtpParameters = this.#media.rtpParameters as RtpParameters;
    return { id, producerId, kind, rtpParameters, type, producerPaused: this.#producer.paused };
  }

  /**
   * Starts sending, on the receiver's account; for video it begins with a key frame, asked for as soon as the transport
   * is connected. @throws CodedError
   */
  async resume(): Promise<void> {
    const released = this.#gate.release('receiver');
    this.emit('wish');
    await this.#ask(released);
  }

  /** On the receiver's account. @throws CodedError */
  async pause(): Promise<void> {
    const held = this.#gate.hold('receiver');
    this.emit('wish');
    await this.#ask(held);
  }

  /** Whether the server holds it back because others are louder; its receiver is not asked and not told. */
  muffle(muffled: boolean): void {
    if (this.#closed || this.#gate.wantedBy('loudness') === muffled) return;
    const work = muffled ? this.#gate.hold('loudness') : this.#gate.release('loudness');
    work.catch((error: unknown) => {
      if (!this.#closed)
        this.#log.warn('a consumer did not follow the loudest', { consumer: this.id, error });
    });
  }

  requestKeyFrame(): Promise<void> {
    return this.#ask(ask(inSpan('worker requestKeyFrame', () => this.#media.requestKeyFrame())));
  }

  /** Wishes for video of several layers, and its share of the bandwidth; others take them without effect. @throws CodedError */
  async patch({ preferredLayers, priority }: PatchConsumerRequest): Promise<void> {
    if (preferredLayers) {
      this.#layerWish = preferredLayers.spatialLayer;
      this.emit('wish');
    }
    await this.#ask(
      Promise.all([
        preferredLayers && ask(this.#media.setPreferredLayers(withoutUndefined(preferredLayers))),
        priority !== undefined && ask(this.#media.setPriority(priority)),
      ]),
    );
  }

  /** @throws CodedError `consumer-not-found` if it was closed meanwhile */
  stats(): Promise<(ConsumerStat | ProducerStat)[]> {
    return this.#ask(ask(this.#media.getStats()));
  }

  close(): void {
    this.#end('closed');
  }

  /** The producer is being closed. */
  producerClosed(): void {
    this.#end('producer-closed');
  }

  /** The transport is being closed. */
  transportClosed(): void {
    this.#end('transport-closed');
  }

  #end(reason: ConsumerClosedReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#scores.stop();
    this.#layers.stop();
    this.#media.close();
    this.emit('closed', reason);
  }

  async #ask<T>(request: Promise<T>): Promise<T> {
    try {
      return await request;
    } catch (error) {
      if (this.#closed) throw new CodedError('consumer-not-found', undefined, { cause: error });
      throw error;
    }
  }
}

function layersOf(layers: ConsumerLayers | undefined): Layers | null {
  return layers ? withoutUndefined(layers) : null;
}

function withoutUndefined({ spatialLayer, temporalLayer }: ConsumerLayers | Layers): {
  spatialLayer: number;
  temporalLayer?: number;
} {
  return temporalLayer === undefined ? { spatialLayer } : { spatialLayer, temporalLayer };
}

function sameLayers(one: Layers | null, other: Layers | null): boolean {
  return one?.spatialLayer === other?.spatialLayer && one?.temporalLayer === other?.temporalLayer;
}
