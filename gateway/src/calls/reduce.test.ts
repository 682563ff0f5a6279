import { describe, expect, test } from '@jest/globals';
import type { CallPolicyChange } from '@crossfade/shared/call-policy';
import type { CallEvent, Effect } from './events.ts';
import { reduce } from './reduce.ts';
import { nextDeadline, type CallPolicy, type CallState, type Room } from './state.ts';

const policy: CallPolicy = {
  p2pMaxParticipants: 2,
  meshMaxParticipants: 4,
  backToP2pDelayMs: 5_000,
  switchTimeoutMs: 2_000,
  resumeWindowMs: 30_000,
  maxParticipants: 5,
  standby: false,
  floor: { maxTalkMs: 400, retryAfterMs: 100, lostGraceMs: 50, maxQueue: 2 },
};
const grants = { publish: true, subscribe: true, moderate: false };
const media = { audio: true, video: true, screen: false };

/** A call under test: applies events, keeps the clock and what was to be done. */
class Script {
  state: CallState | null = null;
  now = 1_000_000;
  effects: Effect[] = [];

  apply(event: CallEvent): this {
    const reduction = reduce(this.state, event, policy, this.now);
    if (reduction.kind === 'refused') throw new Error(`refused: ${reduction.code}`);
    this.state = reduction.state;
    this.effects = [...reduction.effects];
    return this;
  }

  code(event: CallEvent): string {
    const reduction = reduce(this.state, event, policy, this.now);
    return reduction.kind === 'refused' ? reduction.code : 'not refused';
  }

  join(name: string, resume: { participantId: string; sessionId: string } | null = null): this {
    return this.apply(join(name, resume));
  }

  wait(ms: number): this {
    this.now += ms;
    return this.apply({ type: 'tick' });
  }

  openRoom(): this {
    const transitionId = this.transitionId;
    return this.apply({ type: 'room-opened', transitionId, room: roomAt(this.call.epoch + 1) });
  }

  confirm(...names: string[]): this {
    const transitionId = this.transitionId;
    for (const participantId of names)
      this.apply({ type: 'confirm', participantId, transitionId, success: true });
    return this;
  }

  get call(): CallState {
    if (!this.state) throw new Error('the call has ended');
    return this.state;
  }

  get transitionId(): string {
    const { media: now } = this.call;
    if (now.phase === 'p2p' || now.phase === 'sfu') throw new Error('no transition is under way');
    return now.transition.id;
  }

  get phase(): string {
    return this.call.media.phase;
  }

  messages(name: string) {
    return this.effects.flatMap((effect) =>
      effect.type === 'broadcast' && effect.message.name === name ? [effect.message.payload] : [],
    );
  }

  did(type: Effect['type']): Effect[] {
    return this.effects.filter((effect) => effect.type === type);
  }
}

function join(name: string, resume: { participantId: string; sessionId: string } | null = null): CallEvent {
  return {
    type: 'join',
    callId: 'c',
    socketId: `socket-${name}`,
    gatewayId: 'gateway',
    fresh: { participantId: name, sessionId: `session-${name}`, recordId: 'record' },
    resume,
    userId: `user-${name.slice(0, 1)}`,
    displayName: name,
    grants,
    media,
    policy: {},
  };
}

function roomAt(epoch: number): Room {
  return { server: 'http://media', epoch, rtpCapabilities: { codecs: [] } };
}

const three = () => new Script().join('a').join('b').join('c');
const onSfu = () => three().openRoom().confirm('a', 'b', 'c');

describe('a client that does not get to the new path', () => {
  const cannot = (script: Script, participantId: string) =>
    script.apply({ type: 'confirm', participantId, transitionId: script.transitionId, success: false });

  test('keeps the old one for all the first time, and then is gone on without', () => {
    const script = cannot(three().openRoom(), 'a');
    expect(script.messages('call:mode-switch')).toMatchObject([{ phase: 'abort', reason: 'client-failed' }]);
    cannot(script.wait(1_000).openRoom(), 'a');
    expect(script.phase).toBe('switching_to_sfu');
    expect(script.confirm('b', 'c').phase).toBe('sfu');
  });

  test('nor is there any more after it was: the first time that, too, keeps the old one', () => {
    const script = cannot(three().openRoom().confirm('a'), 'a');
    expect(script.messages('call:mode-switch')).toMatchObject([{ phase: 'abort', reason: 'client-failed' }]);
  });

  test('and one that never answers is gone on without at the second deadline', () => {
    const script = three().openRoom().confirm('b', 'c').wait(2_000);
    expect(script.phase).toBe('p2p');
    expect(script.wait(1_000).openRoom().confirm('b', 'c').wait(2_000).phase).toBe('sfu');
  });

  test('unless there are as many of them as of the others', () => {
    const script = cannot(cannot(three().openRoom(), 'a').wait(1_000).openRoom(), 'a');
    expect(script.confirm('b').wait(2_000).phase).toBe('p2p');
    expect(script.messages('call:mode-switch')).toMatchObject([{ phase: 'abort', reason: 'deadline' }]);
    cannot(cannot(script.wait(2_000).openRoom(), 'a').confirm('b'), 'c');
    expect(script.messages('call:mode-switch')).toMatchObject([{ phase: 'abort', reason: 'client-failed' }]);
  });
});

describe('up to the SFU', () => {
  test('two are connected peer-to-peer', () => {
    const script = new Script().join('a').join('b');
    expect(script.phase).toBe('p2p');
    expect(script.call.epoch).toBe(0);
  });

  test('the third opens a room at once; everyone prepares when it is there', () => {
    const script = three();
    expect(script.phase).toBe('switching_to_sfu');
    expect(script.did('open-room')).toEqual([
      { type: 'open-room', transitionId: 'record:1', epoch: 1, avoid: [], last: [] },
    ]);
    expect(script.did('announce')).toEqual([]);

    script.openRoom();
    expect(script.did('announce')).toMatchObject([
      {
        to: ['a', 'b', 'c'],
        prepare: {
          mode: 'sfu',
          from: 'p2p',
          epoch: 1,
          initiator: 'c',
          reason: 'participants-above-limit',
          deadlineMs: 2_000,
        },
      },
    ]);
  });

  test('it is committed when all have confirmed, not before', () => {
    const script = three().openRoom().confirm('a', 'b');
    expect(script.phase).toBe('switching_to_sfu');
    expect(script.call.epoch).toBe(0);
    script.confirm('c');
    expect(script.phase).toBe('sfu');
    expect(script.call.epoch).toBe(1);
    expect(script.messages('call:mode-switch')).toMatchObject([{ phase: 'commit', epoch: 1, mode: 'sfu' }]);
  });

  test('who leaves or loses the connection is not waited for', () => {
    const left = three().openRoom().confirm('a', 'b').apply({ type: 'leave', participantId: 'c' });
    expect(left.phase).toBe('sfu');
    const lost = three()
      .openRoom()
      .confirm('a', 'b')
      .apply({ type: 'disconnected', participantId: 'c', socketId: 'socket-c' });
    expect(lost.phase).toBe('sfu');
  });

  test('who joins meanwhile is taken in and not waited for', () => {
    const script = three().openRoom().join('d').confirm('a', 'b', 'c');
    expect(script.phase).toBe('sfu');
    expect(script.call.members).toHaveLength(4);
  });

  test('a client that fails aborts it: the old path and epoch stay, the room goes', () => {
    const script = three().openRoom();
    script.apply({ type: 'confirm', participantId: 'b', transitionId: script.transitionId, success: false });
    expect(script.phase).toBe('p2p');
    expect(script.call.epoch).toBe(0);
    expect(script.messages('call:mode-switch')).toMatchObject([
      { phase: 'abort', reason: 'client-failed', epoch: 0, mode: 'p2p' },
    ]);
    expect(script.did('close-room')).toHaveLength(1);
  });

  test('the deadline aborts it, and it is tried again later, each time later', () => {
    const script = three().openRoom().confirm('a').wait(2_000);
    expect(script.messages('call:mode-switch')).toMatchObject([{ phase: 'abort', reason: 'deadline' }]);
    script.wait(999);
    expect(script.phase).toBe('p2p');
    script.wait(1);
    expect(script.phase).toBe('switching_to_sfu');
    script.openRoom().wait(2_000).wait(1_999);
    expect(script.phase).toBe('p2p');
    script.wait(1);
    expect(script.phase).toBe('switching_to_sfu');
  });

  test('without a media server it is aborted as well, and whoever comes next makes it try at once', () => {
    const script = three();
    script.apply({ type: 'room-not-opened', transitionId: script.transitionId });
    expect(script.phase).toBe('p2p');
    expect(script.messages('call:mode-switch')).toMatchObject([
      { phase: 'abort', reason: 'media-server-failed' },
    ]);
    expect(script.join('d').phase).toBe('switching_to_sfu');
  });

  test('without a media server: as soon as one can be had it is tried again', () => {
    const script = three();
    script.apply({ type: 'room-not-opened', transitionId: script.transitionId });
    expect(script.apply({ type: 'media-server-available' }).phase).toBe('switching_to_sfu');
    expect(onSfu().apply({ type: 'media-server-available' }).did('open-room')).toEqual([]);
  });

  test('a room that opens after its transition is over is closed', () => {
    const script = three();
    const { transitionId } = script;
    script.apply({ type: 'room-not-opened', transitionId });
    script.apply({ type: 'room-opened', transitionId, room: roomAt(1) });
    expect(script.phase).toBe('p2p');
    expect(script.did('close-room')).toHaveLength(1);
  });
});

describe('back to peer-to-peer', () => {
  test('only after the dwell, make before break, then the room is drained', () => {
    const script = onSfu().apply({ type: 'leave', participantId: 'c' }).wait(4_999);
    expect(script.phase).toBe('sfu');
    script.wait(1);
    expect(script.phase).toBe('switching_to_p2p');
    expect(script.did('announce')).toMatchObject([
      { to: ['a', 'b'], prepare: { mode: 'p2p', from: 'sfu', epoch: 2 } },
    ]);
    script.confirm('a', 'b');
    expect(script.phase).toBe('p2p');
    expect(script.call.epoch).toBe(2);
    expect(script.did('close-room')).toEqual([]);
    expect(script.wait(1_000).did('close-room')).toHaveLength(1);
  });

  test('the dwell is not extended by others who come and go', () => {
    const script = onSfu().apply({ type: 'leave', participantId: 'c' }).wait(3_000);
    script.apply({ type: 'leave', participantId: 'b' }).wait(1_000).join('d').wait(1_000);
    expect(script.phase).toBe('switching_to_p2p');
  });

  test('a page reload moves nothing', () => {
    const script = onSfu().apply({ type: 'leave', participantId: 'c' }).wait(2_000).join('c2').wait(60_000);
    expect(script.phase).toBe('sfu');
    expect(script.call.epoch).toBe(1);
  });

  test('a third who comes during the switch keeps the call on the SFU', () => {
    const script = onSfu().apply({ type: 'leave', participantId: 'c' }).wait(5_000).join('d');
    expect(script.phase).toBe('sfu');
    expect(script.call.epoch).toBe(1);
    expect(script.messages('call:mode-switch')).toMatchObject([
      { phase: 'abort', reason: 'participant-joined', mode: 'sfu' },
    ]);
  });

  test('a new switch up while the old room drains closes that room before it opens its own', () => {
    const script = onSfu()
      .apply({ type: 'leave', participantId: 'c' })
      .wait(5_000)
      .confirm('a', 'b')
      .join('d');
    expect(script.effects.map(({ type }) => type).filter((type) => type.endsWith('-room'))).toEqual([
      'close-room',
      'open-room',
    ]);
    expect(script.did('open-room')).toMatchObject([{ epoch: 3 }]);
  });
});

describe('members', () => {
  test('a lost connection is waited for, and its session can be resumed', () => {
    const script = new Script().join('a').join('b');
    script.apply({ type: 'disconnected', participantId: 'b', socketId: 'socket-b' });
    expect(script.messages('call:participant-updated')).toMatchObject([
      { participant: { participantId: 'b', connected: false } },
    ]);
    script.wait(29_999).join('b-again', { participantId: 'b', sessionId: 'session-b' });
    expect(script.call.members.map(({ participantId }) => participantId)).toEqual(['a', 'b']);
    expect(script.wait(60_000).call.members).toHaveLength(2);
  });

  test('who does not come back in time has left', () => {
    const script = new Script().join('a').join('b');
    script.apply({ type: 'disconnected', participantId: 'b', socketId: 'socket-b' }).wait(30_000);
    expect(script.call.members).toHaveLength(1);
    expect(script.messages('call:participant-left')).toEqual([
      { callId: 'c', participantId: 'b', reason: 'connection-lost' },
    ]);
  });

  test('a session that is resumed while its old socket still lives replaces it', () => {
    const script = new Script()
      .join('a')
      .join('b', null)
      .join('b2', { participantId: 'b', sessionId: 'session-b' });
    expect(script.did('release-socket')).toEqual([
      { type: 'release-socket', socketId: 'socket-b', participantId: 'b' },
    ]);
    // The old socket's end no longer concerns the participant.
    script.apply({ type: 'disconnected', participantId: 'b', socketId: 'socket-b' });
    expect(script.call.members.map(({ link }) => link.kind)).toEqual(['connected', 'connected']);
  });

  test('a new session of the same user, from another socket, replaces the older one', () => {
    const script = onSfu().join('b2', { participantId: 'b', sessionId: 'guessed' });
    expect(script.call.members.map(({ participantId }) => participantId)).toEqual(['a', 'c', 'b2']);
    expect(script.messages('call:participant-left')).toEqual([
      { callId: 'c', participantId: 'b', reason: 'replaced' },
    ]);
    expect(script.did('release-socket')).toEqual([
      { type: 'release-socket', socketId: 'socket-b', participantId: 'b' },
    ]);
    expect(script.did('leave-room')).toMatchObject([{ participantId: 'b', room: { epoch: 1 } }]);
    // The end of the old socket concerns nobody.
    script.apply({ type: 'disconnected', participantId: 'b', socketId: 'socket-b' });
    expect(script.call.members).toHaveLength(3);
    expect(script.phase).toBe('sfu');
  });

  test('of a user who reloads the page the lost session goes at once; somebody else’s proof is worth nothing', () => {
    const script = new Script().join('a').join('b');
    script.apply({ type: 'disconnected', participantId: 'b', socketId: 'socket-b' }).join('b2');
    expect(script.call.members.map(({ participantId }) => participantId)).toEqual(['a', 'b2']);
    expect(script.did('release-socket')).toEqual([]);
    script.join('x', { participantId: 'a', sessionId: 'session-a' });
    expect(script.call.members.map(({ participantId }) => participantId)).toEqual(['a', 'b2', 'x']);
  });

  test('two sessions of one user that race: the last one stays, also in a call that is full', () => {
    const script = new Script().join('a').join('b').join('c').join('d').join('e').join('e2').join('e3');
    expect(script.call.members.map(({ participantId }) => participantId)).toEqual(['a', 'b', 'c', 'd', 'e3']);
  });

  test('a gateway that is gone: who was connected through it may come back through another one', () => {
    const script = onSfu().apply({ type: 'gateway-lost', gatewayId: 'other' });
    expect(script.effects).toEqual([]);
    script.apply({ type: 'gateway-lost', gatewayId: 'gateway' });
    expect(script.call.members.every(({ link }) => link.kind === 'lost')).toBe(true);
    script.wait(1_000).join('b-elsewhere', { participantId: 'b', sessionId: 'session-b' });
    expect(script.call.members.map(({ participantId }) => participantId)).toEqual(['a', 'b', 'c']);
    expect(script.did('leave-room')).toEqual([]);
    script.wait(29_000);
    expect(script.call.members.map(({ participantId }) => participantId)).toEqual(['b']);
  });

  test('joining twice from one socket changes nothing', () => {
    const script = new Script().join('a');
    const before = script.call;
    expect(script.join('a').call).toBe(before);
    expect(script.effects).toEqual([]);
  });

  test('the sixth of five is refused', () => {
    const script = new Script().join('a').join('b').join('c').join('d').join('e');
    expect(script.code(join('f'))).toBe('call-full');
  });

  test('the last one out ends the call and its room', () => {
    const script = onSfu();
    for (const participantId of ['a', 'b', 'c']) script.apply({ type: 'leave', participantId });
    expect(script.state).toBeNull();
    expect(script.did('close-room')).toHaveLength(1);
    expect(script.did('record')).toContainEqual({
      type: 'record',
      entry: { type: 'call-ended', recordId: 'record', at: script.now, decisions: expect.any(Array) },
    });
  });
});

describe('what is out of place', () => {
  test('requests of someone who is not in the call', () => {
    expect(new Script().code({ type: 'leave', participantId: 'x' })).toBe('not-joined');
    expect(new Script().join('a').code({ type: 'update', participantId: 'x', media })).toBe('not-joined');
  });

  test('who says again what they send tells nobody', () => {
    const script = new Script().join('a').join('b');
    const before = script.call;
    script.apply({ type: 'update', participantId: 'a', media: { ...media } });
    expect(script.call).toBe(before);
    expect(script.effects).toEqual([]);
    script.apply({ type: 'update', participantId: 'a', media: { ...media, audio: false } });
    expect(script.messages('call:participant-updated')).toHaveLength(1);
  });

  test('a confirmation of a transition that is over', () => {
    const script = three().openRoom();
    const { transitionId } = script;
    script.confirm('a', 'b', 'c');
    expect(script.code({ type: 'confirm', participantId: 'a', transitionId, success: true })).toBe(
      'transition-over',
    );
    expect(script.code({ type: 'confirm', participantId: 'a', transitionId, success: false })).toBe(
      'transition-over',
    );
    expect(script.phase).toBe('sfu');
  });

  test('a measurement of another call’s transition', () => {
    const measured = { type: 'measured', participantId: 'a', transitionId: 'other:1', gapMs: 1 } as const;
    expect(onSfu().code(measured)).toBe('transition-over');
  });
});

describe('losses', () => {
  test('peer-to-peer that fails goes to the SFU, and is left alone for a minute', () => {
    const script = new Script().join('a').join('b');
    script.apply({ type: 'path', participantId: 'a', with: 'b', state: 'failed' });
    expect(script.phase).toBe('switching_to_sfu');
    script.openRoom().confirm('a', 'b').wait(59_999);
    expect(script.phase).toBe('sfu');
    script.wait(1);
    expect(script.phase).toBe('switching_to_p2p');
  });

  test('each failure soon after keeps it off longer; what is told of a path that is not used adds nothing', () => {
    const script = new Script().join('a').join('b');
    const failed = { type: 'path', participantId: 'a', with: 'b', state: 'failed' } as const;
    script
      .apply(failed)
      .apply({ ...failed, participantId: 'b', with: 'a' })
      .openRoom()
      .confirm('a', 'b');
    script.apply(failed).wait(60_000).confirm('a', 'b');
    expect(script.phase).toBe('p2p');
    script.apply({ ...failed, state: 'degraded' });
    expect(script.call.latch).toMatchObject({ why: 'degraded' });
    expect(script.call.latch?.holdMs).toBeGreaterThan(115_000);
    expect(script.call.decisions.at(-1)).toMatchObject({
      rule: 'p2p-degraded',
      inputs: { path: 'degraded' },
    });
  });

  test('a path that fails while it is being built keeps the call on the SFU', () => {
    const script = onSfu().apply({ type: 'leave', participantId: 'c' }).wait(5_000);
    script.apply({ type: 'path', participantId: 'a', with: 'b', state: 'failed' });
    expect(script.phase).toBe('sfu');
    expect(script.messages('call:mode-switch')).toMatchObject([{ phase: 'abort', reason: 'client-failed' }]);
    expect(script.wait(59_000).phase).toBe('sfu');
  });

  test('the loss of an older room, or told twice, changes nothing', () => {
    expect(onSfu().apply({ type: 'room-lost', epoch: 0 }).phase).toBe('sfu');
    expect(onSfu().apply({ type: 'room-lost', epoch: 1, server: 'http://other' }).phase).toBe('sfu');
    const script = onSfu().apply({ type: 'room-lost', epoch: 1 });
    const { transitionId } = script;
    expect(script.apply({ type: 'room-lost', epoch: 1 }).transitionId).toBe(transitionId);
  });
});

describe('from room to room', () => {
  const moving = { type: 'room-moving', epoch: 1 } as const;
  const lost = { type: 'room-lost', epoch: 1 } as const;
  const openOn = (script: Script, server: string) =>
    script.apply({
      type: 'room-opened',
      transitionId: script.transitionId,
      room: { ...roomAt(script.call.epoch + 1), server },
    });
  const notOpened = (script: Script) =>
    script.apply({ type: 'room-not-opened', transitionId: script.transitionId });
  const fail = (script: Script, participantId: string) =>
    script.apply({ type: 'confirm', participantId, transitionId: script.transitionId, success: false });

  test('a lost room: another one at once under the next epoch, in the same mode; nobody joins again', () => {
    const script = onSfu().apply(lost);
    expect(script.call).toMatchObject({
      epoch: 1,
      media: { phase: 'switching_to_sfu', from: { kind: 'lost' } },
    });
    expect(script.did('open-room')).toMatchObject([{ epoch: 2, avoid: [], last: [] }]);
    script.openRoom();
    expect(script.did('announce')).toMatchObject([
      { to: ['a', 'b', 'c'], prepare: { from: 'sfu', mode: 'sfu', epoch: 2, reason: 'media-server-lost' } },
    ]);
    script.confirm('a', 'b', 'c');
    expect(script.call).toMatchObject({
      epoch: 2,
      media: { phase: 'sfu', standing: 'serving' },
      draining: null,
    });
    expect(script.messages('call:mode-switch')).toMatchObject([
      { phase: 'commit', from: 'sfu', mode: 'sfu' },
    ]);
  });

  test('when the media server is dead, another one is asked first; later that one as well, last', () => {
    const script = join5(onSfu()).apply({ ...lost, serverGone: true });
    expect(script.did('open-room')).toMatchObject([{ avoid: ['http://media'], last: ['http://media'] }]);
    notOpened(script).wait(500);
    expect(script.did('open-room')).toMatchObject([{ avoid: [], last: [] }]);
  });

  test('from a lost room one who fails holds up nobody, and the deadline commits what some confirmed', () => {
    const failing = fail(onSfu().apply(lost).openRoom(), 'a');
    expect(failing.phase).toBe('switching_to_sfu');
    expect(failing.confirm('b', 'c').call).toMatchObject({ epoch: 2, media: { phase: 'sfu' } });
    const late = onSfu().apply(lost).openRoom().confirm('a').wait(2_000);
    expect(late.call).toMatchObject({ epoch: 2, media: { phase: 'sfu', standing: 'serving' } });
  });

  test('from a lost room, if nobody gets there it is tried again soon, elsewhere if there is another', () => {
    const script = onSfu().apply(lost).openRoom().wait(2_000);
    expect(script.messages('call:mode-switch')).toMatchObject([
      { phase: 'abort', from: 'sfu', mode: 'sfu', epoch: 1, reason: 'deadline' },
    ]);
    expect(script.did('close-room')).toHaveLength(1);
    expect(script.wait(500).did('open-room')).toMatchObject([
      { epoch: 2, avoid: [], last: ['http://media'] },
    ]);
    for (const name of ['a', 'b', 'c']) fail(script.phase === 'sfu' ? script : ready(script), name);
    expect(script.call).toMatchObject({ media: { phase: 'sfu', standing: 'lost' }, retry: { failures: 2 } });
  });

  test('without another media server a small call becomes a mesh, and a large one waits for one', () => {
    const small = notOpened(onSfu().apply(lost));
    expect(small.call).toMatchObject({ epoch: 2, media: { phase: 'p2p' } });
    expect(small.messages('call:mode-switch')).toMatchObject([
      { phase: 'abort', mode: 'sfu' },
      { phase: 'commit', from: 'sfu', mode: 'p2p', reason: 'media-server-lost' },
    ]);
    expect(small.wait(500).did('open-room')).toMatchObject([{ epoch: 3 }]);

    const large = notOpened(join5(onSfu()).apply(lost));
    expect(large.call).toMatchObject({ epoch: 1, media: { phase: 'sfu', standing: 'lost' } });
    expect(notOpened(large.wait(500)).wait(999).phase).toBe('sfu');
    expect(large.wait(1).phase).toBe('switching_to_sfu');
    // It shrinks: a mesh is better than nothing.
    notOpened(large).apply({ type: 'leave', participantId: 'e' });
    expect(large.phase).toBe('p2p');
  });

  test('two whose room is lost go peer-to-peer at once', () => {
    const script = onSfu().apply({ type: 'leave', participantId: 'c' }).apply(lost);
    expect(script.call).toMatchObject({ epoch: 2, media: { phase: 'p2p' }, retry: null });
  });

  test('a room about to go: another one elsewhere, make before break, and the old one is drained', () => {
    const script = onSfu().apply(moving);
    expect(script.did('open-room')).toMatchObject([{ epoch: 2, avoid: ['http://media'] }]);
    expect(script.call.media).toMatchObject({ from: { kind: 'room', room: { epoch: 1 } } });
    openOn(script, 'http://other');
    expect(script.did('announce')).toMatchObject([
      { prepare: { from: 'sfu', mode: 'sfu', reason: 'media-server-draining' } },
    ]);
    script.apply({ type: 'leave', participantId: 'c' });
    expect(script.did('leave-room')).toMatchObject([{ room: { epoch: 1 } }, { room: { epoch: 2 } }]);
    script.confirm('a', 'b');
    expect(script.did('close-room')).toEqual([]);
    expect(script.wait(1_000).did('close-room')).toMatchObject([
      { room: { server: 'http://media', epoch: 1 } },
    ]);
  });

  test('a move that fails leaves everything in the old room, and is tried again until that is gone', () => {
    const script = fail(openOn(onSfu().apply(moving), 'http://other'), 'b');
    expect(script.call).toMatchObject({ epoch: 1, media: { phase: 'sfu', standing: 'leaving' } });
    expect(script.did('close-room')).toMatchObject([{ room: { server: 'http://other' } }]);
    script.wait(1_000);
    expect(script.did('open-room')).toMatchObject([{ avoid: ['http://media'], last: ['http://other'] }]);
    // It goes sooner than the next one stands: the switch under way is what there is.
    const { transitionId } = script;
    script.apply(lost);
    expect(script.transitionId).toBe(transitionId);
    expect(script.call.media).toMatchObject({ from: { kind: 'lost' } });
  });

  describe('a room that stays after all', () => {
    const staying = { type: 'room-staying', epoch: 1, server: 'http://media' } as const;
    const serves = { epoch: 1, media: { phase: 'sfu', standing: 'serving' }, retry: null };

    test('a call that found no other tries no more', () => {
      const script = notOpened(onSfu().join('d').apply(moving));
      expect(script.call).toMatchObject({ media: { phase: 'sfu', standing: 'leaving' } });
      script.apply(staying);
      expect(script.call).toMatchObject(serves);
      expect(script.wait(60_000).did('open-room')).toEqual([]);
    });

    test('a move under way is given up, and what was opened for it is closed', () => {
      const prepared = openOn(onSfu().apply(moving), 'http://other').apply(staying);
      expect(prepared.call).toMatchObject(serves);
      expect(prepared.messages('call:mode-switch')).toMatchObject([{ phase: 'abort', reason: 'superseded' }]);
      expect(prepared.did('close-room')).toMatchObject([{ room: { server: 'http://other' } }]);
      const opening = onSfu().apply(moving);
      const { transitionId } = opening;
      opening.apply(staying);
      expect(opening.call).toMatchObject(serves);
      const late = { ...roomAt(2), server: 'http://other' };
      opening.apply({ type: 'room-opened', transitionId, room: late });
      expect(opening.effects).toEqual([{ type: 'close-room', room: late }]);
    });

    test('one on its way to a mesh for want of another server goes no further; one that is small enough does', () => {
      const script = notOpened(onSfu().apply(moving)).wait(1_000);
      expect(script.phase).toBe('switching_to_p2p');
      expect(script.apply(staying).call).toMatchObject(serves);
      const small = onSfu().apply({ type: 'leave', participantId: 'c' }).wait(5_000).apply(moving);
      expect(small.apply(staying).phase).toBe('switching_to_p2p');
    });

    test('another room, or one that is lost, has nothing to do with it', () => {
      for (const other of [
        { ...staying, epoch: 7 },
        { ...staying, server: 'http://other' },
      ]) {
        const script = onSfu().apply(moving);
        const { transitionId } = script;
        expect(script.apply(other).transitionId).toBe(transitionId);
      }
      expect(onSfu().apply(lost).apply(staying).call.media).toMatchObject({ from: { kind: 'lost' } });
    });
  });

  test('where there is no other media server, a small call leaves for a mesh before its room goes', () => {
    const script = notOpened(onSfu().apply(moving));
    expect(script.phase).toBe('sfu');
    script.wait(1_000);
    expect(script.call.media).toMatchObject({
      phase: 'switching_to_p2p',
      transition: { reason: 'media-server-draining' },
    });
    expect(script.confirm('a', 'b', 'c').phase).not.toBe('sfu');
    expect(script.call.epoch).toBe(2);
  });

  test('a room that goes during the switch back to peer-to-peer: what is built takes over at once', () => {
    const script = onSfu().apply({ type: 'leave', participantId: 'c' }).wait(5_000).apply(lost);
    expect(script.call).toMatchObject({ epoch: 2, media: { phase: 'p2p' }, draining: null });
  });

  test('a room in preparation that goes, or is told to, is given up; the old path stays', () => {
    const gone = three().openRoom().apply(lost);
    expect(gone.messages('call:mode-switch')).toMatchObject([
      { phase: 'abort', reason: 'media-server-failed' },
    ]);
    expect(gone.phase).toBe('p2p');
    const told = three().openRoom().apply(moving);
    expect(told.did('close-room')).toHaveLength(1);
    expect(told.wait(1_000).did('open-room')).toMatchObject([{ last: ['http://media'] }]);
  });

  test('a room told of late, opened for the attempt before, serves the next one', () => {
    const script = three();
    const { transitionId } = script;
    script.wait(2_000).wait(1_000);
    expect(script.transitionId).not.toBe(transitionId);
    script.apply({ type: 'room-opened', transitionId, room: roomAt(1) });
    expect(script.did('announce')).toHaveLength(1);
    const second = { ...roomAt(1), server: 'http://other' };
    script.apply({ type: 'room-opened', transitionId: script.transitionId, room: second });
    expect(script.effects).toEqual([{ type: 'close-room', room: second }]);
  });

  function join5(script: Script): Script {
    return script.join('d').join('e');
  }
  /** The next attempt, with its room. */
  function ready(script: Script): Script {
    return script.call.media.phase === 'switching_to_sfu' && script.call.media.room === 'opening'
      ? script.openRoom()
      : script;
  }
});

describe('without a media server', () => {
  test('four are a mesh; a fifth is not let in until there is one', () => {
    const script = new Script().join('a').join('b');
    for (const name of ['c', 'd']) {
      script.join(name);
      script.apply({ type: 'room-not-opened', transitionId: script.transitionId });
    }
    expect(script.phase).toBe('p2p');
    expect(script.code(join('e'))).toBe('media-server-unavailable');
    // Who is in may come back, and be replaced.
    expect(script.join('d2').call.members).toHaveLength(4);
    expect(script.phase).toBe('switching_to_sfu');
    expect(script.code(join('e'))).toBe('media-server-unavailable');
    expect(script.openRoom().join('e').call.members).toHaveLength(5);
  });
});

describe('policy', () => {
  const set = (change: CallPolicyChange): CallEvent => ({ type: 'set-policy', change });

  test('is told to everyone, and decides anew at once; what it does not name stays', () => {
    const script = new Script()
      .join('a')
      .join('b')
      .apply(set({ screenShare: 'sfu' }));
    script.apply(set({ requires: ['recording'] }));
    expect(script.messages('call:updated')).toEqual([
      { callId: 'c', locked: false, policy: { screenShare: 'sfu', requires: ['recording'] } },
    ]);
    expect(script.call.media).toMatchObject({
      phase: 'switching_to_sfu',
      transition: { reason: 'requirement' },
    });
    expect(script.call.decisions.at(-1)).toMatchObject({
      rule: 'requirement',
      inputs: { requires: 'recording' },
    });
    expect(new Script().code(set({}))).toBe('call-not-found');
  });

  test('what asks for the SFU during the switch back keeps the call there', () => {
    const script = onSfu()
      .apply({ type: 'leave', participantId: 'c' })
      .wait(5_000)
      .apply(set({ mode: 'sfu' }));
    expect(script.phase).toBe('sfu');
    expect(script.messages('call:mode-switch')).toMatchObject([{ phase: 'abort', reason: 'superseded' }]);
  });

  test('screens that are shared now and then, and mutes, do not make the call go to and fro', () => {
    const script = new Script()
      .join('a')
      .join('b')
      .apply(set({ screenShare: 'sfu' }));
    const show = (screen: boolean) =>
      script.apply({ type: 'update', participantId: 'a', media: { audio: !screen, video: true, screen } });
    show(true).openRoom().confirm('a', 'b');
    for (let again = 0; again < 5; again += 1) {
      show(false).wait(4_000);
      show(true).wait(1_000);
    }
    expect(script.call).toMatchObject({ epoch: 1, transitions: 1 });
    show(false).wait(3_000);
    script.apply({ type: 'update', participantId: 'b', media: { audio: false, video: true, screen: false } });
    expect(script.wait(2_000).phase).toBe('switching_to_p2p');
  });

  test('a relayed path matters only where the policy says so', () => {
    const relayed = {
      type: 'path',
      participantId: 'a',
      with: 'b',
      state: 'connected',
      relayed: true,
    } as const;
    expect(new Script().join('a').join('b').apply(relayed).phase).toBe('p2p');
    const script = new Script()
      .join('a')
      .join('b')
      .apply(set({ relayed: 'sfu' }))
      .apply(relayed);
    expect(script.call.media).toMatchObject({
      phase: 'switching_to_sfu',
      transition: { reason: 'p2p-relayed' },
    });
  });
});

test('whatever is due has a time to be due at', () => {
  expect(nextDeadline(three().call)).toBe(1_002_000);
  expect(nextDeadline(onSfu().call)).toBeNull();
  const leaving = onSfu().apply({ type: 'leave', participantId: 'c' });
  expect(nextDeadline(leaving.call)).toBe(leaving.now + 5_000);
});
