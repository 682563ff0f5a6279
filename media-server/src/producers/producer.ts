/**
 * One track a participant sends. Its transport owns it; it ends with its transport or when asked to, and takes its
 * consumers, wherever they are, with it. Who sends it may pause it; apart from that the server pauses it while nobody
 * receives it.
 */
import type { Log } from '@crossfade/service/log';
import { CodedError } from '@crossfade/shared/errors';
import type { ProducerDemand, ProducerInfo } from '@crossfade/shared/media-api';
import type { producerClosedReasonSchema } from '@crossfade/shared/media-events';
import type { MediaKind, MediaSource } from '@crossfade/shared/rtp';
import type { Producer as MediasoupProducer, ProducerStat } from 'mediasoup/types';
import type { z } from 'zod';
import type { Consumer } from '../consumers/consumer.ts';
import type { ProducedAs } from '../consumers/relevant-capabilities.ts';
import { Emitter } from '../emitter.ts';
import { Gate } from '../gate.ts';
import { OpenSet } from '../open-set.ts';
import { Sampler } from '../sampler.ts';
import { FULL_SCORE, SCORE_INTERVAL_MS, scoreWorthTelling } from '../stats/score.ts';
import { ask } from '../workers/ask.ts';
import { consumableOnce } from './consumable-once.ts';
import { LayerTeller } from './layer-teller.ts';
import { largestLayer, type LayerWish } from './wanted-layers.ts';

export type ProducerClosedReason = z.infer<typeof producerClosedReasonSchema>;

/** Who holds a track back: whoever the API was asked by, or the server because nobody receives it. */
export type PausedBy = 'owner' | 'server';

interface ProducerEvents {
  closed: [reason: ProducerClosedReason];
  paused: [by: PausedBy];
  resumed: [by: PausedBy];
  /** 0 to 10, the best of its layers. */
  score: [score: number];
  /** Another size is now the largest that somebody wants, 0 the smallest. */
  'wanted-layer': [layer: number];
}

export interface ProducerSettings {
  participantId: string;
  source: MediaSource;
  log: Log;
  /** Milliseconds without a receiver after which the server pauses it; 0: never. */
  unwatchedPauseMs: number;
  /** Milliseconds after which its sender is told that nobody wants its larger sizes; 0: never. */
  unwantedLayersMs: number;
}

export class Producer extends Emitter<ProducerEvents> {
  readonly participantId: string;
  readonly source: MediaSource;
  readonly #media: MediasoupProducer;
  readonly #log: Log;
  readonly #unwatchedPauseMs: number;
  readonly #consumers = new OpenSet<Consumer>();
  readonly #gate: Gate<PausedBy>;
  readonly #scores: Sampler<number>;
  /** Of a producer in several sizes. */
  readonly #layers: LayerTeller | null;
  #unwatchedTimer: NodeJS.Timeout | undefined;
  /** Whether it is one of those that are not forwarded because others are louder. */
  #muffled = false;
  #producedAs: ProducedAs | undefined;
  #closed = false;

  constructor(media: MediasoupProducer, settings: ProducerSettings) {
    super(settings.log);
    this.#media = media;
    this.#log = settings.log;
    this.participantId = settings.participantId;
    this.source = settings.source;
    this.#unwatchedPauseMs = settings.unwatchedPauseMs;
    this.#gate = new Gate<PausedBy>(media, media.paused ? ['owner'] : []);
    this.#scores = new Sampler({
      intervalMs: SCORE_INTERVAL_MS,
      delayMs: SCORE_INTERVAL_MS,
      initial: FULL_SCORE,
      worthTelling: scoreWorthTelling,
      tell: (score) => {
        this.emit('score', score);
      },
    });
    media.on('score', () => {
      // Who was asked to send nothing, or has chosen to, is not sending badly.
      if (!media.paused) this.#scores.offer(this.score);
    });
    const largest = largestLayer(media);
    this.#layers =
      largest === null || settings.unwantedLayersMs === 0
        ? null
        : new LayerTeller({
            largest,
            delayMs: settings.unwantedLayersMs,
            wishes: () => this.#wishes(),
            tell: (layer) => {
              this.emit('wanted-layer', layer);
            },
          });
    this.#watchersChanged();
  }

  get id(): string {
    return this.#media.id;
  }

  get kind(): MediaKind {
    return this.#media.kind;
  }

  /** What decides how others can receive it; looked at with the first of them. */
  get producedAs(): ProducedAs {
    this.#producedAs ??= {
      kind: this.kind,
      mimeTypes: new Set(consumableOnce(this.#media).codecs.map(({ mimeType }) => mimeType.toLowerCase())),
    };
    return this.#producedAs;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether its owner wants it paused. That the server does is nobody's choice, and not shown as one. */
  get paused(): boolean {
    return this.#gate.heldBy('owner');
  }

  /** 0 (nothing arrives) to 10, the best of its layers. */
  get score(): number {
    return Math.max(0, ...this.#media.score.map(({ score }) => score));
  }

  /** What of it the server takes in, and which sizes of it somebody wants. */
  get demand(): ProducerDemand {
    return { pausedByServer: this.#gate.heldBy('server'), wantedSpatialLayer: this.#layers?.told ?? null };
  }

  get info(): ProducerInfo {
    return {
      producerId: this.id,
      participantId: this.participantId,
      kind: this.kind,
      source: this.source,
      // Only what is and stays so: whoever looks must not take what is just about to flow for silent.
      paused: this.paused && this.#gate.wantedBy('owner'),
    };
  }

  /** A consumer of this producer, closed with it. */
  addConsumer(consumer: Consumer): void {
    this.#consumers.add(consumer);
    consumer
      .on('wish', () => {
        this.#watchersChanged();
      })
      .on('closed', () => {
        this.#watchersChanged();
      });
    if (this.#muffled) consumer.muffle(true);
  }

  /** Whether it is forwarded, apart from what its receivers want: others may be louder. */
  muffle(muffled: boolean): void {
    if (this.#muffled === muffled) return;
    this.#muffled = muffled;
    for (const consumer of this.#consumers) consumer.muffle(muffled);
  }

  /** On its owner's account. @throws CodedError */
  async pause(): Promise<void> {
    await this.#hold('owner');
  }

  /** On its owner's account; while the server pauses it, it flows only when somebody wants to receive it. @throws CodedError */
  async resume(): Promise<void> {
    await this.#release('owner');
    // Who has just been switched on is not switched off at once.
    this.#restartTimer();
  }

  /** @throws CodedError `producer-not-found` if it was closed meanwhile */
  stats(): Promise<ProducerStat[]> {
    return this.#ask(ask(this.#media.getStats()));
  }

  close(): void {
    this.#end('closed');
  }

  /** The transport is being closed. */
  transportClosed(reason: Exclude<ProducerClosedReason, 'closed'>): void {
    this.#end(reason);
  }

  #end(reason: ProducerClosedReason): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#unwatchedTimer);
    this.#scores.stop();
    this.#layers?.stop();
    for (const consumer of this.#consumers) consumer.producerClosed();
    this.#media.close();
    this.emit('closed', reason);
  }

  async #hold(by: PausedBy): Promise<void> {
    const changed = await this.#ask(this.#gate.hold(by));
    if (changed && !this.#closed) this.emit('paused', by);
  }

  async #release(by: PausedBy): Promise<void> {
    const changed = await this.#ask(this.#gate.release(by));
    if (changed && !this.#closed) this.emit('resumed', by);
  }

  *#wishes(): Generator<LayerWish> {
    for (const { wanted, layerWish } of this.#consumers) if (wanted) yield layerWish;
  }

  get #watched(): boolean {
    return [...this.#consumers].some(({ wanted }) => wanted);
  }

  #watchersChanged(): void {
    if (this.#closed) return;
    this.#layers?.review();
    if (!this.#watched) {
      if (!this.#unwatchedTimer) this.#restartTimer();
      return;
    }
    clearTimeout(this.#unwatchedTimer);
    this.#unwatchedTimer = undefined;
    if (this.#gate.wantedBy('server')) this.#inBackground(this.#release('server'));
  }

  #restartTimer(): void {
    clearTimeout(this.#unwatchedTimer);
    this.#unwatchedTimer = undefined;
    if (this.#closed || this.#watched || this.#unwatchedPauseMs === 0) return;
    if (this.#gate.wantedBy('server')) return;
    this.#unwatchedTimer = setTimeout(() => {
      this.#unwatchedTimer = undefined;
      // What its owner has paused sends nothing as it is; when it is resumed, the time begins anew.
      if (!this.#gate.wantedBy('owner')) this.#inBackground(this.#hold('server'));
    }, this.#unwatchedPauseMs);
    this.#unwatchedTimer.unref();
  }

  /** What the server does on its own account has nobody to be answered to. */
  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#closed)
        this.#log.warn('a producer did not follow its receivers', { producer: this.id, error });
    });
  }

  async #ask<T>(request: Promise<T>): Promise<T> {
    try {
      return await request;
    } catch (error) {
      if (this.#closed) throw new CodedError('producer-not-found', undefined, { cause: error });
      throw error;
    }
  }
}
