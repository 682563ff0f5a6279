/**
 * The connection to the gateway: typed requests with a deadline, typed events, reconnection. Events are held back until
 * the call is ready for them, at first and again after every reconnection, so none is seen before the state it
 * changes. Owned and closed by the call.
 */
import { io, type Socket } from 'socket.io-client';
import { ackErrorSchema, CodedError } from '@crossfade/shared/errors';
import {
  ACK_TIMEOUT_MS,
  clientRequests,
  serverEvents,
  type ClientAnswer,
  type ClientRequest,
  type ClientRequestName,
  type ServerEvent,
  type ServerEventName,
} from '@crossfade/shared/signalling';
import { Tokens } from './tokens.ts';

export type Request = <N extends ClientRequestName>(
  name: N,
  payload: ClientRequest<N>,
) => Promise<ClientAnswer<N>>;

/** What is told of a call; the rest is about the connection. */
type CallEventName = Exclude<ServerEventName, 'connection:closing'>;

export type EventHandlers = { [N in CallEventName]: (event: ServerEvent<N>) => void };

export interface ConnectionHandlers {
  /** Connected again after it was lost: events are held back until `release`. */
  reconnected: () => void;
  lost: () => void;
  /** The gateway does not let this client in again. */
  refused: (error: CodedError) => void;
}

/** How long the first connection may take, milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Pause before a connection that the gateway ended is opened again, milliseconds. */
const RECONNECT_AFTER_KICK_MS = 500;

export class Signalling {
  readonly #socket: Socket;
  #held: (() => void)[] | null = [];
  #events: EventHandlers | null = null;
  #connection: ConnectionHandlers | null = null;
  #closed = false;
  /** Whether the gateway knows on this connection who this is. */
  #joined = false;
  readonly #tokens: Tokens;
  /** Why there was no token for the last attempt to connect. */
  #tokenless: { readonly reason: unknown } | null = null;
  /** Where the gateway is. */
  readonly url: string;

  /** @param token sent with every connection; a function is asked again when the one before is refused */
  constructor(url: string, token: string | (() => Promise<string>)) {
    this.url = url;
    this.#tokens = new Tokens(token);
    this.#socket = io(url, {
      transports: ['websocket'],
      autoConnect: false,
      forceNew: true,
      timeout: 5_000,
      reconnectionDelay: 250,
      reconnectionDelayMax: 3_000,
      auth: (send: (auth: { token: string }) => void) => {
        this.#tokens.take().then(
          (value) => {
            this.#tokenless = null;
            send({ token: value });
          },
          (reason: unknown) => {
            this.#tokenless = { reason };
            // An attempt cannot be called off: it is refused.
            send({ token: '' });
          },
        );
      },
    });
    for (const name of Object.keys(serverEvents) as ServerEventName[]) {
      if (name !== 'connection:closing') this.#listen(name);
    }
    this.#socket.on('connection:closing', (payload: unknown) => {
      const closing = serverEvents['connection:closing'].safeParse(payload);
      // It would only be refused.
      if (closing.data?.error.code === 'unauthenticated') this.#tokens.renew();
    });
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  /**
   * Opens the connection; a network that fails at first is tried again until the time is up.
   * @throws CodedError what the gateway refuses with, or `timeout` after 10 s; what the token's function rejects with; the
   *   reason of the signal
   */
  async connect(signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const timer = setTimeout(
      () => reject(new CodedError('timeout', 'The service cannot be reached.')),
      CONNECT_TIMEOUT_MS,
    );
    const refused = (error: Error) => {
      const coded = refusal(error);
      if (coded) reject(this.#tokenless ? (this.#tokenless.reason as Error) : coded);
    };
    const connected = () => resolve(undefined);
    const givenUp = () => reject(signal?.reason as Error);
    if (signal?.aborted === true) givenUp();
    signal?.addEventListener('abort', givenUp);
    this.#socket.once('connect', connected);
    this.#socket.on('connect_error', refused);
    this.#socket.connect();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#socket.off('connect', connected);
      this.#socket.off('connect_error', refused);
      signal?.removeEventListener('abort', givenUp);
    }
    this.#tokens.accepted();
    this.#watch();
  }

  /** Who hears of events and of the connection. Events stay held back until `release`. */
  handle(events: EventHandlers, connection: ConnectionHandlers): void {
    this.#events = events;
    this.#connection = connection;
  }

  /** Keeps what comes from now on for `release`. */
  hold(): void {
    this.#held ??= [];
  }

  /** Hands over what was held back, in order, and all that follows at once. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const deliver of held) deliver();
  }

  /**
   * Sends a request and waits for its answer. While there is no connection, or none that has joined, it fails at once: what was
   * meant for the state before must not reach the gateway ahead of the resumed session.
   * @throws CodedError what the gateway answers, `timeout` after 5 s or without a connection, `not-joined` when it is closed
   */
  readonly request: Request = async (name, payload) => {
    if (this.#closed) throw new CodedError('not-joined');
    const possible = this.#socket.connected && (this.#joined || name === 'call:join');
    if (!possible) throw new CodedError('timeout', 'There is no connection to the service.');
    let ack: unknown;
    try {
      ack = await this.#socket.timeout(ACK_TIMEOUT_MS).emitWithAck(name, payload);
    } catch (cause) {
      throw new CodedError('timeout', undefined, { cause });
    }
    const failure = ackFailure(ack);
    if (failure) throw failure;
    const answer = clientRequests[name].answer.safeParse(ack);
    if (!answer.success) {
      throw new CodedError('internal', `The answer to ${name} makes no sense.`, { cause: answer.error });
    }
    if (name === 'call:join') this.#joined = true;
    return answer.data as ClientAnswer<typeof name>;
  };

  /** The token of this connection, for the REST API. */
  token(): Promise<string> {
    return this.#tokens.take();
  }

  /** Sends without waiting for anything: for a page that is going away. */
  sendLast<N extends ClientRequestName>(name: N, payload: ClientRequest<N>): void {
    if (this.#socket.connected) this.#socket.emit(name, payload);
  }

  /** Opens the connection anew at once, whether it is lost, only seems to be there, or waits for its next attempt. */
  reconnect(): void {
    if (this.#closed) return;
    this.#socket.disconnect();
    this.#socket.connect();
  }

  close(): void {
    this.#closed = true;
    this.#held = null;
    this.#socket.off();
    this.#socket.disconnect();
  }

  #listen(name: CallEventName): void {
    this.#socket.on(name, (payload: unknown) => {
      const event = serverEvents[name].safeParse(payload);
      if (!event.success) {
        console.warn(`crossfade: dropped a malformed ${name}`, event.error.issues);
        return;
      }
      const deliver = () => {
        const handle = this.#events?.[name] as ((event: unknown) => void) | undefined;
        if (!this.#closed) handle?.(event.data);
      };
      if (this.#held) this.#held.push(deliver);
      else deliver();
    });
  }

  #watch(): void {
    this.#socket.on('connect', () => {
      this.#tokens.accepted();
      this.#connection?.reconnected();
    });
    this.#socket.on('disconnect', (reason) => {
      // What was held back belongs to the session before; the resumed one starts from a snapshot.
      this.#held = [];
      this.#joined = false;
      this.#connection?.lost();
      // Socket.IO does not come back by itself when the server ended the connection.
      if (reason === 'io server disconnect') {
        setTimeout(() => {
          if (!this.#closed) this.#socket.connect();
        }, RECONNECT_AFTER_KICK_MS);
      }
    });
    this.#socket.on('connect_error', (error) => {
      const coded = refusal(error);
      // A token that could not be had now may be had soon.
      const another = this.#tokenless !== null || (coded?.code === 'unauthenticated' && this.#tokens.renew());
      if (coded && !coded.retryable && !another) this.#connection?.refused(coded);
      else if (!this.#socket.active) {
        setTimeout(() => {
          if (!this.#closed) this.#socket.connect();
        }, RECONNECT_AFTER_KICK_MS);
      }
    });
  }
}

/** The error in a negative acknowledgement; null for a positive one. */
function ackFailure(ack: unknown): CodedError | null {
  if (typeof ack !== 'object' || ack === null || !('ok' in ack)) {
    return new CodedError('internal', 'The service sent no proper answer.');
  }
  if (ack.ok === true) return null;
  return ('error' in ack ? coded(ack.error) : null) ?? new CodedError('internal');
}

/** What the gateway refuses a connection with; null when it was the network. */
function refusal(error: Error): CodedError | null {
  return 'data' in error ? coded(error.data) : null;
}

function coded(input: unknown): CodedError | null {
  const parsed = ackErrorSchema.safeParse(input);
  if (!parsed.success) return null;
  const { code, message, errors } = parsed.data;
  return new CodedError(code, message, { ...(errors && { errors }) });
}
