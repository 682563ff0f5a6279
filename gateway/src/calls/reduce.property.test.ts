/** Any sequence of joins, leaves, reconnects, confirmations, failures, losses and time: what must always hold. */
import assert from 'node:assert/strict';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CallEvent, Effect } from './events.ts';
import { reduce } from './reduce.ts';
import { memberOf, modeOf, nextDeadline, transitionOf, type CallPolicy, type CallState } from './state.ts';

const RUNS = 10_000;

const policy: CallPolicy = {
  p2pMaxParticipants: 2,
  backToP2pDelayMs: 60,
  switchTimeoutMs: 200,
  resumeWindowMs: 1_000,
  maxParticipants: 6,
};

type Action =
  | {
      do: 'join' | 'rejoin' | 'leave' | 'drop' | 'confirm' | 'fail' | 'stale-confirm' | 'path-failed';
      who: number;
    }
  | { do: 'confirm-all' }
  | { do: 'open' | 'not-open' | 'lose-room' | 'late-open' }
  | { do: 'wait'; ms: number };

const who = fc.integer({ min: 0, max: 4 });
const one = <D extends Action['do']>(...names: D[]) => fc.constantFrom(...names);

/** Weighted so that calls grow, switch and shrink rather than mostly fail. */
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: one('join'), who }) },
  { weight: 3, arbitrary: fc.record({ do: one('confirm'), who }) },
  { weight: 3, arbitrary: fc.record({ do: one('confirm-all') }) },
  { weight: 4, arbitrary: fc.record({ do: one('open') }) },
  { weight: 3, arbitrary: fc.record({ do: one('leave', 'leave', 'drop', 'rejoin'), who }) },
  { weight: 1, arbitrary: fc.record({ do: one('fail', 'stale-confirm', 'path-failed'), who }) },
  { weight: 1, arbitrary: fc.record({ do: one('not-open', 'lose-room', 'late-open') }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: one('wait'),
      ms: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 700 })),
    }),
  },
) as fc.Arbitrary<Action>;

class World {
  state: CallState | null = null;
  now = 0;
  #sockets = 0;
  #records = 0;
  /** The mode each epoch was committed with. */
  readonly #modes = new Map<string, string>();
  readonly #openCalls = new Set<string>();
  readonly #openTransitions = new Set<string>();
  readonly #openParticipants = new Set<string>();
  /** Rooms on the media server, by epoch, and the transitions whose room is still being opened. */
  readonly #rooms = new Set<number>();
  readonly #opening = new Map<string, number>();
  /** How often each state was met. */
  readonly visits: Record<string, number>;

  constructor(visits: Record<string, number>) {
    this.visits = visits;
  }

  perform(act: Action): void {
    if (act.do === 'wait') this.now += act.ms;
    for (const event of act.do === 'confirm-all' ? this.#confirmations() : [this.#eventOf(act)]) {
      if (event) this.#apply(event);
    }
  }

  /** Everyone leaves: nothing may remain. */
  finish(): void {
    for (const { participantId } of this.state?.members ?? []) this.#apply({ type: 'leave', participantId });
    assert.equal(this.state, null);
    for (const [transitionId, epoch] of this.#opening) {
      this.#apply({ type: 'room-opened', transitionId, room: this.#room(epoch) });
    }
    assert.deepEqual([...this.#rooms], []);
    assert.deepEqual([...this.#openCalls, ...this.#openTransitions, ...this.#openParticipants], []);
  }

  #confirmations(): CallEvent[] {
    const transition = this.state && transitionOf(this.state.media);
    return (transition?.awaiting ?? []).map((participantId) => ({
      type: 'confirm',
      participantId,
      transitionId: transition?.id ?? '',
      success: true,
    }));
  }

  #eventOf(act: Exclude<Action, { do: 'confirm-all' }>): CallEvent | undefined {
    const transition = this.state && transitionOf(this.state.media);
    const transitionId = transition?.id ?? 'none:0';
    const participantId = 'who' in act ? `p${String(act.who)}` : '';
    switch (act.do) {
      case 'wait':
        return { type: 'tick' };
      case 'join':
      case 'rejoin': {
        const before = this.state && memberOf(this.state, participantId);
        if (before && act.do === 'join') return undefined;
        return {
          type: 'join',
          callId: 'c',
          socketId: `s${String((this.#sockets += 1))}`,
          gatewayId: 'gateway',
          fresh: {
            participantId,
            sessionId: `x-${participantId}`,
            recordId: `r${String((this.#records += 1))}`,
          },
          resume: before ? { participantId, sessionId: before.sessionId } : null,
          userId: participantId,
          displayName: participantId,
          grants: { publish: true, subscribe: true, moderate: false },
          media: { audio: true, video: true, screen: false },
          policy: {},
        };
      }
      case 'leave':
        return { type: 'leave', participantId };
      case 'drop': {
        const member = this.state && memberOf(this.state, participantId);
        if (member?.link.kind !== 'connected') return undefined;
        return { type: 'disconnected', participantId, socketId: member.link.socketId };
      }
      case 'confirm':
      case 'fail':
        return { type: 'confirm', participantId, transitionId, success: act.do === 'confirm' };
      case 'stale-confirm':
        return { type: 'confirm', participantId, transitionId: 'r0:1', success: true };
      case 'path-failed':
        return { type: 'path', participantId, with: 'p0', state: 'failed' };
      case 'open':
        if (this.state?.media.phase !== 'switching_to_sfu' || this.state.media.room !== 'opening')
          return undefined;
        return { type: 'room-opened', transitionId, room: this.#room(this.state.media.transition.epoch) };
      case 'late-open':
        return { type: 'room-opened', transitionId: 'r0:1', room: this.#room(0) };
      case 'not-open':
        return { type: 'room-not-opened', transitionId };
      case 'lose-room': {
        const media = this.state?.media;
        if (!media || media.phase === 'p2p' || media.room === 'opening') return undefined;
        return { type: 'room-lost', epoch: media.room.epoch };
      }
    }
  }

  #room(epoch: number) {
    return { server: 'http://m', epoch, rtpCapabilities: { codecs: [] } };
  }

  #apply(event: CallEvent): void {
    const before = this.state;
    if (event.type === 'room-opened') this.#rooms.add(event.room.epoch);
    if (event.type === 'room-lost') this.#rooms.delete(event.epoch);
    if (event.type === 'room-opened' || event.type === 'room-not-opened')
      this.#opening.delete(event.transitionId);
    const reduction = reduce(before, event, policy, this.now);
    if (reduction.kind === 'refused') return;
    this.state = reduction.state;
    for (const effect of reduction.effects) this.#account(effect);
    this.#check(before, reduction.state);
  }

  #account(effect: Effect): void {
    if (effect.type === 'open-room') this.#opening.set(effect.transitionId, effect.epoch);
    if (effect.type === 'close-room') this.#rooms.delete(effect.room.epoch);
    if (effect.type !== 'record') return;
    const { entry } = effect;
    switch (entry.type) {
      case 'call-started':
        this.#openCalls.add(entry.recordId);
        break;
      case 'call-ended':
        assert(this.#openCalls.delete(entry.recordId));
        break;
      case 'participant-joined':
        this.#openParticipants.add(entry.participantId);
        break;
      case 'participant-left':
        assert(this.#openParticipants.delete(entry.participantId));
        break;
      case 'transition-started':
        // One transition a call.
        assert.equal(this.#openTransitions.size, 0);
        this.#openTransitions.add(entry.transitionId);
        break;
      case 'transition-ended':
        assert(this.#openTransitions.delete(entry.transitionId));
        break;
      case 'transition-room':
      case 'transition-gap':
      case 'session-connected':
      case 'session-disconnected':
      case 'transport-created':
      case 'producer-created':
      case 'chat-sent':
        break;
    }
  }

  #check(before: CallState | null, state: CallState | null): void {
    if (!state) return;
    const { media, epoch, members, recordId } = state;
    this.visits[media.phase] = (this.visits[media.phase] ?? 0) + 1;
    // Epochs only grow, and an epoch has one mode.
    if (before?.recordId === recordId) assert(epoch >= before.epoch);
    const key = `${recordId} ${String(epoch)}`;
    const mode = modeOf(media.phase);
    assert.equal(this.#modes.get(key) ?? mode, mode);
    this.#modes.set(key, mode);
    // Nobody is awaited who has left or cannot answer.
    for (const id of transitionOf(media)?.awaiting ?? [])
      assert.equal(memberOf(state, id)?.link.kind, 'connected');
    // Where there is a room, it is of the epoch its media runs under.
    if (media.phase === 'sfu') assert.equal(media.room.epoch, epoch);
    if (media.phase === 'switching_to_sfu' && media.room !== 'opening')
      assert.equal(media.room.epoch, media.transition.epoch);
    // Whatever is due is due later: the timers end.
    const due = nextDeadline(state);
    if (due !== null) assert(due > this.now);
    // A call that is too large is on its way, there, or has a time to try again.
    if (members.length > policy.p2pMaxParticipants && media.phase === 'p2p') assert(state.retry);
  }
}

test('one mode an epoch, one transition a call, nobody awaited who is gone, every call ends in a record', () => {
  const visits: Record<string, number> = {};
  fc.assert(
    fc.property(fc.array(action, { minLength: 30, maxLength: 90, size: 'max' }), (actions) => {
      const world = new World(visits);
      for (const act of actions) world.perform(act);
      world.finish();
    }),
    { numRuns: RUNS },
  );
  // The sequences go where it matters.
  for (const phase of ['p2p', 'switching_to_sfu', 'sfu', 'switching_to_p2p'])
    expect(visits[phase]).toBeGreaterThan(RUNS / 20);
});
