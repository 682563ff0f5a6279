/**
 * A call with everything around it, for tests of the reducer: users with sockets, media servers with rooms, and two
 * gateways that write to one store by compare-and-set. What the reducer wants done is done at once, except opening a
 * room, whose outcome a test delivers when, how often and in which order it likes. Holds after every step what must
 * always hold.
 */
import assert from 'node:assert/strict';
import type { CallPolicyOverrides } from '@crossfade/shared/call-policy';
import type { CallEvent, Effect, Message, RecordEntry } from '../events.ts';
import { reduce } from '../reduce.ts';
import {
  heldRooms,
  memberOf,
  modeOf,
  nextDeadline,
  roomsOf,
  standbyRoom,
  transitionOf,
  type CallPolicy,
  type CallState,
  type Member,
  type Room,
} from '../state.ts';

const SERVERS = ['http://m0', 'http://m1', 'http://m2'];
const CALL_ID = 'c';

export const policy: CallPolicy = {
  p2pMaxParticipants: 2,
  meshMaxParticipants: 3,
  backToP2pDelayMs: 60,
  switchTimeoutMs: 200,
  resumeWindowMs: 1_000,
  maxParticipants: 5,
  standby: true,
  floor: { maxTalkMs: 400, retryAfterMs: 100, lostGraceMs: 50, maxQueue: 2 },
};

type OpenRoom = Extract<Effect, { type: 'open-room' }>;

interface Gateway {
  readonly id: string;
  /** Its clock against the world's, milliseconds. */
  readonly skewMs: number;
  readonly mailbox: CallEvent[];
  /** What it has loaded to reduce its next event against. */
  loaded: { state: CallState | null; version: number } | null;
}

export class CallWorld {
  now = 1_000_000;
  readonly #gateways: readonly [Gateway, Gateway];
  #state: CallState | null = null;
  #version = 0;
  #serial = 0;
  /** Rooms asked for, whose outcome has not been told. */
  readonly #opening: OpenRoom[] = [];
  /** Rooms that stand on a media server and the reducer has been told of. */
  readonly #rooms = new Set<string>();
  /** The transitions whose room has been told of: telling it again does not make it again. */
  readonly #told = new Set<string>();
  /** What has been reduced, for telling it again. */
  readonly #history: CallEvent[] = [];
  /** The mode each epoch was seen in. */
  readonly #modes = new Map<string, string>();
  readonly #openCalls = new Set<string>();
  readonly #openTransitions = new Set<string>();
  readonly #openParticipants = new Set<string>();
  readonly #endedCalls = new Set<string>();
  /** How often each state was met, and each thing happened. */
  readonly #visits: Map<string, number>;

  constructor(skewMs: number, visits: Map<string, number>) {
    const gateway = (id: string, skew: number): Gateway => ({ id, skewMs: skew, mailbox: [], loaded: null });
    this.#gateways = [gateway('g0', 0), gateway('g1', skewMs)];
    this.#visits = visits;
  }

  get members(): readonly Member[] {
    return this.#state?.members ?? [];
  }

  /** Puts an event into a gateway's mailbox. */
  post(gateway: 0 | 1, event: CallEvent | undefined): void {
    if (event) this.#gateways[gateway].mailbox.push(event);
  }

  /** One half of a gateway's work on its next event: it loads the call, or reduces and writes. */
  turn(which: 0 | 1): void {
    const gateway = this.#gateways[which];
    const [event] = gateway.mailbox;
    if (!event) return;
    if (!gateway.loaded) {
      gateway.loaded = { state: this.#state, version: this.#version };
      return;
    }
    const { state: before, version } = gateway.loaded;
    gateway.loaded = null;
    const now = this.now + gateway.skewMs;
    const reduction = reduce(before, event, policy, now);
    if (version !== this.#version) {
      // Another gateway was quicker: nothing of this has happened.
      this.#visit('conflict');
      return;
    }
    if (reduction.kind === 'changed' && reduction.state !== before) {
      this.#state = reduction.state;
      this.#version += 1;
    }
    gateway.mailbox.shift();
    if (reduction.kind === 'refused') {
      this.#visit(reduction.code);
      return;
    }
    this.#history.push(event);
    this.#track(event);
    if (event.type === 'room-staying') this.#checkStays(before, reduction.state, event);
    for (const effect of reduction.effects) this.#carryOut(effect);
    this.#check(before, reduction.state, reduction.effects, now);
  }

  /** Works off one gateway's mailbox. */
  settle(which: 0 | 1): void {
    while (this.#gateways[which].mailbox.length > 0) this.turn(which);
  }

  /** Everyone leaves: nothing may remain. */
  finish(): void {
    this.settle(0);
    this.settle(1);
    while (this.members[0]) {
      this.post(0, { type: 'leave', participantId: this.members[0].participantId });
      this.settle(0);
    }
    assert.equal(this.#state, null);
    while (this.#opening.length > 0) {
      this.post(0, this.opened(0, 0));
      this.settle(0);
    }
    assert.deepEqual([...this.#rooms], []);
    assert.deepEqual([...this.#openCalls, ...this.#openTransitions, ...this.#openParticipants], []);
  }

  /** A user joins from a new socket, or from the one they have; with or without proof of their session. */
  join(
    user: number,
    gateway: 0 | 1,
    how: 'anew' | 'resume' | 'again',
    asked: CallPolicyOverrides,
  ): CallEvent {
    const userId = `u${String(user)}`;
    const before = this.members.find((member) => member.userId === userId);
    const again = how === 'again' && before?.link.kind === 'connected' ? before.link : null;
    return {
      type: 'join',
      callId: CALL_ID,
      socketId: again?.socketId ?? `s${String((this.#serial += 1))}`,
      gatewayId: again?.gatewayId ?? `g${String(gateway)}`,
      fresh: this.#freshIds(),
      resume:
        how === 'resume' && before
          ? { participantId: before.participantId, sessionId: before.sessionId }
          : null,
      userId,
      displayName: userId,
      grants: { publish: true, subscribe: true, moderate: false },
      media: { audio: true, video: true, screen: false },
      policy: asked,
    };
  }

  /** A confirmation of the transition under way, or a failure, by somebody. */
  confirmation(who: number, success: boolean): CallEvent | undefined {
    const transition = this.#state && transitionOf(this.#state.media);
    const participantId = this.#pick(this.members, who)?.participantId;
    if (!transition || participantId === undefined) return undefined;
    return { type: 'confirm', participantId, transitionId: transition.id, success };
  }

  confirmations(): CallEvent[] {
    const transition = this.#state && transitionOf(this.#state.media);
    return (transition?.awaiting ?? []).map((participantId) => ({
      type: 'confirm',
      participantId,
      transitionId: transition?.id ?? '',
      success: true,
    }));
  }

  /**
   * The outcome of one of the openings, whichever it is.
   * @param server which of the media servers that may take it does
   */
  opened(which: number, server: number): CallEvent | undefined {
    const asked = this.#take(which);
    if (!asked) return undefined;
    const { transitionId, epoch, avoid } = asked;
    const chosen = this.#pick(
      SERVERS.filter((each) => !avoid.includes(each)),
      server,
    );
    return chosen === undefined
      ? { type: 'room-not-opened', transitionId }
      : { type: 'room-opened', transitionId, room: { server: chosen, epoch, rtpCapabilities: {} } };
  }

  notOpened(which: number): CallEvent | undefined {
    const asked = this.#take(which);
    return asked && { type: 'room-not-opened', transitionId: asked.transitionId };
  }

  /** The gateway that opened a room is killed before it tells; the lease of the room ends. */
  forgetOpening(which: number): void {
    this.#take(which);
  }

  roomEvent(
    which: number,
    type: 'room-lost' | 'room-moving' | 'room-staying',
    gone: boolean,
  ): CallEvent | undefined {
    const room = this.#pick(this.#state ? heldRooms(this.#state) : [], which);
    if (!room) return undefined;
    const { epoch, server } = room;
    return type === 'room-lost' ? { type, epoch, server, serverGone: gone } : { type, epoch, server };
  }

  /** Something that was told before, once more; a join has ids of its own each time. */
  replay(which: number): CallEvent | undefined {
    const event = this.#pick(this.#history.slice(-12), which);
    return event?.type === 'join' ? { ...event, fresh: this.#freshIds() } : event;
  }

  member(who: number): Member | undefined {
    return this.#pick(this.members, who);
  }

  #freshIds() {
    const id = String((this.#serial += 1));
    return { participantId: `p${id}`, sessionId: `x${id}`, recordId: `r${id}` };
  }

  #take(which: number): OpenRoom | undefined {
    if (this.#opening.length === 0) return undefined;
    return this.#opening.splice(which % this.#opening.length, 1)[0];
  }

  #pick<T>(from: readonly T[], which: number): T | undefined {
    return from[which % Math.max(1, from.length)];
  }

  #visit(what: string): void {
    this.#visits.set(what, (this.#visits.get(what) ?? 0) + 1);
  }

  #track(event: CallEvent): void {
    if (event.type === 'room-opened' && !this.#told.has(event.transitionId)) {
      this.#rooms.add(keyOf(event.room));
      this.#told.add(event.transitionId);
    }
    if (event.type === 'room-lost') this.#rooms.delete(`${String(event.epoch)} ${event.server ?? ''}`);
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'open-room':
        this.#opening.push(effect);
        break;
      case 'close-room':
        this.#rooms.delete(keyOf(effect.room));
        break;
      case 'record':
        this.#note(effect.entry);
        break;
      case 'broadcast':
      case 'send':
      case 'announce':
      case 'release-socket':
      case 'leave-room':
      case 'enforce':
      case 'floor':
        break;
      default:
        effect satisfies never;
    }
  }

  #note(entry: RecordEntry): void {
    switch (entry.type) {
      case 'call-started':
        this.#openCalls.add(entry.recordId);
        break;
      case 'call-ended':
        assert(this.#openCalls.delete(entry.recordId), 'a call ends once');
        assert(!this.#endedCalls.has(entry.recordId));
        this.#endedCalls.add(entry.recordId);
        break;
      case 'participant-joined':
        this.#openParticipants.add(entry.participantId);
        break;
      case 'participant-left':
        assert(this.#openParticipants.delete(entry.participantId), 'a participant leaves once');
        break;
      case 'transition-started':
        assert.equal(this.#openTransitions.size, 0, 'one transition a call');
        this.#openTransitions.add(entry.transitionId);
        this.#visit(`${entry.from} to ${entry.to}: ${entry.reason}`);
        break;
      case 'transition-ended':
        assert(this.#openTransitions.delete(entry.transitionId), 'a transition ends once');
        this.#visit(entry.abortReason ?? entry.outcome);
        break;
      default:
        break;
    }
  }

  /** Nothing leads away any more from a room that stays. */
  #checkStays(
    before: CallState | null,
    after: CallState | null,
    { epoch, server }: Pick<Room, 'epoch'> & { server?: string },
  ): void {
    const media = after?.media;
    const isIt = (room: Room) => room.epoch === epoch && room.server === server;
    if (media?.phase === 'sfu' && isIt(media.room)) {
      assert.notEqual(media.standing, 'leaving');
      if (before?.media.phase !== 'sfu' || before.media.standing === 'leaving') this.#visit('stays');
    }
    if (media?.phase === 'switching_to_p2p' && isIt(media.room)) assert.equal(media.standing, 'serving');
    if (media?.phase === 'switching_to_sfu' && media.from.kind === 'room') assert(!isIt(media.from.room));
  }

  #check(before: CallState | null, after: CallState | null, effects: readonly Effect[], now: number): void {
    checkMessages(before, after, effects);
    if (!after) return;
    const { media, epoch, members, recordId } = after;
    this.#visit(media.phase === 'sfu' ? `sfu ${media.standing}` : media.phase);
    // An epoch has one mode, and grows by one with every commit.
    const commits = effects
      .flatMap((effect) => modeSwitchOf(effect))
      .filter(({ phase }) => phase === 'commit');
    if (before?.recordId === recordId) assert.equal(epoch, before.epoch + commits.length);
    const key = `${recordId} ${String(epoch)}`;
    const mode = modeOf(media);
    assert.equal(this.#modes.get(key) ?? mode, mode, 'one mode an epoch');
    this.#modes.set(key, mode);
    const transition = transitionOf(media);
    if (transition) assert.equal(transition.epoch, epoch + 1);
    // Nobody is awaited who has left or cannot answer.
    for (const id of transition?.awaiting ?? []) assert.equal(memberOf(after, id)?.link.kind, 'connected');
    // A user is in a call once.
    assert.equal(new Set(members.map(({ userId }) => userId)).size, members.length);
    // A room is of the epoch its media runs under or will run under, and two of a call are never on one media server.
    const rooms = roomsOf(media);
    const next = media.phase === 'p2p' ? epoch + 1 : transition?.epoch;
    for (const room of rooms) assert([epoch, next].includes(room.epoch));
    const stoodBy = before !== null && standbyRoom(before.media) !== null;
    if (standbyRoom(media)) assert(after.members.length > 1, 'nobody stands by alone');
    else if (stoodBy) this.#visit(media.phase === 'p2p' ? 'standby given up' : 'standby used');
    assert.equal(new Set(rooms.map(({ server }) => server)).size, rooms.length);
    // What stands is what the call has.
    const held = new Set(heldRooms(after).map(keyOf));
    for (const room of this.#rooms) assert(held.has(room), `room ${room} is nobody's`);
    // Whatever is due is due later: the timers end.
    const due = nextDeadline(after);
    if (due !== null) assert(due > now);
    // A call that is not where it should be is on its way, or has a time to try again.
    const p2pLimit = Math.max(policy.p2pMaxParticipants, after.policy.p2pMaxParticipants ?? 0);
    const limit = after.policy.mode === 'p2p' ? Math.max(p2pLimit, policy.meshMaxParticipants) : p2pLimit;
    if (media.phase === 'p2p' && members.length > limit) assert(after.retry && after.retry.at > now);
    if (media.phase === 'sfu' && media.standing !== 'serving') assert(after.retry && after.retry.at > now);
  }
}

/** Nobody hears of media who is not in the call, and what somebody had is closed in every room when they go. */
function checkMessages(before: CallState | null, after: CallState | null, effects: readonly Effect[]): void {
  const now = after?.members ?? [];
  for (const effect of effects) {
    if (effect.type !== 'announce') continue;
    for (const id of effect.to) {
      assert(
        now.some(({ participantId, link }) => participantId === id && link.kind === 'connected'),
        `${id} has not joined`,
      );
    }
  }
  if (!after || before?.recordId !== after.recordId) return;
  const gone = before.members.filter(({ participantId }) => !memberOf(after, participantId));
  for (const { participantId } of gone) {
    for (const room of roomsOf(before.media)) {
      const still = roomsOf(after.media).some((each) => keyOf(each) === keyOf(room));
      const left = effects.some(
        (effect) =>
          effect.type === 'leave-room' &&
          effect.participantId === participantId &&
          keyOf(effect.room) === keyOf(room),
      );
      assert(left || !still, `${participantId} left no media behind`);
    }
  }
}

function modeSwitchOf(effect: Effect): Extract<Message, { name: 'call:mode-switch' }>['payload'][] {
  return effect.type === 'broadcast' && effect.message.name === 'call:mode-switch'
    ? [effect.message.payload]
    : [];
}

function keyOf({ epoch, server }: Pick<Room, 'epoch' | 'server'>): string {
  return `${String(epoch)} ${server}`;
}
