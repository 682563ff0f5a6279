/**
 * One receiver's copy of one producer. Its transport owns it; it ends with its transport, with its producer, or when
 * asked to.
 */
import type { Log } from '@crossfade/service/log';
import { inSpan } from '@crossfade/service/tracing';
import type { ConsumerAnswer } from '@crossfade/shared/media-api';
import type { consumerClosedReasonSchema } from '@crossfade/shared/media-events';
import type { MediaKind, RtpParameters } from '@crossfade/shared/rtp';
import type { ConsumerStat, Consumer as MediasoupConsumer, ProducerStat } from 'mediasoup/types';
import type { z } from 'zod';
import { Emitter } from '../emitter.ts';
import { ask } from '../workers/ask.ts';

export type ConsumerClosedReason = z.infer<typeof consumerClosedReasonSchema>;

export class Consumer extends Emitter<{ closed: [reason: ConsumerClosedReason] }> {
  /** Who receives. */
  readonly participantId: string;
  /** Whom it follows, by the id everyone knows: in another worker than the producer's it consumes a copy of it. */
  readonly producerId: string;
  readonly #media: MediasoupConsumer;
  #closed = false;

  constructor(media: MediasoupConsumer, options: { participantId: string; producerId: string; log: Log }) {
    super(options.log);
    this.#media = media;
    this.participantId = options.participantId;
    this.producerId = options.producerId;
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

  get paused(): boolean {
    return this.#media.paused;
  }

  get answer(): ConsumerAnswer {
    const { producerId } = this;
    const { id, kind, type, producerPaused } = this.#media;
    // mediasoup leaves the type of codec parameters open.
    const rtpParameters = this.#media.rtpParameters as RtpParameters;
    return { id, producerId, kind, rtpParameters, type, producerPaused };
  }

  /** Starts sending; for video it begins with a key frame, asked for as soon as the transport is connected. */
  resume(): Promise<void> {
    return ask(inSpan('worker resumeConsumer', () => this.#media.resume()));
  }

  pause(): Promise<void> {
    return ask(inSpan('worker pauseConsumer', () => this.#media.pause()));
  }

  requestKeyFrame(): Promise<void> {
    return ask(inSpan('worker requestKeyFrame', () => this.#media.requestKeyFrame()));
  }

  /** As the worker has them. */
  stats(): Promise<(ConsumerStat | ProducerStat)[]> {
    return ask(this.#media.getStats());
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
    this.#media.close();
    this.emit('closed', reason);
  }
}
