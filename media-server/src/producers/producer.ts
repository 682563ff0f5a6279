/**
 * One track a participant sends. Its transport owns it; it ends with its transport or when asked to, and takes its
 * consumers, wherever they are, with it.
 */
import type { Log } from '@crossfade/service/log';
import { inSpan } from '@crossfade/service/tracing';
import type { ProducerInfo } from '@crossfade/shared/media-api';
import type { producerClosedReasonSchema } from '@crossfade/shared/media-events';
import type { MediaSource } from '@crossfade/shared/rtp';
import type { ProducerStat, Producer as MediasoupProducer } from 'mediasoup/types';
import type { z } from 'zod';
import type { Consumer } from '../consumers/consumer.ts';
import type { ProducedAs } from '../consumers/relevant-capabilities.ts';
import { Emitter } from '../emitter.ts';
import { ask } from '../workers/ask.ts';

export type ProducerClosedReason = z.infer<typeof producerClosedReasonSchema>;

/** Who asked for a pause: the participant whose track it is, or the server on its own account. */
export type PausedBy = 'owner' | 'server';

interface ProducerEvents {
  closed: [reason: ProducerClosedReason];
  paused: [by: PausedBy];
  resumed: [by: PausedBy];
}

export class Producer extends Emitter<ProducerEvents> {
  readonly participantId: string;
  readonly source: MediaSource;
  /** What decides how others can receive it. */
  readonly producedAs: ProducedAs;
  readonly #media: MediasoupProducer;
  readonly #consumers = new Set<Consumer>();
  #paused: boolean;
  #closed = false;

  constructor(media: MediasoupProducer, options: { participantId: string; source: MediaSource; log: Log }) {
    super(options.log);
    this.#media = media;
    this.participantId = options.participantId;
    this.source = options.source;
    this.#paused = media.paused;
    this.producedAs = {
      kind: media.kind,
      mimeTypes: new Set(media.rtpParameters.codecs.map(({ mimeType }) => mimeType.toLowerCase())),
    };
  }

  get id(): string {
    return this.#media.id;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get info(): ProducerInfo {
    return {
      producerId: this.id,
      participantId: this.participantId,
      kind: this.#media.kind,
      source: this.source,
      paused: this.#paused,
    };
  }

  /** A consumer of this producer, closed with it. */
  addConsumer(consumer: Consumer): void {
    this.#consumers.add(consumer);
    consumer.on('closed', () => {
      this.#consumers.delete(consumer);
    });
  }

  async pause(by: PausedBy): Promise<void> {
    await ask(inSpan('worker pauseProducer', () => this.#media.pause()));
    if (this.#closed || this.#paused) return;
    this.#paused = true;
    this.emit('paused', by);
  }

  async resume(by: PausedBy): Promise<void> {
    await ask(inSpan('worker resumeProducer', () => this.#media.resume()));
    if (this.#closed || !this.#paused) return;
    this.#paused = false;
    this.emit('resumed', by);
  }

  /** As the worker has them. */
  stats(): Promise<ProducerStat[]> {
    return ask(this.#media.getStats());
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
    for (const consumer of [...this.#consumers]) consumer.producerClosed();
    this.#media.close();
    this.emit('closed', reason);
  }
}
