/** Asks the workers for the figures of a whole room at once: as long as the slowest answer, 4 s at most. */
import { CodedError } from '@crossfade/shared/errors';
import type { RoomStats } from '@crossfade/shared/media-api';
import type { Consumer } from '../consumers/consumer.ts';
import type { Producer } from '../producers/producer.ts';
import type { Transport } from '../transports/transport.ts';
import {
  consumerStreams,
  producerStreams,
  transportFigures,
  type ConsumerFigures,
  type ProducerFigures,
} from './room-stats.ts';

/** @throws CodedError `timeout`, `no-capacity` if a worker does not answer */
export async function collectStats(room: {
  id: string;
  transports: Iterable<Transport>;
}): Promise<RoomStats> {
  const figures = await Promise.all([...room.transports].map(figuresOf));
  const byParticipant = Map.groupBy(figures.flat(), ({ participantId }) => participantId);
  return {
    roomId: room.id,
    at: new Date().toISOString(),
    participants: [...byParticipant].map(([participantId, own]) => ({
      participantId,
      transports: own.map(({ transport }) => transport),
      producers: own.flatMap(({ producers }) => producers),
      consumers: own.flatMap(({ consumers }) => consumers),
    })),
  };
}

async function figuresOf(transport: Transport) {
  const [own, producers, consumers] = await Promise.all([
    unlessGone(transport.stats()),
    Promise.all([...transport.producers].map(async (producer) => unlessGone(producerFigures(producer)))),
    Promise.all([...transport.consumers].map(async (consumer) => unlessGone(consumerFigures(consumer)))),
  ]);
  if (transport.closed) return [];
  const open = { producers: producers.filter(isThere), consumers: consumers.filter(isThere) };
  const streams = [...open.producers, ...open.consumers].flatMap(
    (one): { rttMs: number | null }[] => one.streams,
  );
  return [
    { participantId: transport.participantId, transport: transportFigures(transport, own, streams), ...open },
  ];
}

async function producerFigures(producer: Producer): Promise<ProducerFigures> {
  const streams = producerStreams(await producer.stats());
  return { producerId: producer.id, source: producer.source, score: producer.score, streams };
}

async function consumerFigures(consumer: Consumer): Promise<ConsumerFigures> {
  const streams = consumerStreams(await consumer.stats());
  const { id: consumerId, producerId, paused, score, currentLayers } = consumer;
  return { consumerId, producerId, paused, score, currentLayers, streams };
}

/** What was closed while it was asked is not in the room any more. */
async function unlessGone<T>(figures: Promise<T>): Promise<T | undefined> {
  try {
    return await figures;
  } catch (error) {
    if (error instanceof CodedError && error.status === 404) return undefined;
    throw error;
  }
}

function isThere<T>(figures: T | undefined): figures is T {
  return figures !== undefined;
}
