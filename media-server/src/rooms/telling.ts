/** What a room tells of the things in it: their own events, as events of the room. See the table in docs/protocol.md. */
import type { RoomEvent } from '@crossfade/shared/media-events';
import type { Consumer } from '../consumers/consumer.ts';
import type { DataProducer } from '../data/data-producer.ts';
import type { RoomAudio } from '../observers/room-audio.ts';
import type { Producer } from '../producers/producer.ts';
import type { Transport } from '../transports/transport.ts';

/** Where it is told. */
export interface Audience {
  /** Whether the whole room ends: what readers drop with it is not told one by one. */
  isEnding(): boolean;
  publish(event: RoomEvent): void;
}

export function tellOfTransport(transport: Transport, audience: Audience): void {
  const { id: transportId, participantId } = transport;
  const tellState = () => {
    const { ice, dtls } = transport;
    audience.publish({ type: 'transport-state', transportId, participantId, ice, dtls });
  };
  transport.on('state', tellState).on('closed', () => {
    if (!audience.isEnding()) tellState();
  });
}

export function tellOfProducer(producer: Producer, audience: Audience): void {
  const { id: producerId, participantId } = producer;
  producer
    .on('paused', (by) => {
      audience.publish({ type: 'producer-paused', producerId, participantId, by });
    })
    .on('resumed', (by) => {
      audience.publish({ type: 'producer-resumed', producerId, participantId, by });
    })
    .on('wanted-layer', (spatialLayer) => {
      audience.publish({ type: 'producer-wanted-layers', producerId, participantId, spatialLayer });
    })
    .on('score', (score) => {
      audience.publish({ type: 'producer-score', producerId, participantId, score });
    })
    .on('closed', (reason) => {
      audience.publish({ type: 'producer-closed', producerId, participantId, reason });
    });
  audience.publish({ type: 'new-producer', ...producer.info });
}

export function tellOfConsumer(consumer: Consumer, audience: Audience): void {
  const { id: consumerId, producerId, participantId } = consumer;
  consumer
    .on('score', (scores) => {
      audience.publish({ type: 'consumer-score', consumerId, producerId, participantId, ...scores });
    })
    .on('layers', (layers) => {
      audience.publish({ type: 'consumer-layers-changed', consumerId, producerId, participantId, layers });
    })
    .on('closed', (reason) => {
      if (audience.isEnding()) return;
      audience.publish({ type: 'consumer-closed', consumerId, producerId, participantId, reason });
    });
}

export function tellOfDataProducer(producer: DataProducer, audience: Audience): void {
  const { id: dataProducerId, participantId } = producer;
  producer.on('closed', (reason) => {
    audience.publish({ type: 'data-producer-closed', dataProducerId, participantId, reason });
  });
  audience.publish({ type: 'data-producer-opened', ...producer.info });
}

export function tellOfAudio(audio: RoomAudio, audience: Audience): void {
  audio
    .on('levels', (levels) => {
      audience.publish({ type: 'audio-levels', levels });
    })
    .on('speaker', (speaker) => {
      audience.publish({ type: 'active-speaker', ...(speaker ?? { participantId: null, producerId: null }) });
    });
}
