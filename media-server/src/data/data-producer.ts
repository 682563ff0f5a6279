/**
 * One data channel a participant sends on. Its transport owns it; it ends with its transport or when asked to, and
 * takes its consumers, wherever they are, with it. It is never paused for want of receivers: a message would be lost.
 */
import type { Log } from '@crossfade/service/log';
import type { DataProducerInfo } from '@crossfade/shared/media-api';
import type { DataProducer as MediasoupDataProducer } from 'mediasoup/types';
import { Emitter } from '../emitter.ts';
import { OpenSet } from '../open-set.ts';
import type { ProducerClosedReason } from '../producers/producer.ts';
import type { DataConsumer } from './data-consumer.ts';

export class DataProducer extends Emitter<{ closed: [reason: ProducerClosedReason] }> {
  readonly participantId: string;
  readonly #media: MediasoupDataProducer;
  readonly #consumers = new OpenSet<DataConsumer>();
  #closed = false;

  constructor(media: MediasoupDataProducer, options: { participantId: string; log: Log }) {
    super(options.log);
    this.#media = media;
    this.participantId = options.participantId;
  }

  get id(): string {
    return this.#media.id;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get info(): DataProducerInfo {
    const { label, protocol } = this.#media;
    return { dataProducerId: this.id, participantId: this.participantId, label, protocol };
  }

  /** A consumer of this producer, closed with it. */
  addConsumer(consumer: DataConsumer): void {
    this.#consumers.add(consumer);
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
    for (const consumer of this.#consumers) consumer.parentClosed();
    this.#media.close();
    this.emit('closed', reason);
  }
}
