/**
 * Holds back on the media server what moderators do not let people send, whatever their clients do: tracks are paused,
 * screens are closed. Looks at what is really there, so it does not matter when or by whom it was made; asked after
 * every block, and whenever a track appears or flows again. A media server that does not answer is asked again.
 */
import type { Log } from '@crossfade/service/log';
import { CodedError } from '@crossfade/shared/errors';
import { isBlocked } from '../calls/blocks.ts';
import type { Calls } from '../calls/calls.ts';
import { heldRooms, memberOf, type CallState, type Room } from '../calls/state.ts';
import type { MediaServerClient } from '../media-client/http.ts';

const RETRY_FIRST_MS = 200;
const RETRY_LONGEST_MS = 5_000;
/** What is gone needs no holding back. */
const GONE = ['producer-not-found', 'room-not-found', 'stale-epoch'];

export interface EnforcementOptions {
  calls: () => Pick<Calls, 'state'>;
  api: (room: Room) => Pick<MediaServerClient, 'room' | 'pauseProducer' | 'closeProducer'>;
  log: Log;
}

export class Enforcement {
  readonly #options: EnforcementOptions;
  /** The calls being seen to, and whether they have to be looked at again. */
  readonly #busy = new Map<string, boolean>();
  readonly #pauses = new Set<() => void>();
  #closed = false;

  constructor(options: EnforcementOptions) {
    this.#options = options;
  }

  /** Sees to a call, soon; never throws. */
  enforce(callId: string): void {
    if (this.#closed) return;
    const busy = this.#busy.has(callId);
    this.#busy.set(callId, busy);
    if (!busy) void this.#work(callId);
  }

  /** Stops what waits to be tried again. */
  close(): void {
    this.#closed = true;
    for (const wake of this.#pauses) wake();
  }

  async #work(callId: string): Promise<void> {
    let retryMs = RETRY_FIRST_MS;
    do {
      this.#busy.set(callId, false);
      try {
        const state = await this.#options.calls().state(callId);
        for (const room of state ? moderatedRooms(state) : []) await this.#holdBack(callId, room);
        retryMs = RETRY_FIRST_MS;
      } catch (error) {
        this.#options.log.warn('what a moderator does not allow could not be held back yet', {
          callId,
          error,
        });
        this.#busy.set(callId, true);
        await this.#pause(retryMs);
        retryMs = Math.min(retryMs * 2, RETRY_LONGEST_MS);
      }
    } while (this.#busy.get(callId) === true && !this.#closed);
    this.#busy.delete(callId);
  }

  async #holdBack(callId: string, room: Room): Promise<void> {
    const api = this.#options.api(room);
    const acting = { roomId: callId, epoch: room.epoch };
    const snapshot = await unlessGone(api.room(acting));
    // Who is blocked may have changed while that was asked for.
    const state = await this.#options.calls().state(callId);
    if (!snapshot || !state) return;
    for (const { producerId, participantId, kind, source, paused } of snapshot.producers) {
      const blocked = memberOf(state, participantId)?.blocked ?? [];
      if (!isBlocked(blocked, { kind, source })) continue;
      if (source === 'screen' || source === 'screen-audio')
        await unlessGone(api.closeProducer(acting, producerId));
      else if (!paused) await unlessGone(api.pauseProducer(acting, producerId));
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#pauses.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#pauses.add(wake);
    });
  }
}

/** The rooms that media of blocked people may flow through. */
function moderatedRooms(state: CallState): Room[] {
  if (!state.members.some(({ blocked }) => blocked.length > 0)) return [];
  return heldRooms(state);
}

async function unlessGone<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CodedError && GONE.includes(error.code)) return null;
    throw error;
  }
}
