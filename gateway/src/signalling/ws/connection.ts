/**
 * One client's WebSocket, and what is put up with from it: so many frames, of text, of a size; an answer to every ping; what
 * it is sent has to be read. Who breaks a rule is told, and the connection is closed.
 */
import { fullAllowance, spend, type Allowance, type AllowanceLimits } from '@crossfade/service/allowance';
import { Backlog, type Eviction } from '@crossfade/service/backlog';
import { CodedError } from '@crossfade/shared/errors';
import type { WebSocket } from 'ws';
import { errorFrame } from './frames.ts';

/** Why a connection is closed: codes of RFC 6455, 7.4.1, and of the IANA registry it founds. */
export const CLOSE = { goingAway: 1001, unsupported: 1003, policy: 1008, comeBack: 1012 } as const;
export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];

/** Milliseconds the reason for closing gets to arrive; after that nothing more is read or written. */
const FAREWELL_MS = 1_000;

/** How often it is looked whether a client keeps up, milliseconds. */
const LOOK_INTERVAL_MS = 250;

export interface ConnectionOptions {
  /** Frames of any kind. */
  allowance: AllowanceLimits;
  /** Bytes that may wait for the client. */
  backlogBytes: number;
  /** How often the client is pinged; by the next one it has answered, or is gone. Milliseconds. */
  pingIntervalMs: number;
  /** A frame of text. @param verdict whether there is allowance for it */
  onFrame: (text: Buffer, verdict: 'serve' | 'refuse') => void;
  /** The connection is about to be closed for what the client did. */
  onEnding: (why: CodedError) => void;
  onEvicted: (why: Eviction) => void;
  /** It is closed, however that came about. Once. */
  onClosed: () => void;
}

export class Connection {
  readonly #web: WebSocket;
  readonly #options: ConnectionOptions;
  readonly #backlog: Backlog;
  readonly #timers: readonly NodeJS.Timeout[];
  #allowance: Allowance;
  #answered = true;
  #ending = false;

  constructor(web: WebSocket, options: ConnectionOptions) {
    this.#web = web;
    this.#options = options;
    this.#allowance = fullAllowance(options.allowance, performance.now());
    this.#backlog = new Backlog({ bytes: options.backlogBytes, lagMs: Infinity });
    this.#timers = [
      setInterval(() => this.#ping(), options.pingIntervalMs).unref(),
      setInterval(() => this.#look(), LOOK_INTERVAL_MS).unref(),
    ];
    web.on('message', (data: Buffer, isBinary: boolean) => {
      const verdict = this.#spend();
      if (verdict === 'over') return;
      if (isBinary) this.end(new CodedError('unsupported-media-type'), CLOSE.unsupported);
      else options.onFrame(data, verdict);
    });
    web.on('ping', () => this.#spend());
    web.on('pong', () => {
      this.#answered = true;
      this.#spend();
    });
    // Too large, too many pieces, no UTF-8, reserved bits: ws says so in the code it closes with.
    web.on('error', () => {
      // It would read on, and throw away: whatever else comes stays with the sender. After ws, which resumes once it has told.
      setImmediate(() => web.pause());
      this.#farewell();
    });
    web.once('close', () => {
      this.#ending = true;
      for (const timer of this.#timers) clearInterval(timer);
      options.onClosed();
    });
  }

  /** Whether frames of the client are still taken. */
  get isOpen(): boolean {
    return !this.#ending && this.#web.readyState === this.#web.OPEN;
  }

  send(text: string): void {
    if (this.isOpen) this.#web.send(text, () => undefined);
  }

  /** Says why, and closes. */
  end(why: CodedError, code: CloseCode): void {
    if (this.#ending) return;
    this.send(errorFrame(why));
    this.#options.onEnding(why);
    this.close(code);
  }

  close(code: CloseCode): void {
    this.#web.close(code);
    this.#farewell();
  }

  /** From here on nothing of the client is taken. */
  #farewell(): void {
    if (this.#ending) return;
    this.#ending = true;
    // ws would wait for the other side for half a minute.
    setTimeout(() => this.#web.terminate(), FAREWELL_MS).unref();
  }

  #spend(): 'serve' | 'refuse' | 'over' {
    if (this.#ending) return 'over';
    const { allowance, verdict } = spend(this.#allowance, this.#options.allowance, performance.now());
    this.#allowance = allowance;
    if (verdict !== 'close') return verdict;
    this.end(new CodedError('rate-limited'), CLOSE.policy);
    return 'over';
  }

  #ping(): void {
    if (!this.#answered) {
      this.#web.terminate();
      return;
    }
    this.#answered = false;
    this.#web.ping(() => undefined);
  }

  #look(): void {
    this.#backlog.flushed();
    this.#backlog.queued(this.#web.bufferedAmount);
    const why = this.#backlog.look(performance.now());
    if (why === undefined) return;
    this.#options.onEvicted(why);
    // A closing handshake would wait behind everything that is not being read.
    this.#web.terminate();
  }
}
