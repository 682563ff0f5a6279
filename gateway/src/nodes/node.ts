/**
 * One media server as this gateway sees it: whether it is there, the calls' rooms on it, which are opened, kept and
 * closed here, and its feed. Made and closed by the registry.
 */
import type { Log } from '@crossfade/service/log';
import { CodedError, type ErrorCode } from '@crossfade/shared/errors';
import type { RtpCapabilities } from '@crossfade/shared/rtp';
import { isTimeout, type ExchangeObserver } from '../media-client/exchange.ts';
import { MediaServerFeed, type FeedHandlers } from '../media-client/feed.ts';
import { BusyError, MediaServerClient } from '../media-client/http.ts';
import type { RoomPicture } from '../media-client/picture.ts';
import { Admission } from './admission.ts';
import {
  evidenceAgainst,
  factsOf,
  hasRestarted,
  reduce,
  UNOBSERVED,
  type Evidence,
  type HealthLimits,
  type NodeState,
} from './health.ts';
import type { Occupied } from './evacuation.ts';
import type { Candidate } from './place.ts';

/**
 * A room lives this long after its gateway has last said that it is needed, so that what a killed gateway leaves behind
 * goes away by itself; seconds. Said again three times within it.
 */
const LEASE_S = 30;
const RENEW_EVERY_MS = 10_000;
/** How often it is looked what is due: leases, left-over rooms, the end of a grace period; milliseconds. */
const TICK_MS = 250;
/** A tick that comes so much later shows that this process stood still, milliseconds. */
const STOOD_STILL_MS = 1_000;
/** An answer to a poll takes no longer, milliseconds. */
const POLL_LIMIT_MS = 2_000;
/** A room is opened within, or another server is asked, milliseconds: a switch does not wait for long. */
const OPEN_LIMIT_MS = 2_000;
/** A call that was placed here is in the load that the server tells after, milliseconds: people come, CPU is measured. */
const LOAD_SHOWS_AFTER_MS = 10_000;

/** Refusals of a room that are about the server, not about the room. */
const FULL: readonly ErrorCode[] = ['no-capacity', 'draining', 'shutting-down'];

export interface NodeOptions {
  url: string;
  token: () => string;
  pollEveryMs: number;
  limits: HealthLimits;
  rooms: FeedHandlers;
  /** It has become healthy: it may take what waits for a media server. */
  available: () => void;
  observer: ExchangeObserver;
  log: Log;
}

/** A room that this gateway needs: its lease is renewed. */
interface NeededRoom {
  readonly epoch: number;
  /** Of the process it is in; null: not known yet. */
  bootId: string | null;
  renewAt: number;
}

export class MediaNode {
  readonly url: string;
  readonly api: MediaServerClient;
  /** It is not configured any more, and only keeps the rooms it has. */
  leaving = false;
  readonly #options: NodeOptions;
  readonly #feed: MediaServerFeed;
  readonly #admission = new Admission();
  readonly #needed = new Map<string, NeededRoom>();
  /** Rooms that could not be closed, by call: they are when the server answers again, if their lease has not ended. */
  readonly #leftovers = new Map<string, number>();
  /** The end of what is being done about each call's room, one thing after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #timer: NodeJS.Timeout;
  #pollTimer: NodeJS.Timeout | undefined;
  #polling = false;
  /** When the last tick was, or something was seen that came later than the next one should have. */
  #awakeAt = Date.now();
  #state: NodeState = UNOBSERVED;
  #placedAt: number[] = [];
  #closesAt: number | null = null;
  #refusingUntil = 0;
  #closed = false;

  constructor(options: NodeOptions) {
    this.#options = options;
    const { url, token, rooms, observer, log } = options;
    this.url = url;
    this.api = new MediaServerClient(url, token, observer);
    this.#feed = new MediaServerFeed({
      url,
      token,
      log,
      rooms: {
        ...rooms,
        lost: (callId, epoch, serverGone) => {
          this.#forget(callId, epoch);
          rooms.lost(callId, epoch, serverGone);
        },
      },
      connection: {
        // One kind of evidence asks for the other.
        connected: () => {
          this.#observe({ type: 'feed-connected' });
          void this.#poll();
        },
        cut: (why) => {
          this.#observe({ type: 'feed-cut', why });
          void this.#poll();
        },
        load: ({ bootId, score, draining, closesInMs }) => {
          // By our own clock: the server's may be another.
          this.#closesAt = typeof closesInMs === 'number' ? Date.now() + closesInMs : null;
          this.#observe({ type: 'load', node: { bootId, load: score, draining } });
        },
      },
    });
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
    void this.#poll();
  }

  get state(): NodeState {
    return this.#state;
  }

  get connected(): boolean {
    return this.#feed.connected;
  }

  /** When it closes the rooms it still has, milliseconds; null: it does not drain. */
  get closesAt(): number | null {
    return this.#closesAt;
  }

  /** The rooms of this gateway's calls it has. */
  get rooms(): Occupied[] {
    return [...this.#needed].map(([callId, { epoch }]) => {
      const producers = this.#feed.picture(callId)?.producers.size ?? 0;
      return { callId, epoch, producers };
    });
  }

  /** How many rooms of this gateway's calls it has. */
  get roomCount(): number {
    return this.#needed.size;
  }

  /** Whether it has anything to do with a call, or may have left a room behind. */
  get isNeeded(): boolean {
    const reachable = this.#state.state !== 'dead';
    return this.#needed.size > 0 || this.#turns.size > 0 || (reachable && this.#leftovers.size > 0);
  }

  get candidate(): Candidate {
    const now = Date.now();
    const { state, node } = this.#state;
    this.#placedAt = this.#placedAt.filter((at) => at > now - LOAD_SHOWS_AFTER_MS);
    return {
      server: this.url,
      state,
      region: node?.region ?? null,
      load: node?.load ?? 0,
      draining: node?.draining ?? false,
      leaving: this.leaving,
      refusing: now < this.#refusingUntil,
      cutOff: this.api.cutOff,
      placed: this.#placedAt.length,
    };
  }

  /** What is known of a call's room here. */
  picture(callId: string): RoomPicture | undefined {
    return this.#feed.picture(callId);
  }

  has(callId: string, epoch: number): boolean {
    return this.#needed.get(callId)?.epoch === epoch;
  }

  /**
   * Makes a room for a call, and subscribes to it.
   * @param isCurrent whether the call still wants a room of this epoch; asked when the server has a newer one
   * @throws CodedError
   */
  open(callId: string, epoch: number, isCurrent: () => Promise<boolean>): Promise<RtpCapabilities> {
    this.#placedAt.push(Date.now());
    this.#leftovers.delete(callId);
    return this.#inTurn(callId, () => this.#admission.run(() => this.#open(callId, epoch, isCurrent)));
  }

  /** Hears of a room that another gateway has opened, and keeps it as well. @throws CodedError */
  async subscribe(callId: string, epoch: number): Promise<void> {
    const known = this.#needed.get(callId);
    if (!known || known.epoch < epoch) this.#need(callId, epoch, null);
    const subscribed = this.#feed.subscribe(callId, epoch);
    // Whoever opened it may not have noticed yet.
    if (this.#state.state === 'dead') this.#lose(callId, epoch);
    await subscribed;
  }

  /** Its events are not needed here any more, and its lease is for others to renew. */
  unsubscribe(callId: string, epoch: number): void {
    this.#forget(callId, epoch);
    this.#feed.unsubscribe(callId, epoch);
  }

  /** Closes a room; one that is gone already, or belongs to a newer epoch by now, is left alone. */
  close(callId: string, epoch: number): Promise<void> {
    this.unsubscribe(callId, epoch);
    return this.#inTurn(callId, () => this.#delete(callId, epoch));
  }

  /** Closes everything a participant has in a room. */
  leave(callId: string, epoch: number, participantId: string): Promise<void> {
    // What is on a dead server is gone, or ends with the room.
    if (this.#state.state === 'dead') return Promise.resolve();
    return this.#inTurn(callId, () =>
      ignoring(
        ['room-not-found', 'participant-not-found', 'stale-epoch'],
        this.api.leave({ roomId: callId, epoch }, participantId),
      ),
    );
  }

  async shutDown(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#pollTimer);
    this.#feed.close();
    await this.api.close();
  }

  async #open(callId: string, epoch: number, isCurrent: () => Promise<boolean>): Promise<RtpCapabilities> {
    try {
      const { rtpCapabilities, bootId } = await this.#create(callId, epoch, isCurrent);
      this.#need(callId, epoch, bootId);
      await this.#feed.subscribe(callId, epoch);
      return rtpCapabilities;
    } catch (error) {
      if (error instanceof BusyError && FULL.includes(error.code)) {
        this.#refusingUntil = Date.now() + error.retryAfterMs;
      }
      // It may stand there all the same, and nobody would hear of what happens in it.
      this.unsubscribe(callId, epoch);
      if (error instanceof CodedError && error.code === 'media-server-unavailable') {
        this.#leftovers.set(callId, epoch);
      }
      throw error;
    }
  }

  async #create(callId: string, epoch: number, isCurrent: () => Promise<boolean>) {
    const acting = { roomId: callId, epoch };
    const create = () => this.api.createRoom(acting, { epoch, lease: LEASE_S }, OPEN_LIMIT_MS);
    const createAnew = async (leftover: { roomId: string; epoch?: number }) => {
      await ignoring(['room-not-found'], this.api.deleteRoom(leftover));
      return create();
    };
    try {
      const room = await create();
      // One that nobody here has opened is left over, and so is whoever is still in it.
      return room.wasThere && !this.has(callId, epoch) ? await createAnew(acting) : room;
    } catch (error) {
      // A newer room than the call itself knows of: left by a gateway that ended without closing it.
      const isLeftover = error instanceof CodedError && error.code === 'stale-epoch' && (await isCurrent());
      if (!isLeftover) throw error;
      return createAnew({ roomId: callId });
    }
  }

  async #delete(callId: string, epoch: number): Promise<void> {
    // Opened again under the same epoch, after an attempt whose outcome was not known.
    if (this.has(callId, epoch)) return;
    try {
      // There is no point in waiting for a server that does not answer: the call is to go on.
      if (this.#state.state === 'dead') throw new CodedError('media-server-unavailable');
      const deleting = this.api.deleteRoom({ roomId: callId, epoch });
      await ignoring(['room-not-found', 'stale-epoch'], deleting);
    } catch (error) {
      this.#options.log.debug('a room was not closed', { server: this.url, callId, error });
      this.#leftovers.set(callId, epoch);
    }
  }

  #need(callId: string, epoch: number, bootId: string | null): void {
    this.#needed.set(callId, { epoch, bootId, renewAt: Date.now() + RENEW_EVERY_MS });
  }

  #forget(callId: string, epoch: number): void {
    if (this.has(callId, epoch)) this.#needed.delete(callId);
  }

  /** The room is gone, or out of reach for good: whatever is left of it is closed when it can be. */
  #lose(callId: string, epoch: number): void {
    this.#leftovers.set(callId, epoch);
    this.#forget(callId, epoch);
    this.#feed.lose(callId, epoch, this.#state.state === 'dead');
  }

  #observe(evidence: Evidence): void {
    if (this.#closed) return;
    const before = this.#state;
    const now = Date.now();
    const { limits } = this.#options;
    const stoodStill = now - this.#awakeAt > TICK_MS + STOOD_STILL_MS;
    const known = stoodStill ? reduce(before, { type: 'stood-still' }, now, limits) : before;
    if (stoodStill || evidence.type === 'tick') this.#awakeAt = now;
    const after = reduce(known, evidence, now, limits);
    this.#state = after;
    if (hasRestarted(before.node, after.node)) {
      this.#options.log.warn('a media server has restarted', { server: this.url });
      this.#leftovers.clear();
      for (const [callId, { epoch, bootId }] of [...this.#needed]) {
        if (bootId !== null && bootId !== after.node?.bootId) this.#lose(callId, epoch);
      }
    }
    if (after.state !== before.state) this.#tell(after);
    if (after.state === 'dead' && before.state !== 'dead') {
      for (const [callId, { epoch }] of [...this.#needed]) this.#lose(callId, epoch);
    }
  }

  #tell(state: NodeState): void {
    const { log } = this.#options;
    const evidence = evidenceAgainst(state);
    const details = { server: this.url, state: state.state, evidence, rooms: this.#needed.size };
    if (evidence?.includes('unauthenticated')) {
      log.error('a media server does not accept our tokens: SERVICE_JWT_SECRET differs', details);
    } else if (state.state === 'suspect' || state.state === 'dead') {
      log.warn('a media server is in trouble', details);
    } else if (state.state === 'unknown') {
      log.info('this gateway stood still, and looks at a media server anew', details);
    } else {
      log.info('a media server is healthy', details);
      this.#options.available();
    }
  }

  async #poll(): Promise<void> {
    if (this.#polling || this.#closed) return;
    this.#polling = true;
    clearTimeout(this.#pollTimer);
    try {
      this.#observe({ type: 'poll-answered', node: factsOf(await this.api.node(POLL_LIMIT_MS)) });
    } catch (error) {
      this.#observe({ type: 'poll-failed', why: whyOf(error) });
    }
    this.#polling = false;
    this.#pollLater();
  }

  #pollLater(): void {
    if (this.#closed) return;
    // Spread, so that gateways that were started together do not ask together.
    const wait = this.#options.pollEveryMs * (0.8 + 0.4 * Math.random());
    this.#pollTimer = setTimeout(() => void this.#poll(), wait);
    this.#pollTimer.unref();
  }

  #tick(): void {
    this.#observe({ type: 'tick' });
    const now = Date.now();
    for (const [callId, room] of this.#needed) {
      if (now < room.renewAt) continue;
      room.renewAt = now + RENEW_EVERY_MS;
      void this.#renew(callId, room);
    }
    if (this.#state.state !== 'healthy') return;
    for (const [callId, epoch] of [...this.#leftovers]) {
      this.#leftovers.delete(callId);
      void this.#inTurn(callId, () => this.#delete(callId, epoch));
    }
  }

  async #renew(callId: string, room: NeededRoom): Promise<void> {
    const { epoch } = room;
    try {
      const acting = { roomId: callId, epoch };
      const { bootId, wasThere } = await this.api.renewRoom(acting, { epoch, lease: LEASE_S });
      if (this.#needed.get(callId) !== room) {
        // It was closed while it was renewed: if that made it anew, nobody needs it.
        if (!wasThere && !this.#needed.has(callId)) this.#leftovers.set(callId, epoch);
      } else if (!wasThere || (room.bootId !== null && room.bootId !== bootId)) {
        // What stands there now is empty, and not the room that people are in.
        this.#lose(callId, epoch);
      } else {
        room.bootId = bootId;
      }
    } catch (error) {
      // The feed tells when the room is lost; a server that does not answer is asked again.
      this.#options.log.debug('a lease was not renewed', { server: this.url, callId, error });
    }
  }

  #inTurn<T>(callId: string, work: () => Promise<T>): Promise<T> {
    const done = (this.#turns.get(callId) ?? Promise.resolve()).then(work);
    const end = done.catch(() => undefined);
    this.#turns.set(callId, end);
    void end.then(() => {
      if (this.#turns.get(callId) === end) this.#turns.delete(callId);
    });
    return done;
  }
}

async function ignoring(codes: readonly string[], work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof CodedError && codes.includes(error.code))) throw error;
  }
}

/** Why a poll failed, for operators. */
function whyOf(error: unknown): string {
  if (error instanceof CodedError) return error.cause instanceof Error ? error.cause.message : error.code;
  if (isTimeout(error)) return 'no answer in time';
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return 'no answer';
}
