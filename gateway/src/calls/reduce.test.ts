import { describe, expect, test } from '@jest/globals';
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

describe('up to the SFU', () => {
  test('two are connected peer-to-peer', () => {
    const script = new Script().join('a').join('b');
    expect(script.phase).toBe('p2p');
    expect(script.call.epoch).toBe(0);
  });

  test('the third opens a room at once; everyone prepares when it is there', () => {
    const script = three();
    expect(script.phase).toBe('switching_to_sfu');
    expect(script.did('open-room')).toEqual([{ type: 'open-room', transitionId: 'record:1', epoch: 1 }]);
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

  test('a wrong session proof, or somebody else’s, makes a new participant', () => {
    const script = new Script().join('a').join('b');
    script.join('b2', { participantId: 'b', sessionId: 'guessed' });
    expect(script.call.members).toHaveLength(3);
  });

  test('joining twice from one socket changes nothing', () => {
    const script = new Script().join('a').join('a');
    expect(script.call.members).toHaveLength(1);
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
      entry: { type: 'call-ended', recordId: 'record', at: script.now },
    });
  });
});

describe('what is out of place', () => {
  test('requests of someone who is not in the call', () => {
    expect(new Script().code({ type: 'leave', participantId: 'x' })).toBe('not-joined');
    expect(new Script().join('a').code({ type: 'update', participantId: 'x', media })).toBe('not-joined');
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

  test('a lost room: back to peer-to-peer at once, and from there to a new room', () => {
    const script = onSfu().apply({ type: 'room-lost', epoch: 1 });
    expect(script.messages('call:mode-switch')).toMatchObject([
      { phase: 'commit', mode: 'p2p', epoch: 2, reason: 'media-server-lost' },
    ]);
    expect(script.phase).toBe('switching_to_sfu');
    expect(script.did('open-room')).toMatchObject([{ epoch: 3 }]);
  });

  test('the loss of an older room changes nothing', () => {
    expect(onSfu().apply({ type: 'room-lost', epoch: 0 }).phase).toBe('sfu');
  });
});

test('whatever is due has a time to be due at', () => {
  expect(nextDeadline(three().call)).toBe(1_002_000);
  expect(nextDeadline(onSfu().call)).toBeNull();
  const leaving = onSfu().apply({ type: 'leave', participantId: 'c' });
  expect(nextDeadline(leaving.call)).toBe(leaving.now + 5_000);
});
