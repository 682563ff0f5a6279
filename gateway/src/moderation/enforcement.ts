/**
 * Brings about on the media server what people may send, whatever their clients do. What moderators do not allow is held
 * back: tracks are paused, screens are closed. In a call of push-to-talk everything that can be heard is paused, but for
 * whoever has the floor, who is resumed once all others are paused. Looks at what is really there, so it does not matter
 * when or by whom it was made; asked after every block and every change of the floor, and whenever a track appears or
 * flows again. A media server that does not answer is asked again. Several gateways may do so at a time: what is done for
 * the floor carries the number of its change, the question what is there as well, and the media server refuses what comes
 * late: that is left to whoever was later; unless the call knows nothing of it (any more), for then its floor is numbered anew.
 */
import type { Log } from '@crossfade/service/log';
import { CodedError } from '@crossfade/shared/errors';
import type { Calls } from '../calls/calls.ts';
import { heldRooms, type CallState, type Room } from '../calls/state.ts';
import type { Acting, MediaServerClient } from '../media-client/http.ts';
import { permitOf, verdictOn } from './permits.ts';

const RETRY_FIRST_MS = 200;
const RETRY_LONGEST_MS = 5_000;
/** What is gone needs nothing done. */
const GONE = ['producer-not-found', 'room-not-found', 'stale-epoch'];
/** What became of a request when the media server knows a later number of the floor. */
const LATE = 'late';
/** After what may be sent has changed: whoever brought that about may have died before it did anything, milliseconds. */
const LOOK_LATER_MS = 300;

export interface EnforcementOptions {
  calls: () => Pick<Calls, 'state' | 'post'>;
  api: (room: Room) => Pick<MediaServerClient, 'room' | 'pauseProducer' | 'resumeProducer' | 'closeProducer'>;
  log: Log;
}

export class Enforcement {
  readonly #options: EnforcementOptions;
  /** The calls being seen to, and whether they have to be looked at again. */
  readonly #busy = new Map<string, boolean>();
  readonly #pauses = new Set<() => void>();
  readonly #later = new Map<string, NodeJS.Timeout>();
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

  /** Sees to a call in a moment, once however often it is asked to. */
  lookLater(callId: string): void {
    if (this.#closed || this.#later.has(callId)) return;
    const look = () => {
      this.#later.delete(callId);
      this.enforce(callId);
    };
    this.#later.set(callId, setTimeout(look, LOOK_LATER_MS));
  }

  /** Stops what waits to be tried again. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#later.values()) clearTimeout(timer);
    this.#later.clear();
    for (const wake of this.#pauses) wake();
  }

  async #work(callId: string): Promise<void> {
    let retryMs = RETRY_FIRST_MS;
    do {
      this.#busy.set(callId, false);
      try {
        const state = await this.#options.calls().state(callId);
        await allDone((state ? regulatedRooms(state) : []).map((room) => this.#bringAbout(callId, room)));
        retryMs = RETRY_FIRST_MS;
      } catch (error) {
        this.#options.log.warn('what may be sent could not be brought about yet', {
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

  async #bringAbout(callId: string, room: Room): Promise<void> {
    const api = this.#options.api(room);
    const acting = { roomId: callId, epoch: room.epoch };
    const before = await this.#options.calls().state(callId);
    if (!before) return;
    const fence = fenceOf(before);
    const fenced: Acting = fence > 0 ? { ...acting, fence } : acting;
    // Asked under the number: what was resumed under an earlier one is seen here, and what is yet to come is refused.
    const snapshot = await unlessLate(unlessGone(api.room(fenced)));
    if (snapshot === LATE) {
      await this.#overtaken(callId, fence);
      return;
    }
    // Who is blocked, and who has the floor, may have changed while that was asked for.
    const state = await this.#options.calls().state(callId);
    if (!snapshot || !state) return;
    if (fenceOf(state) !== fence) {
      this.#busy.set(callId, true);
      return;
    }
    const verdicts = snapshot.producers.map(({ producerId, participantId, ...track }) => ({
      producerId,
      verdict: verdictOn(permitOf(state, participantId), track),
    }));
    const those = (wanted: string) => verdicts.filter(({ verdict }) => verdict === wanted);
    const held = await allDone([
      ...those('close').map(({ producerId }) => done(api.closeProducer(acting, producerId))),
      ...those('pause').map(({ producerId }) => done(api.pauseProducer(fenced, producerId))),
    ]);
    // Only now: two are never heard at a time.
    const resumed = held.includes(LATE)
      ? []
      : await allDone(those('resume').map(({ producerId }) => done(api.resumeProducer(fenced, producerId))));
    if ([...held, ...resumed].includes(LATE)) await this.#overtaken(callId, fence);
  }

  /** Something was refused because the media server knows a later number of the floor than this one. */
  async #overtaken(callId: string, fence: number): Promise<void> {
    const calls = this.#options.calls();
    // Whoever acts under a number has stored it before: where it is not stored, it was lost.
    if ((await calls.state(callId))?.floor?.fence !== fence) return;
    await calls.post(callId, { type: 'floor-behind', fence });
    throw new CodedError('stale-fence');
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

/** The rooms that media may flow through of people who may not send everything. */
function regulatedRooms(state: CallState): Room[] {
  if (!state.floor && !state.members.some(({ blocked }) => blocked.length > 0)) return [];
  return heldRooms(state);
}

/** Waits for all, whatever becomes of each. @throws what the first of them threw that failed */
async function allDone<T>(work: readonly Promise<T>[]): Promise<T[]> {
  return (await Promise.allSettled(work)).map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/** 0: nobody has had the floor yet, or there is none. */
function fenceOf({ floor }: CallState): number {
  return floor?.fence ?? 0;
}

function done(work: Promise<unknown>): Promise<unknown> {
  return unlessLate(unlessGone(work));
}

async function unlessLate<T>(work: Promise<T>): Promise<T | typeof LATE> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CodedError && error.code === 'stale-fence') return LATE;
    throw error;
  }
}

async function unlessGone<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CodedError && GONE.includes(error.code)) return null;
    throw error;
  }
}
