/** People in a call whose media only a media server can carry: radios, which know no peer-to-peer. */
import { describe, expect, test } from '@jest/globals';
import type { CallPolicyOverrides } from '@crossfade/shared/call-policy';
import type { CallEvent, Effect } from './events.ts';
import { reduce } from './reduce.ts';
import type { CallState } from './state.ts';
import { policy } from './testing/call-world.ts';

class Script {
  state: CallState | null = null;
  effects: readonly Effect[] = [];
  now = 1_000_000;
  readonly #policy: CallPolicyOverrides;

  constructor(chosen: CallPolicyOverrides = {}) {
    this.#policy = chosen;
  }

  apply(event: CallEvent): this {
    const reduction = reduce(this.state, event, policy, this.now);
    if (reduction.kind === 'refused') throw new Error(reduction.code);
    this.state = reduction.state;
    this.effects = reduction.effects;
    return this;
  }

  join(participantId: string, needsServer: boolean, resume = false): this {
    return this.apply({
      type: 'join',
      callId: 'c',
      socketId: `socket-${participantId}${resume ? '-again' : ''}`,
      gatewayId: 'g',
      fresh: { participantId, sessionId: `x-${participantId}`, recordId: 'r' },
      resume: resume ? { participantId, sessionId: `x-${participantId}` } : null,
      userId: `user-${participantId}`,
      displayName: participantId,
      grants: { publish: true, subscribe: true, moderate: true },
      media: { audio: true, video: false, screen: false },
      ...(needsServer && { needsServer: true }),
      policy: this.#policy,
    });
  }

  open(): this {
    const room = { server: 'http://m', epoch: this.call.epoch + 1, rtpCapabilities: { codecs: [] } };
    return this.apply({ type: 'room-opened', transitionId: this.transition.id, room });
  }

  confirm(participantId: string): this {
    return this.apply({ type: 'confirm', participantId, transitionId: this.transition.id, success: true });
  }

  wait(ms: number): this {
    this.now += ms;
    return this.apply({ type: 'tick' });
  }

  get call(): CallState {
    if (!this.state) throw new Error('the call has ended');
    return this.state;
  }

  get transition() {
    const { media } = this.call;
    if (!('transition' in media)) throw new Error(`no switch: ${media.phase}`);
    return media.transition;
  }

  get phase() {
    return this.call.media.phase;
  }
}

describe('somebody who needs a media server', () => {
  test('takes the call there, alone or with others, and no switch waits for them', () => {
    const alone = new Script().join('radio', true);
    expect(alone.phase).toBe('switching_to_sfu');
    // There is nobody to wait for.
    expect(alone.open().phase).toBe('sfu');

    const both = new Script().join('web', false);
    expect(both.phase).toBe('p2p');
    both.join('radio', true);
    expect(both.transition.reason).toBe('requirement');
    both.open();
    expect(both.transition.awaiting).toEqual(['web']);
    expect(both.effects).toContainEqual(expect.objectContaining({ type: 'announce', to: ['web'] }));
    expect(both.confirm('web').phase).toBe('sfu');
  });

  test('keeps it there for as long as they are in it, also while their connection is lost', () => {
    const script = new Script().join('web', false).join('radio', true).open().confirm('web');
    expect(script.wait(600).phase).toBe('sfu');
    script.apply({ type: 'disconnected', participantId: 'radio', socketId: 'socket-radio' });
    expect(script.wait(policy.resumeWindowMs - 1).phase).toBe('sfu');
    script.wait(1);
    expect(script.call.members).toHaveLength(1);
    expect(script.wait(policy.backToP2pDelayMs).phase).toBe('switching_to_p2p');
    expect(script.transition.awaiting).toEqual(['web']);
  });

  test('and comes back to it before that is over', () => {
    const script = new Script().join('web', false).join('radio', true).open().confirm('web');
    script.apply({ type: 'leave', participantId: 'radio' });
    script.wait(policy.backToP2pDelayMs);
    expect(script.phase).toBe('switching_to_p2p');
    script.join('radio-2', true);
    expect(script.phase).toBe('sfu');
    expect(script.wait(600).phase).toBe('sfu');
  });

  test('at the other door again, needs none: the session says what its client can', () => {
    const script = new Script().join('web', false).join('radio', true).open().confirm('web');
    script.join('radio', false, true);
    expect(script.wait(policy.backToP2pDelayMs).phase).toBe('switching_to_p2p');
    expect([...script.transition.awaiting].sort()).toEqual(['radio', 'web']);
    // And the other way round.
    script.join('web', true, true);
    expect(script.phase).toBe('sfu');
  });

  test('does not turn the call into one of push-to-talk', () => {
    const script = new Script().join('web', false).join('radio', true);
    expect([script.call.policy, script.call.floor]).toEqual([{}, null]);
  });
});

describe('where the policy is peer-to-peer', () => {
  test('somebody whom peer-to-peer cannot reach comes first: the call is on a media server while they are in it', () => {
    const script = new Script({ mode: 'p2p' }).join('web', false).join('web-2', false);
    expect(script.phase).toBe('p2p');
    script.join('radio', true);
    expect(script.transition.reason).toBe('requirement');
    script.open().confirm('web').confirm('web-2');
    expect(script.wait(600).phase).toBe('sfu');
    script.apply({ type: 'leave', participantId: 'radio' });
    expect(script.wait(policy.backToP2pDelayMs).phase).toBe('switching_to_p2p');
    expect(script.confirm('web').confirm('web-2').phase).toBe('p2p');
  });

  test('without a media server the others go on among themselves, and it is tried again', () => {
    const script = new Script({ mode: 'p2p' }).join('web', false).join('web-2', false).join('radio', true);
    script.apply({ type: 'room-not-opened', transitionId: script.transition.id });
    expect(script.phase).toBe('p2p');
    expect(script.call.members).toHaveLength(3);
    expect(script.wait(1_000).phase).toBe('switching_to_sfu');
  });
});
