/** A client of `/ws` without media: speaks the signalling, remembers every frame, and waits for what it needs. */
import type { IncomingMessage } from 'node:http';
import {
  pttEvents,
  pttRequests,
  type PttAnswer,
  type PttEvent,
  type PttEventName,
  type PttRequestName,
} from '@crossfade/shared/ptt';
import type { z } from 'zod';
import { WebSocket } from 'ws';

/** Nothing in these tests takes longer, milliseconds: what has not come by then will not come. */
const EVENT_LIMIT_MS = 8_000;

export interface Frame {
  type: string;
  id?: string | number;
  data: unknown;
}

/** The answer to an upgrade that was refused. */
export class Refusal extends Error {
  readonly status: number;
  readonly problem: { code?: string };
  readonly headers: IncomingMessage['headers'];

  constructor(response: IncomingMessage, problem: { code?: string }) {
    super(`${String(response.statusCode)} ${problem.code ?? ''}`);
    this.status = response.statusCode ?? 0;
    this.problem = problem;
    this.headers = response.headers;
  }
}

export interface PttConnectOptions {
  headers?: Record<string, string>;
  protocols?: string[];
  query?: string;
}

export class PttClient {
  readonly web: WebSocket;
  /** What came unasked. */
  readonly events: Frame[] = [];
  /** The code the connection was closed with. */
  readonly closed: Promise<number>;
  readonly #answers = new Map<string | number, (frame: Frame) => void>();
  readonly #waiting = new Set<() => void>();
  #ids = 0;

  private constructor(web: WebSocket) {
    this.web = web;
    this.closed = new Promise((resolve) => web.once('close', resolve));
    web.on('message', (bytes: Buffer) => {
      const frame = JSON.parse(bytes.toString()) as Frame;
      const answered = frame.id === undefined ? undefined : this.#answers.get(frame.id);
      if (answered) {
        answered(frame);
        return;
      }
      // Whatever the gateway sends is as the schemas say.
      if (frame.type !== 'pong') pttEvents[frame.type as PttEventName].parse(frame.data);
      this.events.push(frame);
      for (const look of [...this.#waiting]) look();
    });
  }

  /** @throws Refusal */
  static async open(
    url: string,
    { headers = {}, protocols = [], query = '' }: PttConnectOptions,
  ): Promise<PttClient> {
    const web = new WebSocket(`${url.replace(/^http/, 'ws')}/ws${query}`, protocols, { headers });
    const client = new PttClient(web);
    await new Promise<void>((resolve, reject) => {
      web.once('open', resolve);
      web.once('error', reject);
      web.once('unexpected-response', (_request, response: IncomingMessage) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => {
          const problem = body === '' ? {} : (JSON.parse(body) as { code: string });
          reject(new Refusal(response, problem));
        });
      });
    });
    web.on('error', () => undefined);
    return client;
  }

  static connect(url: string, token: string, headers: Record<string, string> = {}): Promise<PttClient> {
    return PttClient.open(url, { headers: { authorization: `Bearer ${token}`, ...headers } });
  }

  /** Whatever a client might send, right or wrong. */
  say(frame: unknown): void {
    this.web.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** The answer, of whichever type. */
  ask(type: string, data: unknown): Promise<Frame> {
    const id = (this.#ids += 1);
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`no answer to ${type}`)), EVENT_LIMIT_MS);
      const answered = (frame: Frame) => {
        clearTimeout(limit);
        this.#answers.delete(id);
        resolve(frame);
      };
      this.#answers.set(id, answered);
      void this.closed.then((code) =>
        answered({ type: 'error', data: { code: 'closed', message: `closed with ${String(code)}` } }),
      );
      this.say({ type, id, data });
    });
  }

  /** The answer, or a failed test. */
  async must<N extends PttRequestName>(
    type: N,
    data: z.input<(typeof pttRequests)[N]['request']>,
  ): Promise<PttAnswer<N>> {
    const answer = await this.ask(type, data);
    if (answer.type !== type) throw new Error(`${type}: ${JSON.stringify(answer)}`);
    return pttRequests[type].answer.parse(answer.data) as PttAnswer<N>;
  }

  /** The code of a refusal; 'ok' if it was not refused. */
  async codeOf(type: string, data: unknown): Promise<string> {
    const answer = await this.ask(type, data);
    return answer.type === 'error' ? (answer.data as { code: string }).code : 'ok';
  }

  /** The first of this type that satisfies the condition, past or to come. */
  event<N extends PttEventName>(
    type: N,
    condition: (data: PttEvent<N>) => boolean = () => true,
  ): Promise<PttEvent<N>> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.events.find(
          (frame) => frame.type === type && condition(frame.data as PttEvent<N>),
        );
        if (!found) return;
        clearTimeout(limit);
        this.#waiting.delete(look);
        resolve(found.data as PttEvent<N>);
      };
      const limit = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`no ${type} came; there were: ${JSON.stringify(this.events).slice(0, 2_000)}`));
      }, EVENT_LIMIT_MS);
      this.#waiting.add(look);
      look();
    });
  }

  count(type: PttEventName): number {
    return this.events.filter((frame) => frame.type === type).length;
  }

  forget(): void {
    this.events.length = 0;
  }

  close(): void {
    this.web.close();
  }
}
