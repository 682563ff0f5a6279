/**
 * Empties this server: no new rooms, the others until a deadline. Started by an operator, by SIGTERM, or by workers
 * that keep dying; what it decides is in drain-state.ts. Created and closed by the app.
 */
import type { Log } from '@crossfade/service/log';
import { CodedError } from '@crossfade/shared/errors';
import { Emitter } from '../emitter.ts';
import type { Rooms } from '../rooms/rooms.ts';
import {
  afterClosing,
  asked,
  isCancellable,
  MOVE_NOTICE_MS,
  NOT_DRAINING,
  type DrainReason,
  type DrainState,
} from './drain-state.ts';

export interface DrainOptions {
  rooms: Rooms;
  /** Milliseconds the rooms get if nobody says otherwise. */
  deadlineMs: number;
  log: Log;
}

interface DrainEvents {
  /** It was not draining before. */
  started: [reason: DrainReason];
  /** Any change of the state. */
  changed: [];
}

export class Drain extends Emitter<DrainEvents> {
  readonly #options: DrainOptions;
  readonly #waiting = new Set<() => void>();
  #state: DrainState = NOT_DRAINING;
  #moveTimer: NodeJS.Timeout | undefined;
  #closeTimer: NodeJS.Timeout | undefined;

  constructor(options: DrainOptions) {
    super(options.log);
    this.#options = options;
    options.rooms.on('closed', () => {
      this.#become(afterClosing(this.#state, options.rooms.count));
    });
  }

  get state(): DrainState {
    return this.#state;
  }

  /** Starts it, or changes the deadline of the one that is under way. */
  start(reason: DrainReason, deadlineMs = this.#options.deadlineMs): void {
    const { rooms, log } = this.#options;
    const before = this.#state;
    const next = asked(before, reason, Date.now() + deadlineMs, rooms.count);
    log.info('draining', { reason, deadlineMs, rooms: rooms.count });
    this.#become(next);
    if (before.state === 'none') this.emit('started', reason);
    this.#schedule();
  }

  /** New rooms are taken again. @throws CodedError `shutting-down` if the process was told to end */
  cancel(): void {
    if (!isCancellable(this.#state)) throw new CodedError('shutting-down');
    this.close();
    this.#become(NOT_DRAINING);
  }

  /** Resolves when no rooms are left; at once if it is not draining. */
  async done(): Promise<void> {
    if (this.#state.state !== 'draining') return;
    await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** Nothing happens at the deadline any more. */
  close(): void {
    clearTimeout(this.#moveTimer);
    clearTimeout(this.#closeTimer);
  }

  #schedule(): void {
    this.close();
    if (this.#state.state !== 'draining') return;
    const leftMs = Math.max(0, this.#state.deadline - Date.now());
    const { rooms } = this.#options;
    this.#moveTimer = setTimeout(
      () => {
        for (const room of [...rooms.all]) room.announceMove();
      },
      Math.max(0, leftMs - MOVE_NOTICE_MS),
    );
    this.#closeTimer = setTimeout(() => {
      for (const room of [...rooms.all]) room.close('drained');
    }, leftMs);
    // The process ends when it is told to, not when a drain is over.
    this.#moveTimer.unref();
    this.#closeTimer.unref();
  }

  #become(next: DrainState): void {
    if (next === this.#state) return;
    this.#state = next;
    this.emit('changed');
    if (next.state === 'draining') return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
