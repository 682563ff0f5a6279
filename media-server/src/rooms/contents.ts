/**
 * Everything that is open in one room, whoever has it: transports are put in, and what is made on them follows. Each is
 * counted, for metrics and for the quotas of its owner, and told of; it leaves when it closes.
 */
import type { Consumer } from '../consumers/consumer.ts';
import type { DataConsumer } from '../data/data-consumer.ts';
import type { DataProducer } from '../data/data-producer.ts';
import type { EntityCounts } from '../metrics/entity-counts.ts';
import type { Producer } from '../producers/producer.ts';
import type { Owned, OwnedKind } from '../quotas/limits.ts';
import type { Transport } from '../transports/transport.ts';
import { Holdings } from './holdings.ts';
import { Registry, type RegistryOptions } from './registry.ts';
import type { RoomMedia } from './room-media.ts';
import {
  tellOfConsumer,
  tellOfDataProducer,
  tellOfProducer,
  tellOfTransport,
  type Audience,
} from './telling.ts';

export class Contents {
  readonly transports: Registry<Transport>;
  readonly producers: Registry<Producer>;
  readonly consumers: Registry<Consumer>;
  readonly dataProducers: Registry<DataProducer>;
  readonly dataConsumers: Registry<DataConsumer>;
  readonly #holdings = new Holdings();
  readonly #audience: Audience;

  constructor({ counts, audience }: { counts: EntityCounts; audience: Audience }) {
    this.#audience = audience;
    const counted = (
      kind: 'transport' | 'producer' | 'consumer' | 'data-producer' | 'data-consumer',
      owned: OwnedKind,
    ): RegistryOptions => ({
      notFound: `${kind}-not-found`,
      onAdded: (participantId) => {
        counts.created(kind);
        this.#holdings.add(owned, participantId);
      },
      onRemoved: (participantId) => {
        counts.closed(kind);
        this.#holdings.remove(owned, participantId);
      },
    });
    this.transports = new Registry(counted('transport', 'transports'));
    this.producers = new Registry(counted('producer', 'producers'));
    this.consumers = new Registry(counted('consumer', 'consumers'));
    this.dataProducers = new Registry(counted('data-producer', 'dataProducers'));
    this.dataConsumers = new Registry(counted('data-consumer', 'dataConsumers'));
  }

  /** How much there is, whoever has it. */
  get size(): Owned {
    return {
      transports: this.transports.size,
      producers: this.producers.size,
      consumers: this.consumers.size,
      dataProducers: this.dataProducers.size,
      dataConsumers: this.dataConsumers.size,
    };
  }

  /** What this participant has. */
  ownedBy(participantId: string): Owned {
    return this.#holdings.of(participantId);
  }

  /** Whose statistics are worth a look: what is paused sends nothing. */
  get streams(): { inbound: Producer[]; outbound: Consumer[] } {
    return { inbound: [...this.producers], outbound: [...this.consumers].filter(({ paused }) => !paused) };
  }

  /** @param media where it was made */
  add(transport: Transport, media: RoomMedia): void {
    this.transports.add(transport);
    tellOfTransport(transport, this.#audience);
    transport
      .on('producer', (producer) => {
        this.#addProducer(producer, media);
      })
      .on('consumer', (consumer) => {
        this.consumers.add(consumer);
        consumer.on('closed', media.countConsumer(consumer.participantId));
        tellOfConsumer(consumer, this.#audience);
      })
      .on('data-producer', (producer) => {
        this.dataProducers.add(producer);
        tellOfDataProducer(producer, this.#audience);
      })
      .on('data-consumer', (consumer) => {
        this.dataConsumers.add(consumer);
      });
  }

  /** A participant goes: its transports are closed, and everything on them with them. */
  closeOwnedBy(participantId: string): void {
    for (const transport of [...this.transports]) {
      if (transport.participantId === participantId) transport.close('participant-left');
    }
  }

  /** The room is being closed, or leaves its workers. */
  roomClosed(): void {
    for (const transport of [...this.transports]) transport.roomClosed();
  }

  #addProducer(producer: Producer, media: RoomMedia): void {
    this.producers.add(producer);
    // Before its end is told: who was the speaker is not any more.
    producer.on('closed', () => {
      media.forget(producer);
    });
    tellOfProducer(producer, this.#audience);
    media.listenTo(producer);
  }
}
