/**
 * One receiver's end of a data producer. Its transport owns it; it ends with its transport, with its data producer, or
 * when asked to.
 */
import type { Log } from '@crossfade/service/log';
import { CodedError } from '@crossfade/shared/errors';
import type { ConsumeDataAnswer } from '@crossfade/shared/media-api';
import type { DataConsumer as MediasoupDataConsumer } from 'mediasoup/types';
import { Emitter } from '../emitter.ts';

export class DataConsumer extends Emitter<{ closed: [] }> {
  /** Who receives. */
  readonly participantId: string;
  /** What it follows, by the id everyone knows. */
  readonly dataProducerId: string;
  readonly #media: MediasoupDataConsumer;
  #closed = false;

  constructor(
    media: MediasoupDataConsumer,
    options: { participantId: string; dataProducerId: string; log: Log },
  ) {
    super(options.log);
    this.#media = media;
    this.participantId = options.participantId;
    this.dataProducerId = options.dataProducerId;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get id(): string {
    return this.#media.id;
  }

  get answer(): ConsumeDataAnswer {
    const { dataProducerId } = this;
    const { id, sctpStreamParameters, label, protocol } = this.#media;
    // Only a consumer outside SCTP has none, and there is none here.
    if (!sctpStreamParameters) throw new CodedError('internal');
    return { id, dataProducerId, sctpStreamParameters, label, protocol };
  }

  close(): void {
    this.#end();
  }

  /** The transport or the data producer is being closed. */
  parentClosed(): void {
    this.#end();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#media.close();
    this.emit('closed');
  }
}
