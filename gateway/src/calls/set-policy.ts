/** What a moderator changes of a call's policy: what is not named stays. Pure. */
import type { CallPolicyOverrides } from '@crossfade/shared/call-policy';
import type { CallState } from './state.ts';
import type { Step } from './step.ts';

export function setPolicy(state: CallState, change: CallPolicyOverrides): Step {
  const policy = { ...state.policy, ...change };
  const { callId, locked } = state;
  return {
    state: { ...state, policy },
    effects: [
      {
        type: 'broadcast',
        except: null,
        message: { name: 'call:updated', payload: { callId, locked, policy } },
      },
    ],
  };
}
