/**
 * What a gateway does when it learns what a call is now, whoever changed it: which rooms it hears of, and which of its
 * clients have to learn something.
 */
import type { Log } from '@crossfade/service/log';
import type { Calls } from '../calls/calls.ts';
import type { CallState, Member } from '../calls/state.ts';
import type { Subscriptions } from '../calls/subscriptions.ts';
import { gatewaysOf } from '../store/calls.ts';
import type { Attendance, Correction } from './attendance.ts';
import type { Courier } from './courier.ts';

/** How long the clients of a call that has ended can still be told why, milliseconds. */
const LAST_WORDS_MS = 1_000;

export interface ReconcilerOptions {
  gatewayId: string;
  attendance: Attendance;
  subscriptions: Pick<Subscriptions, 'follow'>;
  courier: Pick<Courier, 'release'>;
  calls: Pick<Calls, 'post'>;
  /** Whether this gateway may have been taken for lost. */
  wasAway: (callId: string) => boolean;
  log: Log;
}

export function reconciler(options: ReconcilerOptions): (callId: string, state: CallState | null) => void {
  const { gatewayId, attendance, subscriptions, courier, calls, wasAway, log } = options;

  const correct = (callId: string, state: CallState | null, { kind, attendee }: Correction) => {
    const { door: client, participantId } = attendee;
    const isTold = client.joined.get(callId) !== participantId;
    if (kind === 'gone' && state === null) {
      // What ended the call may be told by another gateway, a moment later.
      setTimeout(() => {
        if (client.joined.get(callId) === participantId) attendance.detach(callId, client);
      }, LAST_WORDS_MS).unref();
      return;
    }
    // The same session, or another one of this user, goes on elsewhere.
    const isReplaced =
      kind === 'replaced' || (kind === 'gone' && state?.members.some(isOf(client.claims.sub)) === true);
    if (isReplaced && !isTold) courier.release(callId, participantId, client.socketId);
    if (kind === 'gone' && !isTold && state?.removedUsers.includes(client.claims.sub) === true) {
      const payload = { callId, reason: 'removed' } as const;
      courier.release(callId, participantId, client.socketId, { name: 'call:ended', payload });
    }
    attendance.detach(callId, client);
    if (kind === 'resume') client.drop();
  };

  return (callId, state) => {
    subscriptions.follow(callId, state, state !== null && gatewaysOf(state).includes(gatewayId));
    const { corrections, absent } = attendance.compare(callId, state, gatewayId, wasAway(callId));
    for (const correction of corrections) correct(callId, state, correction);
    for (const { participantId, socketId } of absent) {
      calls.post(callId, { type: 'disconnected', participantId, socketId }).catch((error: unknown) => {
        log.debug('somebody who is not here was not reported', { callId, error });
      });
    }
  };
}

function isOf(user: string): (member: Pick<Member, 'userId'>) => boolean {
  return ({ userId }) => userId === user;
}
