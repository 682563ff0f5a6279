/**
 * Carries out what the reducer wants done: messages to clients and records at once; rooms are opened one after the
 * other per call, with their outcome posted back as an event. What is done to a room that is there waits for nobody but
 * its own media server: one that does not answer any more does not keep a call from moving to another.
 */
import { setTimeout } from 'node:timers/promises';
import type { Log } from '@crossfade/service/log';
import { CodedError } from '@crossfade/shared/errors';
import type { IceServer } from '@crossfade/shared/signalling';
import type { FloorNews } from '../floor/reduce.ts';
import type { MediaServers } from '../nodes/media-servers.ts';
import type { Courier, LocalCourier } from '../signalling/courier.ts';
import type { Calls } from './calls.ts';
import type { Effect, RecordEntry } from './events.ts';
import { openingOf } from './state.ts';

export interface EffectsOptions {
  /** To this gateway's clients: the others hear the same from theirs. */
  courier: LocalCourier & Pick<Courier, 'release'>;
  mediaServers: Pick<MediaServers, 'open' | 'close' | 'leave'>;
  record: (entry: RecordEntry) => void;
  /** Lets flow on the media server what may, and holds back the rest. */
  enforce: (callId: string) => void;
  /** Told what happens on the floor. */
  onFloor: (news: FloorNews) => void;
  /** ICE servers for one participant. */
  iceServers: (participantId: string) => IceServer[];
  calls: () => Pick<Calls, 'post' | 'state'>;
  log: Log;
}

export class Effects {
  readonly #options: EffectsOptions;
  /** The end of each call's queue of rooms to open. */
  readonly #opening = new Map<string, Promise<void>>();
  /** All that is being done about rooms. */
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: EffectsOptions) {
    this.#options = options;
  }

  run(callId: string, effect: Effect): void {
    const { courier, mediaServers, record } = this.#options;
    switch (effect.type) {
      case 'broadcast':
        courier.broadcastHere(callId, effect.except, effect.message);
        break;
      case 'send':
        courier.sendHere(callId, effect.to, effect.message);
        break;
      case 'announce':
        this.#announce(callId, effect);
        break;
      case 'release-socket':
        courier.release(callId, effect.participantId, effect.socketId, effect.message);
        break;
      case 'enforce':
        this.#options.enforce(callId);
        break;
      case 'floor':
        this.#options.onFloor(effect.news);
        break;
      case 'record':
        record(effect.entry);
        break;
      case 'open-room':
        this.#enqueue(callId, () => this.#open(callId, effect));
        break;
      case 'close-room':
        void this.#track(callId, mediaServers.close(callId, effect.room));
        break;
      case 'leave-room':
        void this.#track(callId, mediaServers.leave(callId, effect.room, effect.participantId));
        break;
    }
  }

  /** Waits until all room operations that were asked for have been tried, at most `limitMs`. */
  async idle(limitMs: number): Promise<void> {
    const limit = new AbortController();
    const over = setTimeout(limitMs, 'over', { signal: limit.signal }).catch(() => undefined);
    while (this.#underWay.size > 0)
      if ((await Promise.race([Promise.all(this.#underWay), over])) === 'over') break;
    limit.abort();
  }

  #announce(callId: string, { to, prepare }: Extract<Effect, { type: 'announce' }>): void {
    for (const participantId of to) {
      const payload =
        prepare.mode === 'p2p'
          ? { ...prepare, iceServers: this.#options.iceServers(participantId) }
          : prepare;
      this.#options.courier.sendHere(callId, participantId, { name: 'call:mode-switch', payload });
    }
  }

  async #open(
    callId: string,
    { transitionId, epoch, avoid, last, spare = false }: Extract<Effect, { type: 'open-room' }>,
  ): Promise<void> {
    const { mediaServers, calls, log } = this.#options;
    try {
      const isCurrent = async () => {
        const state = await calls().state(callId);
        return state !== null && openingOf(state.media) === transitionId;
      };
      // It waited for another one to be opened, and is not wanted any more.
      if (!(await isCurrent())) return;
      const room = await mediaServers.open(callId, epoch, isCurrent, { avoid, last, spare });
      await calls().post(callId, { type: 'room-opened', transitionId, room });
    } catch (error) {
      log[spare ? 'info' : 'warn'](spare ? 'no standby room for the call' : 'no media server for the call', {
        callId,
        code: error instanceof CodedError ? error.code : undefined,
      });
      await calls().post(callId, { type: 'room-not-opened', transitionId });
    }
  }

  #enqueue(callId: string, work: () => Promise<void>): void {
    const end = this.#track(callId, (this.#opening.get(callId) ?? Promise.resolve()).then(work));
    this.#opening.set(callId, end);
    void end.then(() => {
      if (this.#opening.get(callId) === end) this.#opening.delete(callId);
    });
  }

  #track(callId: string, work: Promise<void>): Promise<void> {
    const end = work.catch((error: unknown) => {
      this.#options.log.warn('room operation failed', { callId, error });
    });
    this.#underWay.add(end);
    return end.finally(() => this.#underWay.delete(end));
  }
}
