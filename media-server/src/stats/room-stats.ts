/** What mediasoup measured, as the API tells it. Pure. */
import type { RoomStats } from '@crossfade/shared/media-api';
import type { MediaKind } from '@crossfade/shared/rtp';
import type { ConsumerStat, ProducerStat, WebRtcTransportStat } from 'mediasoup/types';

type ParticipantStats = RoomStats['participants'][number];
export type TransportFigures = ParticipantStats['transports'][number];
export type ProducerFigures = ParticipantStats['producers'][number];
export type ConsumerFigures = ParticipantStats['consumers'][number];

type AnyStat = ConsumerStat | ProducerStat;

/** One stream that a producer receives or a consumer sends. */
function streamFigures(stat: AnyStat): ConsumerFigures['streams'][number] {
  return {
    kind: stat.kind as MediaKind,
    bitrate: stat.bitrate,
    packets: stat.packetCount,
    // A receiver that got duplicates reports fewer lost than none (RFC 3550, 6.4.1).
    packetsLost: Math.max(0, stat.packetsLost),
    jitter: stat.jitter,
    rttMs: rttOf(stat),
  };
}

/** mediasoup says 0 until the first report. */
function rttOf({ roundTripTime }: AnyStat): number | null {
  return roundTripTime === undefined || roundTripTime === 0 ? null : roundTripTime;
}

export function producerStreams(stats: readonly ProducerStat[]): ProducerFigures['streams'] {
  return stats.map((stat) => ({ ...streamFigures(stat), rid: stat.rid ?? null }));
}

/** Without those of the producer, which mediasoup tells with them. */
export function consumerStreams(stats: readonly AnyStat[]): ConsumerFigures['streams'] {
  return stats.filter(({ type }) => type === 'outbound-rtp').map(streamFigures);
}

/** @param streams everything that runs over the transport: its round trip is the middle one of theirs */
export function transportFigures(
  transport: { id: string; direction: 'send' | 'recv'; ice: string; dtls: string },
  stat: WebRtcTransportStat | undefined,
  streams: readonly { rttMs: number | null }[],
): TransportFigures {
  return {
    transportId: transport.id,
    direction: transport.direction,
    ice: transport.ice,
    dtls: transport.dtls,
    sendBitrate: stat?.sendBitrate ?? 0,
    recvBitrate: stat?.recvBitrate ?? 0,
    availableOutgoingBitrate:
      transport.direction === 'recv' ? (stat?.availableOutgoingBitrate ?? null) : null,
    rttMs: middle(streams.flatMap(({ rttMs }) => rttMs ?? [])),
  };
}

function middle(values: readonly number[]): number | null {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
