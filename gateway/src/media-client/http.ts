/** One media server's REST API, typed: coded errors, idempotency keys, a token of our own. */
import { randomUUID } from 'node:crypto';
import { CodedError } from '@crossfade/shared/errors';
import {
  EPOCH_HEADER,
  FENCE_HEADER,
  GRANTS_HEADER,
  IDEMPOTENCY_HEADER,
  PARTICIPANT_HEADER,
  connectTransportAnswerSchema,
  consumeDataAnswerSchema,
  consumeListAnswerSchema,
  consumerSchema,
  createRoomAnswerSchema,
  createTransportAnswerSchema,
  doneSchema,
  nodeSchema,
  produceAnswerSchema,
  produceDataAnswerSchema,
  restartIceAnswerSchema,
  roomSnapshotSchema,
  type ConnectTransportRequest,
  type ConsumeDataRequest,
  type ConsumeRequest,
  type CreateRoomAnswer,
  type CreateRoomRequest,
  type CreateTransportRequest,
  type NodeInfo,
  type PatchConsumerRequest,
  type ProduceDataRequest,
  type ProduceRequest,
} from '@crossfade/shared/media-api';
import type { Grants } from '@crossfade/shared/tokens';
import { z } from 'zod';
import { Exchange, type ExchangeObserver, type MediaAnswer, type MediaRequest } from './exchange.ts';

/** On whose behalf, and under which epoch, a request is made. */
export interface Acting {
  roomId: string;
  /** Absent: whatever epoch the room has. */
  epoch?: number;
  /** Of the floor: what was done under a later grant is not undone. Absent: it has to do with none. */
  fence?: number;
  participantId?: string;
  /** What that participant may do: the media server checks it as well. */
  grants?: Pick<Grants, 'publish' | 'subscribe'>;
}

const nothing = z.undefined();

/** A media server did not take a request, and says when it may: another one may take it at once. */
export class BusyError extends CodedError {
  readonly retryAfterMs: number;

  constructor(code: CodedError['code'], retryAfterMs: number, cause: unknown) {
    super(code, undefined, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

export class MediaServerClient {
  readonly url: string;
  readonly #exchange: Exchange;
  readonly #token: () => string;

  /** @param token gives a service token that is still good for a while */
  constructor(url: string, token: () => string, observer: ExchangeObserver) {
    this.url = url;
    this.#token = token;
    this.#exchange = new Exchange(url, observer);
  }

  get circuit() {
    return this.#exchange.circuit;
  }

  /** Whether requests are not even tried at the moment. */
  get cutOff(): boolean {
    return this.#exchange.cutOff;
  }

  /** How the server is, asked whatever it answered lately. @throws CodedError; anything else: there is no answer */
  async node(limitMs: number): Promise<NodeInfo> {
    const answer = await this.#exchange.poll(
      { method: 'GET', path: '/api/node', headers: this.#authorization(), repeatable: true },
      limitMs,
    );
    return this.#read(answer, nodeSchema);
  }

  /**
   * Makes a room, or takes over the one that is there.
   * @param limitMs it takes no longer: another server may be asked then
   */
  async createRoom(
    acting: Acting,
    body: CreateRoomRequest,
    limitMs: number,
  ): Promise<CreateRoomAnswer & { wasThere: boolean }> {
    const request = withKey(this.#request('POST', acting, '/create', body));
    const answer = await this.#exchange.request({ ...request, repeatable: true, limitMs });
    return { ...this.#read(answer, createRoomAnswerSchema), wasThere: answer.status === 200 };
  }

  /**
   * Renews the lease of a room. Said again and again, it needs no second attempts, and is not worth being remembered
   * by the media server like other POSTs.
   * @returns whether the room was there; if not, there is an empty one now
   */
  async renewRoom(acting: Acting, body: CreateRoomRequest): Promise<{ bootId: string; wasThere: boolean }> {
    const request = this.#request('POST', acting, '/create', body);
    const answer = await this.#exchange.request({ ...request, repeatable: false });
    const { bootId } = this.#read(answer, createRoomAnswerSchema);
    return { bootId, wasThere: answer.status === 200 };
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

  /** @param key of the participant's own: under it the same is made once, however often it is asked for */
  produce(acting: Acting, transportId: string, body: ProduceRequest, key?: string) {
    const path = `/transports/${transportId}/produce`;
    return this.#send('POST', acting, path, produceAnswerSchema, body, key);
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

  consume(acting: Acting, body: ConsumeRequest) {
    return this.#send('POST', acting, '/consume', z.union([consumeListAnswerSchema, consumerSchema]), body);
  }

  resumeConsumer(acting: Acting, consumerId: string) {
    return this.#send('POST', acting, `/consumers/${consumerId}/resume`, doneSchema, {});
  }

  pauseConsumer(acting: Acting, consumerId: string) {
    return this.#send('POST', acting, `/consumers/${consumerId}/pause`, doneSchema, {});
  }

  patchConsumer(acting: Acting, consumerId: string, body: PatchConsumerRequest) {
    return this.#send('PATCH', acting, `/consumers/${consumerId}`, doneSchema, body);
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
    return this.#exchange.close();
  }

  async #send<S extends z.ZodType>(
    method: MediaRequest['method'],
    acting: Acting,
    path: string,
    schema: S,
    body?: unknown,
    key?: string,
  ): Promise<z.infer<S>> {
    const request = this.#request(method, acting, path, body);
    const answer = await this.#exchange.request({
      ...(method === 'POST' ? withKey(request, key) : request),
      repeatable: method === 'GET' || method === 'POST',
    });
    return this.#read(answer, schema);
  }

  #request(
    method: MediaRequest['method'],
    { roomId, epoch, fence, participantId, grants }: Acting,
    path: string,
    body: unknown,
  ): Omit<MediaRequest, 'repeatable'> {
    return {
      method,
      path: `/api/rooms/${encodeURIComponent(roomId)}${path}`,
      headers: {
        ...this.#authorization(),
        ...(epoch !== undefined && { [EPOCH_HEADER]: String(epoch) }),
        ...(fence !== undefined && { [FENCE_HEADER]: String(fence) }),
        ...(participantId !== undefined && { [PARTICIPANT_HEADER]: participantId }),
        ...(grants && { [GRANTS_HEADER]: grantsText(grants) }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
  }

  #authorization(): Record<string, string> {
    return { authorization: `Bearer ${this.#token()}` };
  }

  #read<S extends z.ZodType>(answer: MediaAnswer, schema: S): z.infer<S> {
    if (answer.status >= 400) throw problemOf(answer, this.url);
    const parsed = schema.safeParse(answer.json);
    if (parsed.success) return parsed.data;
    throw new CodedError('media-server-unavailable', undefined, { cause: parsed.error });
  }
}

/** Under the same key the server answers a second attempt as it has answered, or would have, the first. */
function withKey<R extends Pick<MediaRequest, 'headers'>>(request: R, key: string = randomUUID()): R {
  return { ...request, headers: { ...request.headers, [IDEMPOTENCY_HEADER]: key } };
}

function grantsText(grants: Pick<Grants, 'publish' | 'subscribe'>): string {
  return (['publish', 'subscribe'] as const).filter((grant) => grants[grant]).join(',');
}

/** The media server's own code, for it is meant for the client; but for our own token, which is no client's business. */
function problemOf({ status, problem, retryAfterMs }: MediaAnswer, url: string): CodedError {
  const cause = new Error(`${url} answered ${String(status)} ${problem?.code ?? ''}`);
  if (!problem) return new CodedError('media-server-unavailable', undefined, { cause });
  const { code, detail, errors } = problem;
  if (code === 'unauthenticated') {
    return new CodedError('media-server-unavailable', undefined, {
      cause: new Error(`${url} does not accept our service token`, { cause }),
    });
  }
  if (status === 503 && retryAfterMs !== null) return new BusyError(code, retryAfterMs, cause);
  return new CodedError(code, status >= 500 ? undefined : detail, { cause, ...(errors && { errors }) });
}
