import { expect, test } from '@jest/globals';
import type { CallPolicyOverrides } from '@crossfade/shared/call-policy';
import type { CallEvent, Effect } from './events.ts';
import { reduce } from './reduce.ts';
import { nextDeadline, openingOf, roomsOf, type CallPolicy, type CallState, type Room } from './state.ts';

const policy: CallPolicy = {
  p2pMaxParticipants: 2,
  meshMaxParticipants: 4,
  backToP2pDelayMs: 5_000,
  switchTimeoutMs: 2_000,
  resumeWindowMs: 30_000,
  maxParticipants: 10,
  standby: true,
  floor: { maxTalkMs: 400, retryAfterMs: 100, lostGraceMs: 50, maxQueue: 2 },
};

/** A call whose rooms are opened when the test says so. */
class Script {
  #state: CallState | null = null;
  #now = 1_000_000;
  effects: readonly Effect[] = [];

  apply(event: CallEvent, by: CallPolicy = policy): this {
    const reduction = reduce(this.#state, event, by, this.#now);
    if (reduction.kind === 'refused') throw new Error(reduction.code);
    this.#state = reduction.state;
    this.effects = reduction.effects;
    return this;
  }

  join(name: string, by: CallPolicy = policy, asked: CallPolicyOverrides = {}): this {
    return this.apply(
      {
        type: 'join',
        callId: 'c',
        socketId: `socket-${name}`,
        gatewayId: 'gateway',
        fresh: { participantId: name, sessionId: `session-${name}`, recordId: 'record' },
        resume: null,
        userId: name,
        displayName: name,
        grants: { publish: true, subscribe: true, moderate: false },
        media: { audio: true, video: true, screen: false },
        policy: asked,
      },
      by,
    );
  }

  opened(server = 'http://media', epoch = this.call.epoch + 1): this {
    const transitionId = openingOf(this.call.media) ?? '';
    return this.apply({ type: 'room-opened', transitionId, room: roomAt(server, epoch) });
  }

  wait(ms: number): this {
    this.#now += ms;
    return this.apply({ type: 'tick' });
  }

  get call(): CallState {
    if (!this.#state) throw new Error('The call has ended.');
    return this.#state;
  }

  /** Milliseconds until something is due. */
  get due(): number | null {
    const at = nextDeadline(this.call);
    return at === null ? null : at - this.#now;
  }

  did(type: Effect['type']): Effect[] {
    return this.effects.filter((effect) => effect.type === type);
  }

  /** What clients were told of a room that stands ready. */
  get told(): unknown[] {
    return this.effects.flatMap((effect) =>
      effect.type === 'broadcast' && effect.message.name === 'call:standby'
        ? [effect.message.payload.standby?.epoch ?? null]
        : [],
    );
  }
}

function roomAt(server: string, epoch: number): Room {
  return { server, epoch, rtpCapabilities: { codecs: [] } };
}

const pair = () => new Script().join('a').join('b').wait(1_000);
const ready = () => pair().opened();

test('a call that peer-to-peer can take nobody more in has a room stand ready, of the epoch a switch would have', () => {
  const script = new Script().join('a').wait(1_000);
  expect(script.did('open-room')).toEqual([]);
  // Those who have just come connect to each other first.
  expect(script.join('b').did('open-room')).toEqual([]);
  expect(script.due).toBe(1_000);
  script.wait(1_000);
  expect(script.did('open-room')).toMatchObject([{ epoch: 1, spare: true }]);
  expect(script.opened().told).toEqual([1]);
  expect(script.call).toMatchObject({ epoch: 0, media: { phase: 'p2p' } });
  expect(roomsOf(script.call.media)).toEqual([roomAt('http://media', 1)]);
  expect(script.due).toBeNull();
});

test('the next switch is announced at once, in that room', () => {
  const script = ready().join('c');
  expect(script.did('open-room')).toEqual([]);
  expect(script.did('announce')).toMatchObject([
    { to: ['a', 'b', 'c'], prepare: { epoch: 1, reason: 'participants-above-limit' } },
  ]);
  expect(script.call.media).toMatchObject({ phase: 'switching_to_sfu', room: { server: 'http://media' } });
});

test('one that is still being opened serves the switch that comes meanwhile', () => {
  const script = pair();
  const transitionId = openingOf(script.call.media) ?? '';
  script.join('c').apply({ type: 'room-opened', transitionId, room: roomAt('http://media', 1) });
  expect(script.did('announce')).toHaveLength(1);
  expect(roomsOf(script.call.media)).toEqual([roomAt('http://media', 1)]);
});

test('it is closed, and all are told, when the call has become smaller, and when it ends', () => {
  const script = ready().apply({ type: 'leave', participantId: 'b' });
  expect(script.told).toEqual([null]);
  expect(script.did('close-room')).toMatchObject([{ room: { server: 'http://media' } }]);
  expect(roomsOf(script.call.media)).toEqual([]);
  const ended = ready()
    .apply({ type: 'leave', participantId: 'b' })
    .apply({ type: 'leave', participantId: 'a' });
  expect(ended.did('close-room')).toEqual([]);
});

test('one that is opened too late, or for an epoch that has passed, is closed again', () => {
  const late = pair().apply({ type: 'leave', participantId: 'b' }).opened();
  expect(late.did('close-room')).toHaveLength(1);
  expect(late.told).toEqual([]);
  const old = pair().opened('http://media', 0);
  expect(old.did('close-room')).toHaveLength(1);
  expect(old.told).toEqual([]);
});

test('a room that is lost or has to leave its media server is replaced after a while; the call notices nothing', () => {
  const lost = ready().apply({ type: 'room-lost', epoch: 1, server: 'http://media' });
  expect(lost.told).toEqual([null]);
  expect(lost.did('close-room')).toEqual([]);
  const moving = ready().apply({ type: 'room-moving', epoch: 1, server: 'http://media' });
  expect(moving.did('close-room')).toHaveLength(1);
  for (const script of [lost, moving]) {
    expect(script.call.media.phase).toBe('p2p');
    expect(script.due).toBe(2_000);
    expect(script.wait(1_999).did('open-room')).toEqual([]);
    expect(script.wait(1).did('open-room')).toHaveLength(1);
    expect(script.opened('http://other').told).toEqual([1]);
  }
  // Of another room it says nothing.
  expect(ready().apply({ type: 'room-lost', epoch: 1, server: 'http://other' }).told).toEqual([]);
});

test('without room to spare it is tried again after five seconds, and a switch opens its room itself', () => {
  const script = pair();
  const transitionId = openingOf(script.call.media) ?? '';
  script.apply({ type: 'room-not-opened', transitionId });
  expect(script.due).toBe(5_000);
  expect(script.join('c').did('open-room')).toMatchObject([{ epoch: 1 }]);
  const silent = pair();
  expect(silent.due).toBe(10_000);
  expect(silent.wait(10_000).due).toBe(5_000);
  expect(silent.wait(5_000).did('open-room')).toHaveLength(1);
});

test('an attempt that was given up leaves none; the next one begins when nothing waits any more', () => {
  const script = ready().join('c').wait(2_000);
  expect(script.call.media).toEqual({ phase: 'p2p' });
  expect(script.did('close-room')).toHaveLength(1);
  // The third one leaves again: two are within the limit.
  script.apply({ type: 'leave', participantId: 'c' });
  expect(script.wait(1_000).did('open-room')).toHaveLength(1);
});

test('a call that is back on peer-to-peer waits until its old room is closed', () => {
  const script = ready().join('c');
  const confirm = (...names: string[]) => {
    for (const participantId of names) {
      const { media } = script.call;
      const transitionId = 'transition' in media ? media.transition.id : '';
      script.apply({ type: 'confirm', participantId, transitionId, success: true });
    }
  };
  confirm('a', 'b', 'c');
  script.apply({ type: 'leave', participantId: 'c' }).wait(5_000);
  confirm('a', 'b');
  expect(script.call).toMatchObject({ epoch: 2, media: { phase: 'p2p' } });
  expect(script.did('open-room')).toEqual([]);
  expect(script.wait(1_000).did('close-room')).toHaveLength(1);
  script.wait(1_000);
  expect(script.did('open-room')).toMatchObject([{ epoch: 3 }]);
});

test('there is none where the operator wants none, nor in calls that never leave peer-to-peer', () => {
  const off = { ...policy, standby: false };
  expect(new Script().join('a', off).join('b', off).wait(1_000).did('open-room')).toEqual([]);
  expect(new Script().join('a', policy, { mode: 'p2p' }).join('b').wait(1_000).did('open-room')).toEqual([]);
  const large = new Script().join('a', policy, { p2pMaxParticipants: 3 }).join('b');
  expect(large.wait(1_000).did('open-room')).toEqual([]);
  expect(large.join('c').wait(1_000).did('open-room')).toHaveLength(1);
});
