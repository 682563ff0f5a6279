/**
 * One stay in a call after the other, as a component shows them: joins, tells how that stands, and leaves. The part of the
 * SDK that a call needs is loaded when the first one is joined.
 */
import type { Call, CallOptions } from './call.ts';
import { openLocalMedia, type LocalMedia } from './local-media.ts';
import type { CallStatus } from './snapshot.ts';

export interface VisitOptions extends Omit<CallOptions, 'media' | 'signal'> {
  /**
   * Camera and microphone, opened and closed by the application; without them they are opened for the call, and closed
   * with it.
   */
  media?: LocalMedia | undefined;
}

/** How a stay in a call stands. */
export type Visit =
  /** Nothing was asked for. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'joining' }
  | {
      readonly kind: 'joined';
      readonly call: Call;
      readonly media: LocalMedia;
      /** Leaves the call; it is then `ended`. */
      readonly leave: () => void;
    }
  /** It could not be joined. */
  | {
      readonly kind: 'failed';
      /** A `CodedError` with what the gateway said, for example `call-full`; or what the application's `token` threw. */
      readonly error: unknown;
      readonly retry: () => void;
    }
  | {
      readonly kind: 'ended';
      /** Why. */
      readonly status: Extract<CallStatus, { kind: 'ended' }>;
      readonly rejoin: () => void;
    };

/** What a visit is made with; tests have others. */
export interface VisitTools {
  join: (options: CallOptions) => Promise<Call>;
  openMedia: () => Promise<LocalMedia>;
}

const TOOLS: VisitTools = {
  join: async (options) => (await import('./call.ts')).joinCall(options),
  openMedia: () => openLocalMedia(),
};

const IDLE: Visit = { kind: 'idle' };
export const JOINING: Visit = { kind: 'joining' };

export class CallVisit {
  readonly #tools: VisitTools;
  readonly #listeners = new Set<() => void>();
  #state: Visit = IDLE;
  /** Ends the present stay, whatever it has come to. */
  #stop: () => void = () => undefined;

  constructor(tools: VisitTools = TOOLS) {
    this.#tools = tools;
  }

  /** Immutable, a new object on every change. */
  get state(): Visit {
    return this.#state;
  }

  /** Calls the listener after every change. Returns how to stop that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Joins; leaves the call before, if there is one.
   * @param options asked for when they are needed: they may have changed when one joins again; null: no more
   */
  enter(options: () => VisitOptions | null): void {
    this.#stop();
    const giveUp = new AbortController();
    this.#stop = () => giveUp.abort();
    this.#set(JOINING);
    void this.#stay(options, giveUp.signal);
  }

  /** Leaves, or gives up joining. */
  leave(): void {
    this.#stop();
    this.#set(IDLE);
  }

  async #stay(optionsOf: () => VisitOptions | null, given: AbortSignal): Promise<void> {
    // What is taken back at once (React's StrictMode mounts twice) has not begun.
    await Promise.resolve();
    const options = optionsOf();
    const isGone = () => given.aborted;
    if (isGone() || !options) return;
    const tell = (state: Visit) => {
      if (!given.aborted) this.#set(state);
    };
    const again = () => {
      if (!given.aborted) this.enter(optionsOf);
    };
    let ownMedia: LocalMedia | undefined;
    try {
      const media = options.media ?? (ownMedia = await this.#tools.openMedia());
      given.throwIfAborted();
      const call = await this.#tools.join({ ...options, media, signal: given });
      const leave = () => void call.leave();
      // Whoever is gone before the answer comes is in the call all the same.
      if (isGone()) leave();
      given.addEventListener('abort', leave);
      const opened = ownMedia;
      const look = () => {
        const { status } = call.snapshot;
        if (status.kind !== 'ended') return;
        stop();
        opened?.close();
        tell({ kind: 'ended', status, rejoin: again });
      };
      const stop = call.subscribe(look);
      tell({ kind: 'joined', call, media, leave });
      look();
    } catch (error) {
      ownMedia?.close();
      tell({ kind: 'failed', error, retry: again });
    }
  }

  #set(state: Visit): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const listener of [...this.#listeners]) listener();
  }
}
