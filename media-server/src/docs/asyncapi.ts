/** AsyncAPI 3 of the event feed, made from its schemas. Pure: the same every time. */
import { createAsyncApiDocument, type Message } from '@crossfade/service/asyncapi';
import { ackErrorSchema } from '@crossfade/shared/errors';
import {
  dataProducerInfoSchema,
  layersSchema,
  producerStateSchema,
  roomSnapshotSchema,
  workerInfoSchema,
} from '@crossfade/shared/media-api';
import {
  FEED_NAMESPACE,
  feedErrorSchema,
  feedEventSchema,
  joinRoomAnswerSchema,
  joinRoomRequestSchema,
  leaveRoomRequestSchema,
  nodeLoadSchema,
} from '@crossfade/shared/media-events';
import { z } from 'zod';

const INTRODUCTION = `What happens in the rooms of a media server, told to the servers that control it. A Socket.IO server on the
port of the REST API, namespace \`${FEED_NAMESPACE}\`, WebSocket or long polling; connect with \`auth: { token }\`, the service token of the
REST API (\`scope: "read"\` suffices). A connection without one is refused with a \`connect_error\` whose \`data\` is an
\`AckError\`. The names of messages are those of Socket.IO events. When the token expires the connection is closed, after an
\`error\`: connect again with another token.

Every event of a room carries \`roomId\`, \`epoch\`, \`bootId\`, \`seq\` and \`at\`; \`seq\` grows by exactly one. Who finds a gap, or
comes back after a connection was lost, sends \`join-room\` with \`afterSeq\` and \`bootId\`, and gets the missed events or a
snapshot.`;

const leaveRoomAnswerSchema = z.union([
  z.object({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), error: ackErrorSchema }),
]);

const EVENTS: readonly Message[] = feedEventSchema.options.map((payload) => ({
  name: payload.shape.type.value,
  summary: payload.description ?? '',
  payload,
  io: 'output',
}));
const NODE_LOAD: Message = {
  name: 'node-load',
  summary: 'How full this server is. Not part of any room, and not numbered.',
  payload: nodeLoadSchema,
  io: 'output',
};
const ERROR: Message = {
  name: 'error',
  summary: 'The connection is closed next, and why. Not part of any room, and not numbered.',
  payload: feedErrorSchema,
  io: 'output',
};
const REQUESTS = [
  {
    request: {
      name: 'join-room',
      summary: 'Subscribe to a room, and say what was seen last.',
      payload: joinRoomRequestSchema,
      io: 'input',
    },
    answer: {
      name: 'join-room answer',
      summary: 'The missed events if they are still kept, else a snapshot; or why not.',
      payload: joinRoomAnswerSchema,
      io: 'output',
    },
  },
  {
    request: {
      name: 'leave-room',
      summary: 'Hear no more of a room.',
      payload: leaveRoomRequestSchema,
      io: 'input',
    },
    answer: {
      name: 'leave-room answer',
      summary: 'Done, or why not.',
      payload: leaveRoomAnswerSchema,
      io: 'output',
    },
  },
] as const satisfies readonly { request: Message; answer: Message }[];

/** Schemas with a name of their own in the document. */
const NAMED: Record<string, z.ZodType> = {
  AckError: ackErrorSchema,
  RoomSnapshot: roomSnapshotSchema,
  ProducerState: producerStateSchema,
  DataProducerInfo: dataProducerInfoSchema,
  Layers: layersSchema,
  Worker: workerInfoSchema,
};

export interface AsyncApiOptions {
  /** Of the server. */
  version: string;
}

/** @returns a document that is plain JSON */
export function createAsyncApi({ version }: AsyncApiOptions): object {
  return createAsyncApiDocument({
    title: 'Crossfade media server: event feed',
    version,
    introduction: INTRODUCTION,
    server: { host: '127.0.0.1:4000', description: 'A media server as `npm start` starts it.' },
    channel: { id: 'feed', address: FEED_NAMESPACE },
    requests: REQUESTS,
    events: [...EVENTS, NODE_LOAD, ERROR],
    schemas: NAMED,
    token: {
      name: 'service',
      description: 'A service token in Socket.IO\'s `auth`: `aud: "media-server"`, `typ: "service"`, `exp`.',
    },
  });
}
