/** Opens a transport on a media server for somebody who may, and puts it on record. */
import type { CreateTransportAnswer, CreateTransportRequest } from '@crossfade/shared/media-api';
import type { RecordEntry } from '../calls/events.ts';
import type { Acting, MediaServerClient } from '../media-client/http.ts';

export interface TransportOpening {
  api: Pick<MediaServerClient, 'createTransport'>;
  acting: Acting & { participantId: string };
  recordId: string;
  record: (entry: RecordEntry) => void;
  now: () => number;
}

/** @throws CodedError what the media server answers */
export async function openTransport(
  { api, acting, recordId, record, now }: TransportOpening,
  wish: Omit<CreateTransportRequest, 'participantId'>,
): Promise<CreateTransportAnswer> {
  const { participantId } = acting;
  const made = await api.createTransport(acting, { ...wish, participantId });
  const { direction } = wish;
  record({ type: 'transport-created', recordId, participantId, transportId: made.id, direction, at: now() });
  return made;
}
