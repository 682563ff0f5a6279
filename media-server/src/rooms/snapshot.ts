/** What a room shows of itself. Pure. */
import type {
  DataProducerInfo,
  ProducerDemand,
  ProducerInfo,
  RoomSnapshot,
} from '@crossfade/shared/media-api';
import type { MediaKind } from '@crossfade/shared/rtp';

interface TransportView {
  id: string;
  participantId: string;
  direction: 'send' | 'recv';
  ice: string;
  dtls: string;
  consumers: Iterable<{ id: string; producerId: string; kind: MediaKind; paused: boolean }>;
}

export interface RoomView {
  roomId: string;
  epoch: number;
  bootId: string;
  seq: number;
  profile: RoomSnapshot['profile'];
  createdAt: Date;
  transports: Iterable<TransportView>;
  producers: Iterable<{ info: ProducerInfo; demand: ProducerDemand }>;
  dataProducers: Iterable<{ info: DataProducerInfo }>;
}

export function snapshotOf({
  transports,
  producers,
  dataProducers,
  createdAt,
  ...room
}: RoomView): RoomSnapshot {
  const byParticipant = Map.groupBy(transports, ({ participantId }) => participantId);
  return {
    ...room,
    createdAt: createdAt.toISOString(),
    participants: [...byParticipant].map(([participantId, own]) => ({
      participantId,
      transports: own.map(({ id, direction, ice, dtls }) => ({ transportId: id, direction, ice, dtls })),
      consumers: own.flatMap(({ consumers }) =>
        [...consumers].map(({ id, producerId, kind, paused }) => ({
          consumerId: id,
          producerId,
          kind,
          paused,
        })),
      ),
    })),
    producers: Array.from(producers, ({ info, demand }) => ({ ...info, ...demand })),
    dataProducers: Array.from(dataProducers, ({ info }) => info),
  };
}
