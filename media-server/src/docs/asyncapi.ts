/** AsyncAPI 3 of the event feed, made from its schemas. Pure: the same every time. */
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
import { tidy } from './json-schema.ts';

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

interface Message {
  /** As Socket.IO has it. */
  name: string;
  summary: string;
  payload: z.ZodType;
  io: 'input' | 'output';
}

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
  const told = [...EVENTS, NODE_LOAD, ERROR];
  const messages = [...REQUESTS.flatMap(({ request, answer }) => [request, answer]), ...told];
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Crossfade media server: event feed',
      version,
      description: INTRODUCTION,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      local: {
        host: '127.0.0.1:4000',
        pathname: '/socket.io',
        protocol: 'ws',
        description: 'A media server as `npm start` starts it.',
        security: [{ $ref: '#/components/securitySchemes/service' }],
      },
    },
    channels: {
      feed: {
        address: FEED_NAMESPACE,
        description: 'The Socket.IO namespace.',
        messages: Object.fromEntries(
          messages.map(({ name }) => [idOf(name), { $ref: `#/components/messages/${idOf(name)}` }]),
        ),
      },
    },
    operations: Object.fromEntries([
      ...REQUESTS.map(({ request, answer }) => [
        idOf(request.name),
        {
          action: 'receive',
          summary: request.summary,
          channel: { $ref: '#/channels/feed' },
          messages: [messageRef(request)],
          reply: { channel: { $ref: '#/channels/feed' }, messages: [messageRef(answer)] },
        },
      ]),
      ...told.map((event) => [
        idOf(event.name),
        {
          action: 'send',
          summary: event.summary,
          channel: { $ref: '#/channels/feed' },
          messages: [messageRef(event)],
        },
      ]),
    ]) as object,
    components: {
      messages: Object.fromEntries(
        messages.map(({ name, summary }) => [
          idOf(name),
          { name, title: name, summary, payload: { $ref: `${SCHEMAS}${idOf(name)}` } },
        ]),
      ),
      schemas: schemasOf(messages),
      securitySchemes: {
        service: {
          type: 'httpApiKey',
          in: 'header',
          name: 'auth.token',
          description:
            'A service token in Socket.IO\'s `auth`: `aud: "media-server"`, `typ: "service"`, `exp`.',
        },
      },
    },
  };
}

const SCHEMAS = '#/components/schemas/';

function messageRef({ name }: Message): { $ref: string } {
  return { $ref: `#/channels/feed/messages/${idOf(name)}` };
}

/** `new-producer` as `newProducer`: ids may have no hyphens or spaces in generated code. */
function idOf(name: string): string {
  return name.replaceAll(/[- ](\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** JSON Schema draft 7, which is what AsyncAPI has schemas in. */
function schemasOf(messages: readonly Message[]): Record<string, object> {
  const written = (io: 'input' | 'output') => {
    const registry = z.registry<{ id: string }>();
    if (io === 'output') for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });
    for (const message of messages) {
      if (message.io === io) registry.add(message.payload, { id: idOf(message.name) });
    }
    return z.toJSONSchema(registry, {
      target: 'draft-7',
      io,
      uri: (id) => `${SCHEMAS}${id}`,
      override: ({ jsonSchema, zodSchema }) => tidy({ jsonSchema, zodSchema, io }),
    }).schemas;
  };
  const schemas: Record<string, object> = { ...written('output'), ...written('input') };
  for (const schema of Object.values(schemas)) {
    Reflect.deleteProperty(schema, '$schema');
    Reflect.deleteProperty(schema, '$id');
  }
  return schemas;
}
