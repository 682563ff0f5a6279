/**
 * What a gateway does when it learns what a call is now, whoever changed it: which rooms it hears of, and which of its
 * clients have to learn something.
 */
import type { Log } from '@crossfade/service/log';
import type { Calls } from '../calls/calls.ts';
import type { CallState } from '../calls/state.ts';
import type { Subscriptions } from '../calls/subscriptions.ts';
import { gatewaysOf } from '../store/calls.ts';
import { isTold, type Attendance, type Correction } from './attendance.ts';
import type { Courier } from './courier.ts';

export interface ReconcilerOptions {
  gatewayId: string;
  attendance: Attendance;
  subscriptions: Pick<Subscriptions, 'follow'>;
  courier: Pick<Courier, 'release'>;
  calls: Pick<Calls, 'post'>;
  log: Log;
}

export function reconciler(
  options: ReconcilerOptions,
): (callId: string, state: CallState | null, complete: boolean) => void {
  const { gatewayId, attendance, subscriptions, courier, calls, log } = options;

  const correct = (callId: string, { kind, attendee }: Correction) => {
    const { door: client, participantId } = attendee;
    if (kind === 'replaced' && !isTold(callId, attendee))
      courier.release(callId, participantId, client.socketId);
    attendance.detach(callId, client, participantId);
    if (kind === 'resume') client.drop();
  };

  return (callId, state, complete) => {
    subscriptions.follow(callId, state, state !== null && gatewaysOf(state).includes(gatewayId));
    const { corrections, absent } = attendance.compare(callId, state, gatewayId);
    for (const correction of corrections) correct(callId, correction);
    // What they have missed they learn with the answer, when they resume.
    if (!complete) for (const { door: client } of attendance.of(callId)) client.drop();
    for (const { participantId, socketId } of absent) {
      calls.post(callId, { type: 'disconnected', participantId, socketId }).catch((error: unknown) => {
        log.debug('somebody who is not here was not reported', { callId, error });
      });
    }
  };
}
