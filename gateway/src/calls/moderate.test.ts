/** What moderators do to a call, on the whole reducer. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CallEvent, Effect, Moderation } from './events.ts';
import { isBlocked } from './blocks.ts';
import { reduce, type Reduction } from './reduce.ts';
import { publicView, type CallPolicy, type CallState } from './state.ts';

const policy: CallPolicy = {
  p2pMaxParticipants: 2,
  backToP2pDelayMs: 0,
  switchTimeoutMs: 1_000,
  resumeWindowMs: 1_000,
  meshMaxParticipants: 4,
  maxParticipants: 10,
  standby: false,
  floor: { maxTalkMs: 400, retryAfterMs: 100, lostGraceMs: 50, maxQueue: 2 },
};
const media = { audio: true, video: true, screen: true };

function join(name: string, times = 1, resume = false): CallEvent {
  return {
    type: 'join',
    callId: 'call',
    socketId: `socket-${name}-${times}`,
    gatewayId: 'gateway',
    fresh: { participantId: `${name}-${times}`, sessionId: `secret-${name}-${times}`, recordId: 'record' },
    resume: resume ? { participantId: `${name}-1`, sessionId: `secret-${name}-1` } : null,
    userId: name,
    displayName: name,
    grants: { publish: true, subscribe: true, moderate: name === 'mo' },
    media,
    policy: {},
  };
}

class World {
  state: CallState | null = null;
  effects: Effect[] = [];

  apply(event: CallEvent): Reduction {
    const reduction = reduce(this.state, event, policy, 0);
    if (reduction.kind === 'changed') {
      this.state = reduction.state;
      this.effects = [...reduction.effects];
    }
    return reduction;
  }

  moderate(action: Moderation): Reduction {
    return this.apply({ type: 'moderate', participantId: 'mo-1', action });
  }

  member(participantId: string) {
    return this.state?.members.find((member) => member.participantId === participantId);
  }

  messages(name: string) {
    return this.effects.flatMap((effect) =>
      effect.type === 'broadcast' && effect.message.name === name ? [effect.message.payload] : [],
    );
  }
}

function world(...names: string[]): World {
  const made = new World();
  for (const name of ['mo', ...names]) made.apply(join(name));
  return made;
}

const muteAnn: Moderation = { kind: 'mute', participantId: 'ann-1', media: 'audio', muted: true };
const removeAnn: Moderation = { kind: 'remove', participantId: 'ann-1', message: 'out' };

describe('mute', () => {
  test('everyone, the one who is muted included, sees it off; the media server is told', () => {
    const call = world('ann');
    call.moderate(muteAnn);
    expect(call.messages('call:participant-updated')).toMatchObject([
      { participant: { participantId: 'ann-1', blocked: ['audio'], media: { audio: false, video: true } } },
    ]);
    expect(call.effects).toContainEqual({ type: 'enforce' });
  });

  test('asked for once more it is brought about once more, and nothing else; to give back what is there is nothing', () => {
    const call = world('ann');
    call.moderate(muteAnn);
    const before = call.state;
    call.moderate(muteAnn);
    expect(call.state).toBe(before);
    expect(call.effects).toEqual([{ type: 'enforce' }]);
    call.moderate({ ...muteAnn, muted: false });
    call.moderate({ ...muteAnn, muted: false });
    expect(call.effects).toEqual([]);
  });

  test('saying that one sends does not help', () => {
    const call = world('ann');
    call.moderate(muteAnn);
    call.apply({ type: 'update', participantId: 'ann-1', media });
    expect(call.member('ann-1')?.media).toEqual({ ...media, audio: false });
  });

  test('stays through a resumption and through leaving and joining again', () => {
    const call = world('ann', 'ben');
    call.moderate(muteAnn);
    call.apply(join('ann', 2, true));
    expect(call.member('ann-1')).toMatchObject({ blocked: ['audio'], media: { audio: false } });
    call.apply({ type: 'leave', participantId: 'ann-1' });
    call.apply(join('ann', 3));
    expect(call.member('ann-3')).toMatchObject({ blocked: ['audio'], media: { audio: false } });
  });

  test('what is given back is off until its owner switches it on', () => {
    const call = world('ann');
    call.moderate(muteAnn);
    call.moderate({ ...muteAnn, muted: false });
    expect(call.member('ann-1')).toMatchObject({ blocked: [], media: { audio: false } });
    call.apply({ type: 'update', participantId: 'ann-1', media });
    expect(call.member('ann-1')?.media.audio).toBe(true);
  });

  test('two people move to the media server for as long as somebody is muted', () => {
    const call = world('ann');
    call.moderate(muteAnn);
    expect(call.state?.media.phase).toBe('switching_to_sfu');
    expect(call.state?.decisions.at(-1)).toMatchObject({ rule: 'moderation', target: 'sfu' });
    const room = { server: 'http://media', epoch: 1, rtpCapabilities: {} };
    call.apply({ type: 'room-opened', transitionId: 'record:1', room });
    for (const participantId of ['mo-1', 'ann-1'])
      call.apply({ type: 'confirm', participantId, transitionId: 'record:1', success: true });
    expect(call.state?.media.phase).toBe('sfu');
    call.apply({ type: 'tick' });
    expect(call.state?.media.phase).toBe('sfu');
    call.moderate({ ...muteAnn, muted: false });
    expect(call.state?.media.phase).toBe('switching_to_p2p');
    call.moderate(muteAnn);
    expect(call.state?.media.phase).toBe('sfu');
  });

  test('somebody who is not there cannot be muted', () => {
    expect(world('ann').moderate({ ...muteAnn, participantId: 'ben-1' })).toEqual({
      kind: 'refused',
      code: 'participant-not-found',
    });
  });
});

describe('remove', () => {
  test('tells the one, then the others, closes the media, and lets the user in no more', () => {
    const call = world('ann', 'ben');
    const room = { server: 'http://media', epoch: 1, rtpCapabilities: {} };
    call.apply({ type: 'room-opened', transitionId: 'record:1', room });
    call.moderate(removeAnn);
    expect(call.effects).toContainEqual({
      type: 'release-socket',
      participantId: 'ann-1',
      socketId: 'socket-ann-1',
      message: { name: 'call:ended', payload: { callId: 'call', reason: 'removed', message: 'out' } },
    });
    expect(call.messages('call:participant-left')).toEqual([
      { callId: 'call', participantId: 'ann-1', reason: 'removed' },
    ]);
    expect(call.effects).toContainEqual({ type: 'leave-room', room, participantId: 'ann-1' });
    for (const resume of [false, true])
      expect(call.apply(join('ann', 2, resume))).toEqual({ kind: 'refused', code: 'removed-from-call' });
  });

  test('not oneself', () => {
    expect(world('ann').moderate({ ...removeAnn, participantId: 'mo-1' })).toMatchObject({
      code: 'validation-failed',
    });
  });
});

describe('lock', () => {
  test('keeps those out who are new, and lets those back who were in', () => {
    const call = world('ann');
    call.moderate({ kind: 'lock', locked: true });
    expect(call.messages('call:updated')).toEqual([{ callId: 'call', locked: true, policy: {} }]);
    expect(call.apply(join('ben'))).toEqual({ kind: 'refused', code: 'call-locked' });
    expect(call.apply(join('ann', 2, true)).kind).toBe('changed');
    call.moderate({ kind: 'lock', locked: true });
    expect(call.effects).toEqual([]);
    call.moderate({ kind: 'lock', locked: false });
    expect(call.apply(join('ben')).kind).toBe('changed');
  });
});

describe('end', () => {
  test('tells everyone, leaves nothing, and the next call is a new one', () => {
    const call = world('ann', 'ben');
    const room = { server: 'http://media', epoch: 1, rtpCapabilities: {} };
    call.apply({ type: 'room-opened', transitionId: 'record:1', room });
    call.moderate({ kind: 'lock', locked: true });
    call.moderate({ kind: 'end' });
    expect(call.state).toBeNull();
    const told = call.effects.flatMap((effect) =>
      effect.type === 'release-socket' ? [[effect.participantId, effect.message?.payload]] : [],
    );
    const payload = { callId: 'call', reason: 'ended' };
    expect(told).toEqual(['mo-1', 'ann-1', 'ben-1'].map((id) => [id, payload]));
    expect(call.effects).toContainEqual({ type: 'close-room', room });
    const records = call.effects.flatMap((effect) => (effect.type === 'record' ? [effect.entry.type] : []));
    expect(records).toEqual([
      'participant-left',
      'participant-left',
      'participant-left',
      'transition-ended',
      'call-ended',
    ]);
    expect(call.apply(join('ann', 2)).kind).toBe('changed');
    expect(call.state).toMatchObject({ locked: false, removedUsers: [] });
  });
});

test('whoever moderates has to be in the call', () => {
  const call = world('ann');
  const event: CallEvent = { type: 'moderate', participantId: 'x', action: { kind: 'end' } };
  expect(call.apply(event)).toEqual({ kind: 'refused', code: 'not-joined' });
});

test('whatever happens, nobody is seen to send what is blocked, nor in a call they were removed from', () => {
  const name = fc.constantFrom('ann', 'ben', 'cleo');
  const kind = fc.constantFrom('audio' as const, 'video' as const, 'screen' as const);
  const action = fc.oneof(
    fc.record({
      do: fc.constant('join' as const),
      name,
      times: fc.integer({ min: 1, max: 3 }),
      resume: fc.boolean(),
    }),
    fc.record({ do: fc.constantFrom('leave' as const, 'update' as const, 'remove' as const), name }),
    fc.record({ do: fc.constant('mute' as const), name, kind, muted: fc.boolean() }),
    fc.record({ do: fc.constant('lock' as const), locked: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const call = world();
      const blocked = new Map<string, Set<string>>();
      const removed = new Set<string>();
      for (const act of actions) {
        const of = 'name' in act ? call.state?.members.find(({ userId }) => userId === act.name) : undefined;
        const participantId = of?.participantId ?? 'nobody';
        const before = call.state?.members.length ?? 0;
        if (act.do === 'join') call.apply(join(act.name, act.times, act.resume));
        else if (act.do === 'lock') call.moderate({ kind: 'lock', locked: act.locked });
        else if (act.do === 'mute') {
          const done = call.moderate({ kind: 'mute', participantId, media: act.kind, muted: act.muted });
          if (done.kind === 'refused') continue;
          const kinds = blocked.get(act.name) ?? new Set();
          blocked.set(act.name, kinds);
          if (act.muted) kinds.add(act.kind);
          else kinds.delete(act.kind);
        } else if (act.do === 'remove') {
          if (call.moderate({ kind: 'remove', participantId, message: undefined }).kind === 'changed')
            removed.add(act.name);
        } else if (act.do === 'leave') call.apply({ type: 'leave', participantId });
        else call.apply({ type: 'update', participantId, media });

        if (call.state?.locked === true) expect(call.state.members.length).toBeLessThanOrEqual(before);
        for (const member of call.state?.members ?? []) {
          expect(removed).not.toContain(member.userId);
          const kinds = blocked.get(member.userId) ?? new Set();
          expect(new Set(publicView(member).blocked ?? [])).toEqual(kinds);
          for (const one of ['audio', 'video', 'screen'] as const)
            if (kinds.has(one)) expect(publicView(member).media[one]).toBe(false);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['a microphone', 'audio', 'microphone', ['audio']],
  ['a voice said to be a screen', 'audio', 'screen-audio', ['audio', 'screen']],
  ['something injected', 'audio', 'injected', ['audio']],
  ['a camera', 'video', 'camera', ['video']],
  ['a picture said to be of a microphone', 'video', 'microphone', ['video']],
  ['a screen', 'video', 'screen', ['screen']],
] as const)('%s', (_what, kind, source, by) => {
  const kinds = (['audio', 'video', 'screen'] as const).filter((one) => isBlocked([one], { kind, source }));
  expect(kinds).toEqual(by);
});
