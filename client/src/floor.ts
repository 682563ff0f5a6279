/**
 * The floor of a call of push-to-talk, as an application uses it: asks for it and gives it back, and tells who has it. What
 * it hears may come out of order, over two gateways: what is older than what is known, by its fence, is passed over. Owned
 * by the session.
 */
import type { FloorAnswer, FloorDenial, FloorRevocation, FloorState } from '@crossfade/shared/floor';
import type { ServerEvent } from '@crossfade/shared/signalling';
import type { Request } from './signalling.ts';

export type { FloorAnswer, FloorDenial, FloorRevocation } from '@crossfade/shared/floor';

/** The floor right now: immutable, a new object on every change. */
export interface FloorView {
  /** Who may speak; null: nobody does. */
  readonly holder: string | null;
  /** How this participant stands. */
  readonly self: 'listening' | 'waiting' | 'speaking';
  /** The place in the queue, as it was when it was told last; 1 is next. */
  readonly queuePosition: number | null;
  /** Of the grant there is, or of its end. */
  readonly fence: number;
}

/** What happened on the floor. */
export type FloorEvent =
  /** This participant may speak, for so many milliseconds. */
  | { readonly kind: 'granted'; readonly remainingMs: number }
  /** Somebody else may. */
  | { readonly kind: 'taken'; readonly holder: string }
  | { readonly kind: 'idle' }
  /** This participant neither speaks nor waits. */
  | { readonly kind: 'denied'; readonly reason: FloorDenial; readonly retryAfterMs?: number | undefined }
  /** This participant is not heard any more. */
  | {
      readonly kind: 'revoked';
      readonly reason: FloorRevocation;
      readonly retryAfterMs?: number | undefined;
    };

export interface FloorOptions {
  callId: string;
  selfId: () => string;
  request: Request;
  /** There is another view. */
  changed: () => void;
}

export class Floor {
  readonly #options: FloorOptions;
  readonly #listeners = new Set<(event: FloorEvent) => void>();
  #view: FloorView | null = null;
  /** How many were told. */
  #denials = 0;

  constructor(options: FloorOptions) {
    this.#options = options;
  }

  /** Null: the call has none, everyone may speak. */
  get view(): FloorView | null {
    return this.#view;
  }

  /**
   * Asks to speak. The microphone has to be on (`setMicrophone`); the media server lets it through as long as one has the
   * floor. To switch it off while one speaks gives the floor back.
   * @param options.priority 0 (the default) to 255, at most what the token grants
   * @param options.queue whether to wait while somebody else speaks; true by default
   * @throws CodedError, for example `no-floor`, `forbidden`, `blocked-by-moderator`
   */
  async request(options: { priority?: number; queue?: boolean } = {}): Promise<FloorAnswer> {
    const { callId, request } = this.#options;
    const denials = this.#denials;
    const answer = await request('floor:request', { callId, ...options });
    this.#answered(answer);
    const { denied: reason, retryAfterMs } = answer;
    // Listeners hear of it once, also of a gateway that tells it apart from the answer.
    if (reason !== undefined && denials === this.#denials) this.denied({ callId, reason, retryAfterMs });
    return answer;
  }

  /** Has spoken, or does not want to any more. Safe to call whenever. */
  async release(): Promise<void> {
    const { callId, request } = this.#options;
    this.#answered(await request('floor:release', { callId }));
  }

  /** Calls the listener with everything that happens. Returns how to stop that. */
  subscribe(listener: (event: FloorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** As the answer to a join tells. */
  joined(state: FloorState | undefined): void {
    if (!state) {
      this.#set(null);
      return;
    }
    const { holder, fence, queuePosition } = state;
    this.#set(this.#seen(holder, fence, queuePosition ?? null));
  }

  /** The call has no floor any more. */
  gone(): void {
    this.#set(null);
  }

  granted({ fence, remainingMs }: ServerEvent<'floor:granted'>): void {
    if (this.#isOld(fence)) return;
    this.#set(this.#seen(this.#options.selfId(), fence, null));
    this.#tell({ kind: 'granted', remainingMs });
  }

  taken({ holder, fence }: ServerEvent<'floor:taken'>): void {
    if (this.#isOld(fence)) return;
    this.#set(this.#seen(holder, fence, this.#view?.queuePosition ?? null));
    this.#tell({ kind: 'taken', holder });
  }

  idle({ fence }: ServerEvent<'floor:idle'>): void {
    if (this.#isOld(fence)) return;
    this.#set(this.#seen(null, fence, this.#view?.queuePosition ?? null));
    this.#tell({ kind: 'idle' });
  }

  denied({ reason, retryAfterMs }: ServerEvent<'floor:denied'>): void {
    this.#denials += 1;
    if (this.#view) this.#set(this.#seen(this.#view.holder, this.#view.fence, null));
    this.#tell({ kind: 'denied', reason, retryAfterMs });
  }

  revoked({ fence, reason, retryAfterMs }: ServerEvent<'floor:revoked'>): void {
    if (this.#view?.fence === fence) this.#set(this.#seen(null, fence, null));
    this.#tell({ kind: 'revoked', reason, retryAfterMs });
  }

  #answered({ holder, fence, queuePosition }: FloorAnswer): void {
    if (fence === undefined ? !this.#view : this.#isOld(fence)) return;
    this.#set(this.#seen(holder ?? null, fence ?? this.#view?.fence ?? 0, queuePosition ?? null));
  }

  #isOld(fence: number): boolean {
    return this.#view !== null && fence < this.#view.fence;
  }

  #seen(holder: string | null, fence: number, queuePosition: number | null): FloorView {
    const speaking = holder === this.#options.selfId();
    const place = speaking ? null : queuePosition;
    const self = speaking ? 'speaking' : place === null ? 'listening' : 'waiting';
    return { holder, self, queuePosition: place, fence };
  }

  #set(view: FloorView | null): void {
    const before = this.#view;
    const same =
      before?.holder === view?.holder &&
      before?.queuePosition === view?.queuePosition &&
      before?.fence === view?.fence;
    if (same) return;
    this.#view = view;
    this.#options.changed();
  }

  #tell(event: FloorEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
