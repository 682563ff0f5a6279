/** A connection to the service that is opened before a call is joined, so that joining has only to ask. */
import { Signalling } from './signalling.ts';

/** Of no use for longer than a person looks at a page; milliseconds. */
const KEPT_MS = 120_000;

export interface ConnectionAheadOptions {
  /** As for `joinCall`. */
  url: string;
  token: string | (() => Promise<string>);
}

export class ConnectionAhead {
  #signalling: Signalling | null;
  readonly #opened: Promise<boolean>;
  readonly #expiry: ReturnType<typeof setTimeout>;

  constructor({ url, token }: ConnectionAheadOptions) {
    const signalling = new Signalling(url, token);
    this.#signalling = signalling;
    this.#opened = signalling.connect().then(
      () => true,
      () => false,
    );
    this.#expiry = setTimeout(() => this.close(), KEPT_MS);
  }

  /** Whether it is open at the moment, and nobody's. */
  get open(): boolean {
    return this.#signalling?.connected === true;
  }

  /** Hands the connection over, for one call; null when there is none (any more): then one is opened as usual. */
  async take(): Promise<Signalling | null> {
    const signalling = this.#signalling;
    clearTimeout(this.#expiry);
    this.#signalling = null;
    if (!signalling) return null;
    if ((await this.#opened) && signalling.connected) return signalling;
    signalling.close();
    return null;
  }

  /** Gives it up; without effect once a call has it. Idempotent. */
  close(): void {
    clearTimeout(this.#expiry);
    this.#signalling?.close();
    this.#signalling = null;
  }
}
