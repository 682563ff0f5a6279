/**
 * Requests and answers with one media server: a deadline for each attempt and for all of them, further attempts where
 * they are safe, and a circuit breaker. What the answers mean is http.ts's matter.
 */
import { setTimeout } from 'node:timers/promises';
import { CodedError, problemSchema, type Problem } from '@crossfade/shared/errors';
import { Client, errors, Pool, type Dispatcher } from 'undici';
import { admitted, answered, CLOSED, isCutOff, unanswered, type Circuit } from './circuit.ts';
import { retryAfterMs, waitBeforeRetry } from './retry.ts';

/** All attempts at one request together, milliseconds: the client it is for gets its answer within 5 s. */
const REQUEST_LIMIT_MS = 4_500;
/** What the first of several attempts may take of that. */
const ATTEMPT_SHARE = 0.45;
const CONNECT_LIMIT_MS = 1_000;
/** Connections to one media server; each carries one request at a time. */
const CONNECTIONS = 32;

export interface MediaRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  headers: Record<string, string>;
  body?: string;
  /** Whether it can be made twice without doing twice what it does. */
  repeatable: boolean;
  /** How long all attempts together may take, if less than usual, milliseconds. */
  limitMs?: number;
}

export interface MediaAnswer {
  status: number;
  /** Parsed; undefined: it had none. */
  json: unknown;
  /** What it says is wrong, if that is of our catalogue. */
  problem: Problem | undefined;
  retryAfterMs: number | null;
}

/** How a request ended: `refused` 4xx, `failed` 5xx, `no-answer` in time, `cut-off` not even tried. */
export type RequestOutcome = 'ok' | 'refused' | 'failed' | 'no-answer' | 'cut-off';

/** Told what goes on; for metrics and the log. */
export interface ExchangeObserver {
  ended(outcome: RequestOutcome): void;
  retried(): void;
  circuitOpened(): void;
}

export class Exchange {
  readonly #pool: Pool;
  /** A connection of its own: an answer to a poll does not wait behind those of others. */
  readonly #polls: Client;
  readonly #observer: ExchangeObserver;
  #circuit: Circuit = CLOSED;

  constructor(url: string, observer: ExchangeObserver) {
    this.#observer = observer;
    const { origin } = new URL(url);
    const connect = { timeout: CONNECT_LIMIT_MS };
    this.#pool = new Pool(origin, { connections: CONNECTIONS, connect });
    this.#polls = new Client(origin, { connect });
  }

  get circuit(): Circuit['state'] {
    return this.#circuit.state;
  }

  /** Whether requests are not even tried at the moment. */
  get cutOff(): boolean {
    return isCutOff(this.#circuit, Date.now());
  }

  /** @throws CodedError `media-server-unavailable`: there is no answer */
  async request(request: MediaRequest): Promise<MediaAnswer> {
    const limitMs = request.limitMs ?? REQUEST_LIMIT_MS;
    const end = Date.now() + limitMs;
    for (let attempt = 1; ; attempt += 1) {
      const result = await this.#attempt(request, end, limitMs * ATTEMPT_SHARE);
      const leftMs = end - Date.now();
      const wait = request.repeatable
        ? waitBeforeRetry(
            result.kind === 'answer'
              ? { kind: 'answer', status: result.answer.status, code: result.answer.problem?.code }
              : { kind: 'no-answer' },
            attempt,
            {
              retryAfterMs: result.kind === 'answer' ? result.answer.retryAfterMs : null,
              leftMs,
              random: Math.random(),
            },
          )
        : null;
      if (wait === null || this.cutOff) return this.#end(result);
      this.#observer.retried();
      await setTimeout(wait);
    }
  }

  /** One attempt, whatever the circuit: to find out whether the server is there. @throws whatever is wrong */
  poll(request: MediaRequest, limitMs: number): Promise<MediaAnswer> {
    return exchange(this.#polls, request, limitMs);
  }

  async close(): Promise<void> {
    await Promise.all([this.#pool.destroy(), this.#polls.destroy()]);
  }

  async #attempt(
    request: MediaRequest,
    end: number,
    shareMs: number,
  ): Promise<
    { kind: 'answer'; answer: MediaAnswer } | { kind: 'no-answer'; cause: unknown } | { kind: 'cut-off' }
  > {
    const begun = Date.now();
    const admittedBy = admitted(this.#circuit, begun);
    if (!admittedBy) return { kind: 'cut-off' };
    this.#circuit = admittedBy;
    const left = end - begun;
    try {
      const limitMs = request.repeatable ? Math.min(shareMs, left) : left;
      const answer = await exchange(this.#pool, request, limitMs);
      this.#circuit = answered();
      return { kind: 'answer', answer };
    } catch (cause) {
      // A connection that is refused or breaks costs nobody any time: only waiting in vain does.
      if (admittedBy.state === 'half-open' || isTimeout(cause)) {
        const wasOpen = this.#circuit.state === 'open';
        this.#circuit = unanswered(this.#circuit, Date.now());
        if (!wasOpen && this.#circuit.state === 'open') this.#observer.circuitOpened();
      }
      return { kind: 'no-answer', cause };
    }
  }

  #end(
    result:
      { kind: 'answer'; answer: MediaAnswer } | { kind: 'no-answer'; cause: unknown } | { kind: 'cut-off' },
  ): MediaAnswer {
    if (result.kind === 'answer') {
      const { status } = result.answer;
      this.#observer.ended(status < 400 ? 'ok' : status < 500 ? 'refused' : 'failed');
      return result.answer;
    }
    this.#observer.ended(result.kind);
    const cause = result.kind === 'no-answer' ? result.cause : new Error('the circuit is open');
    throw new CodedError('media-server-unavailable', undefined, { cause });
  }
}

async function exchange(
  dispatcher: Dispatcher,
  { method, path, headers, body }: MediaRequest,
  limitMs: number,
): Promise<MediaAnswer> {
  const answer = await dispatcher.request({
    method,
    path,
    headers,
    ...(body !== undefined && { body }),
    signal: AbortSignal.timeout(Math.max(1, limitMs)),
  });
  const json = parseJson(await answer.body.text());
  const problem = answer.statusCode >= 400 ? problemSchema.safeParse(json).data : undefined;
  const retryAfter = answer.headers['retry-after'];
  return {
    status: answer.statusCode,
    json,
    problem,
    retryAfterMs: retryAfterMs(typeof retryAfter === 'string' ? retryAfter : undefined, Date.now()),
  };
}

/** Of the whole attempt, or of its connecting. */
export function isTimeout(error: unknown): boolean {
  if (error instanceof errors.ConnectTimeoutError) return true;
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'TimeoutError';
}

function parseJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
