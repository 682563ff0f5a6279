/** A client without media: speaks the signalling, remembers every event, and waits for what it needs. */
import { setTimeout as pause } from 'node:timers/promises';
import type {
  Ack,
  ClientAnswer,
  ClientRequest,
  ClientRequestName,
  ModeSwitch,
  ServerEvent,
  ServerEventName,
} from '@crossfade/shared/signalling';
import { serverEvents } from '@crossfade/shared/signalling';
import { io, type Socket } from 'socket.io-client';

/** Nothing in these tests takes longer, milliseconds: an event that has not come by then will not come. */
const EVENT_LIMIT_MS = 8_000;

/** How long, and how often, something is asked for again while Redis cannot be reached; milliseconds. */
const AWAY_LIMIT_MS = 2_000;
const AWAY_PAUSE_MS = 100;

export class ScriptedClient {
  readonly socket: Socket;
  readonly events: { name: string; payload: unknown }[] = [];
  readonly #waiting = new Set<() => void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.onAny((name: string, payload: unknown) => {
      // Whatever the gateway sends is as the schemas say.
      serverEvents[name as ServerEventName].parse(payload);
      this.events.push({ name, payload });
      for (const look of [...this.#waiting]) look();
    });
  }

  static async connect(
    url: string,
    token: string,
    headers: Record<string, string> = {},
  ): Promise<ScriptedClient> {
    const socket = io(url, {
      transports: ['websocket'],
      auth: { token },
      extraHeaders: headers,
      reconnection: false,
      forceNew: true,
    });
    const client = new ScriptedClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    return client;
  }

  request<N extends ClientRequestName>(name: N, payload: ClientRequest<N>): Promise<Ack<ClientAnswer<N>>> {
    return this.raw(name, payload) as Promise<Ack<ClientAnswer<N>>>;
  }

  /** Whatever a client might send, right or wrong. */
  raw(name: string, payload: unknown): Promise<{ ok: boolean; error?: { code: string } }> {
    return this.socket.timeout(EVENT_LIMIT_MS).emitWithAck(name, payload) as Promise<{ ok: boolean }>;
  }

  /**
   * The answer, or a failed test. As any client does, it asks again while the state of the calls cannot be reached: a
   * busy machine may not get an answer of Redis within the gateway's quarter of a second.
   */
  async must<N extends ClientRequestName>(name: N, payload: ClientRequest<N>): Promise<ClientAnswer<N>> {
    const until = performance.now() + AWAY_LIMIT_MS;
    for (;;) {
      const answer = await this.request(name, payload);
      if (answer.ok) return answer;
      const { code, message } = answer.error;
      if (code !== 'call-store-unavailable' || performance.now() > until)
        throw new Error(`${name}: ${code} ${message}`);
      await pause(AWAY_PAUSE_MS);
    }
  }

  /** The code of a refusal; 'ok' if it was not refused. */
  async codeOf(name: string, payload: unknown): Promise<string> {
    const answer = await this.raw(name, payload);
    return answer.ok ? 'ok' : (answer.error?.code ?? 'no code');
  }

  /** The first event of this name that satisfies the condition, past or to come. */
  event<N extends ServerEventName>(
    name: N,
    condition: (payload: ServerEvent<N>) => boolean = () => true,
  ): Promise<ServerEvent<N>> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.events.find(
          (event) => event.name === name && condition(event.payload as ServerEvent<N>),
        );
        if (!found) return false;
        clearTimeout(limit);
        this.#waiting.delete(look);
        resolve(found.payload as ServerEvent<N>);
        return true;
      };
      const limit = setTimeout(() => {
        this.#waiting.delete(look);
        reject(
          new Error(`no ${name} came; there were: ${this.events.map((event) => event.name).join(', ')}`),
        );
      }, EVENT_LIMIT_MS);
      if (!look()) this.#waiting.add(look);
    });
  }

  phase<P extends ModeSwitch['phase']>(
    phase: P,
    condition: (message: Extract<ModeSwitch, { phase: P }>) => boolean = () => true,
  ): Promise<Extract<ModeSwitch, { phase: P }>> {
    return this.event(
      'call:mode-switch',
      (message) => message.phase === phase && condition(message as Extract<ModeSwitch, { phase: P }>),
    ) as Promise<Extract<ModeSwitch, { phase: P }>>;
  }

  count(name: ServerEventName): number {
    return this.events.filter((event) => event.name === name).length;
  }

  forget(): void {
    this.events.length = 0;
  }

  close(): void {
    this.socket.disconnect();
  }
}
