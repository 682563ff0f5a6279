/** A gateway is gone, and with it the signalling of everyone who was connected to it. Pure. */
import { loseMember } from './members.ts';
import type { CallPolicy, CallState } from './state.ts';
import { andThen, unchanged, type Step } from './step.ts';

/** They may come back at another gateway, like anyone whose signalling is lost. */
export function loseGateway(state: CallState, gatewayId: string, policy: CallPolicy, now: number): Step {
  return state.members.reduce<Step>(
    (step, { participantId, link }) =>
      link.kind === 'connected' && link.gatewayId === gatewayId
        ? andThen(step, (after) => loseMember(after, { participantId, socketId: link.socketId }, policy, now))
        : step,
    unchanged(state),
  );
}
