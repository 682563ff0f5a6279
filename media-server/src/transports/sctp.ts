/** SCTP parameters as clients give and get them, and as mediasoup has them. Pure. */
import type { CreateTransportAnswer } from '@crossfade/shared/media-api';
import type { SctpStreamParameters } from '@crossfade/shared/rtp';
import type { SctpParameters } from 'mediasoup/types';

/** What a client sets up its association with; the rest is about this server's buffers. */
export function toldSctpParameters(
  parameters: SctpParameters,
): NonNullable<CreateTransportAnswer['sctpParameters']> {
  const { port, maxSendMessageSize, maxReceiveMessageSize, OS, MIS, maxMessageSize } = parameters;
  return { port, maxSendMessageSize, maxReceiveMessageSize, OS, MIS, maxMessageSize };
}

/** mediasoup's types know absent, not undefined. */
export function streamParameters({
  streamId,
  ordered,
  maxPacketLifeTime,
  maxRetransmits,
}: SctpStreamParameters) {
  return {
    streamId,
    ...(ordered !== undefined && { ordered }),
    ...(maxPacketLifeTime !== undefined && { maxPacketLifeTime }),
    ...(maxRetransmits !== undefined && { maxRetransmits }),
  };
}
