/** One media server's REST API, typed: deadlines, coded errors, a token of our own. */
import { CodedError, problemSchema } from '@crossfade/shared/errors';
import {
  EPOCH_HEADER,
  GRANTS_HEADER,
  PARTICIPANT_HEADER,
  connectTransportAnswerSchema,
  consumeDataAnswerSchema,
  consumeListAnswerSchema,
  consumerSchema,
  createRoomAnswerSchema,
  createTransportAnswerSchema,
  doneSchema,
  produceAnswerSchema,
  produceDataAnswerSchema,
  restartIceAnswerSchema,
  roomSnapshotSchema,
  type ConnectTransportRequest,
  type ConsumeDataRequest,
  type ConsumeRequest,
  type CreateRoomRequest,
  type CreateTransportRequest,
  type PatchConsumerRequest,
  type ProduceDataRequest,
  type ProduceRequest,
} from '@crossfade/shared/media-api';
import type { Grants } from '@crossfade/shared/tokens';
import { Pool } from 'undici';
import { z } from 'zod';

/** No request to a media server waits longer, milliseconds. */
const REQUEST_LIMIT_MS = 5_000;
const CONNECT_LIMIT_MS = 1_000;
/** Connections to one media server; each carries one request at a time. */
const CONNECTIONS = 32;

/** On whose behalf, and under which epoch, a request is made. */
export interface Acting {
  roomId: string;
  /** Absent: whatever epoch the room has. */
  epoch?: number;
  participantId?: string;
  /** What that participant may do: the media server checks it as well. */
  grants?: Pick<Grants, 'publish' | 'subscribe'>;
}

const nothing = z.undefined();

export class MediaServerClient {
  readonly url: string;
  readonly #pool: Pool;
  readonly #token: () => string;

  /** @param token gives a service token that is still good for a while */
  constructor(url: string, token: () => string) {
    this.url = url;
    this.#token = token;
    this.#pool = new Pool(new URL(url).origin, {
      connections: CONNECTIONS,
      connect: { timeout: CONNECT_LIMIT_MS },
      headersTimeout: REQUEST_LIMIT_MS,
      bodyTimeout: REQUEST_LIMIT_MS,
    });
  }

  createRoom(acting: Acting, body: CreateRoomRequest) {
    return this.#send('POST', acting, '/create', createRoomAnswerSchema, body);
  }

  /** Everything in a room. */
  room(acting: Acting) {
    return this.#send('GET', acting, '', roomSnapshotSchema);
  }

  async deleteRoom(acting: Acting): Promise<void> {
    await this.#send('DELETE', acting, '', nothing);
  }

  createTransport(acting: Acting, body: CreateTransportRequest) {
    return this.#send('POST', acting, '/transports', createTransportAnswerSchema, body);
  }

  connectTransport(acting: Acting, transportId: string, body: ConnectTransportRequest) {
    return this.#send(
      'POST',
      acting,
      `/transports/${transportId}/connect`,
      connectTransportAnswerSchema,
      body,
    );
  }

  restartIce(acting: Acting, transportId: string) {
    return this.#send('POST', acting, `/transports/${transportId}/restart-ice`, restartIceAnswerSchema, {});
  }

  produce(acting: Acting, transportId: string, body: ProduceRequest) {
    return this.#send('POST', acting, `/transports/${transportId}/produce`, produceAnswerSchema, body);
  }

  produceData(acting: Acting, transportId: string, body: ProduceDataRequest) {
    return this.#send(
      'POST',
      acting,
      `/transports/${transportId}/produce-data`,
      produceDataAnswerSchema,
      body,
    );
  }

  consumeData(acting: Acting, body: ConsumeDataRequest) {
    return this.#send('POST', acting, '/consume-data', consumeDataAnswerSchema, body);
  }

  setLayers(acting: Acting, consumerId: string, body: PatchConsumerRequest) {
    return this.#send('PATCH', acting, `/consumers/${consumerId}`, doneSchema, body);
  }

  consume(acting: Acting, body: ConsumeRequest) {
    return this.#send('POST', acting, '/consume', z.union([consumeListAnswerSchema, consumerSchema]), body);
  }

  resumeConsumer(acting: Acting, consumerId: string) {
    return this.#send('POST', acting, `/consumers/${consumerId}/resume`, doneSchema, {});
  }

  pauseConsumer(acting: Acting, consumerId: string) {
    return this.#send('POST', acting, `/consumers/${consumerId}/pause`, doneSchema, {});
  }

  resumeProducer(acting: Acting, producerId: string) {
    return this.#send('POST', acting, `/producers/${producerId}/resume`, doneSchema, {});
  }

  pauseProducer(acting: Acting, producerId: string) {
    return this.#send('POST', acting, `/producers/${producerId}/pause`, doneSchema, {});
  }

  async closeProducer(acting: Acting, producerId: string): Promise<Record<string, never>> {
    await this.#send('DELETE', acting, `/producers/${producerId}`, nothing);
    return {};
  }

  async leave(acting: Acting, participantId: string): Promise<void> {
    await this.#send('POST', acting, `/participants/${participantId}/leave`, nothing, {});
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  async #send<S extends z.ZodType>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    { roomId, epoch, participantId, grants }: Acting,
    path: string,
    schema: S,
    body?: unknown,
  ): Promise<z.infer<S>> {
    const { statusCode, text } = await this.#exchange(
      method,
      `/api/rooms/${encodeURIComponent(roomId)}${path}`,
      {
        headers: {
          authorization: `Bearer ${this.#token()}`,
          ...(epoch !== undefined && { [EPOCH_HEADER]: String(epoch) }),
          ...(participantId !== undefined && { [PARTICIPANT_HEADER]: participantId }),
          ...(grants && { [GRANTS_HEADER]: grantsText(grants) }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      },
    );
    const json = parseJson(text);
    if (statusCode >= 400) throw problemOf(statusCode, json, this.url);
    const answer = schema.safeParse(json);
    if (!answer.success) {
      throw new CodedError('media-server-unavailable', undefined, { cause: answer.error });
    }
    return answer.data;
  }

  async #exchange(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    options: { headers: Record<string, string>; body?: string },
  ) {
    try {
      const { statusCode, body } = await this.#pool.request({
        method,
        path,
        ...options,
        signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
      });
      return { statusCode, text: await body.text() };
    } catch (cause) {
      throw new CodedError('media-server-unavailable', undefined, { cause });
    }
  }
}

function grantsText(grants: Pick<Grants, 'publish' | 'subscribe'>): string {
  return (['publish', 'subscribe'] as const).filter((grant) => grants[grant]).join(',');
}

function parseJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The media server's own code where it is meant for the client; what only we can have done wrong is our failure. */
function problemOf(status: number, json: unknown, url: string): CodedError {
  const problem = problemSchema.safeParse(json);
  if (!problem.success || status === 401 || status === 403 || status >= 500) {
    const cause = new Error(`${url} answered ${String(status)} ${problem.success ? problem.data.code : ''}`);
    const code = problem.success && status === 503 ? problem.data.code : 'media-server-unavailable';
    return new CodedError(code, undefined, { cause });
  }
  const { code, detail, errors } = problem.data;
  return new CodedError(code, detail, errors && { errors });
}
