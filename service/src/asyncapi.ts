/** AsyncAPI 3 of a Socket.IO interface, and of what else there is beside it, made from the schemas. Pure: the same every time. */
import { z } from 'zod';
import { resolved, tidy } from './json-schema.ts';

export interface Message {
  /** As Socket.IO has it. */
  name: string;
  /** In the document, if the one made of the name is another message's. */
  id?: string;
  summary: string;
  payload: z.ZodType;
  io: 'input' | 'output';
}

/** Where messages go. */
export interface Channel {
  id: string;
  address: string;
  description: string;
  /** What clients ask, and what they are answered. */
  requests: readonly { request: Message; answer: Message }[];
  /** What they are told unasked. */
  events: readonly Message[];
}

/** A channel over another server than Socket.IO's. */
export interface FurtherChannel extends Channel {
  server: { pathname: string; description: string };
}

export interface AsyncApiSource {
  title: string;
  /** Of the server. */
  version: string;
  introduction: string;
  server: { host: string; description: string };
  /** The Socket.IO namespace. */
  channel: { id: string; address: string };
  /** What clients ask, and what they are answered. */
  requests: readonly { request: Message; answer: Message }[];
  /** What they are told unasked. */
  events: readonly Message[];
  /** What is beside it. */
  further?: readonly FurtherChannel[];
  /** Schemas with a name of their own in the document. */
  schemas: Readonly<Record<string, z.ZodType>>;
  /** What tokens are like; and the name of that. */
  token: { name: string; description: string };
}

/** @returns a document that is plain JSON */
export function createAsyncApiDocument(source: AsyncApiSource): object {
  const { version, requests, events, token, further = [] } = source;
  const own: Channel = { ...source.channel, description: 'The Socket.IO namespace.', requests, events };
  const channels: readonly Channel[] = [own, ...further];
  const messages = channels.flatMap(messagesOf);
  const server = (pathname: string, description: string) => ({
    host: source.server.host,
    pathname,
    protocol: 'ws',
    description,
    security: [{ $ref: `#/components/securitySchemes/${token.name}` }],
  });
  return resolved({
    asyncapi: '3.0.0',
    info: {
      title: source.title,
      version,
      description: source.introduction,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      local: server('/socket.io', source.server.description),
      ...Object.fromEntries(
        further.map(({ id, server: { pathname, description } }) => [id, server(pathname, description)]),
      ),
    },
    channels: Object.fromEntries(
      channels.map((channel) => [
        channel.id,
        {
          address: channel.address,
          description: channel.description,
          ...(further.length > 0 && {
            servers: [{ $ref: `#/servers/${channel === own ? 'local' : channel.id}` }],
          }),
          messages: Object.fromEntries(
            messagesOf(channel).map((message) => [
              idOf(message),
              { $ref: `#/components/messages/${idOf(message)}` },
            ]),
          ),
        },
      ]),
    ),
    operations: Object.fromEntries(channels.flatMap(operationsOf)) as object,
    components: {
      messages: Object.fromEntries(
        messages.map((message) => {
          const { name, summary } = message;
          const id = idOf(message);
          return [id, { name, title: name, summary, payload: { $ref: `${SCHEMAS}${id}` } }];
        }),
      ),
      schemas: schemasOf(messages, source.schemas),
      securitySchemes: {
        [token.name]: {
          type: 'httpApiKey',
          in: 'header',
          name: 'auth.token',
          description: token.description,
        },
      },
    },
  });
}

const SCHEMAS = '#/components/schemas/';

function messagesOf({ requests, events }: Channel): Message[] {
  return [...requests.flatMap(({ request, answer }) => [request, answer]), ...events];
}

function operationsOf({ id: channelId, requests, events }: Channel): [id: string, operation: object][] {
  const channel = { $ref: `#/channels/${channelId}` };
  const ref = (message: Message) => ({ $ref: `#/channels/${channelId}/messages/${idOf(message)}` });
  return [
    ...requests.map(({ request, answer }): [string, object] => [
      idOf(request),
      {
        action: 'receive',
        summary: request.summary,
        channel,
        messages: [ref(request)],
        reply: { channel, messages: [ref(answer)] },
      },
    ]),
    ...events.map((event): [string, object] => [
      idOf(event),
      { action: 'send', summary: event.summary, channel, messages: [ref(event)] },
    ]),
  ];
}

/** `call:mode-switch` as `callModeSwitch`: ids may have no hyphens or spaces in generated code. */
function idOf({ name, id }: Message): string {
  return id ?? name.replaceAll(/[-: ](\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** JSON Schema draft 7, which is what AsyncAPI has schemas in. */
function schemasOf(messages: readonly Message[], named: AsyncApiSource['schemas']): Record<string, object> {
  const written = (io: 'input' | 'output') => {
    const registry = z.registry<{ id: string }>();
    if (io === 'output') for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
    for (const message of messages) {
      if (message.io === io) registry.add(message.payload, { id: idOf(message) });
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
