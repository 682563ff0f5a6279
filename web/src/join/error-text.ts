import { CodedError } from '@crossfade/shared/errors';
import { NoInvitation, Unreachable } from './token.ts';

/** Why joining did not work, as a sentence for the person who wanted to join. */
export function errorText(error: unknown): string {
  if (error instanceof Unreachable)
    return 'We cannot reach the service. Check your connection and try again.';
  if (error instanceof NoInvitation) return 'You need an invitation for this call. Ask for a link to join.';
  if (!(error instanceof CodedError)) return 'Something went wrong. Please try again.';
  switch (error.code) {
    case 'call-full':
    case 'room-full':
      return 'This call is full. Try again when someone has left.';
    case 'call-locked':
      return 'This call is locked: nobody new can join. Ask somebody in it to let you in.';
    case 'removed-from-call':
      return 'A moderator has removed you from this call.';
    case 'unauthenticated':
      return 'Your invitation is no longer valid. Ask for a new link.';
    case 'forbidden':
      return 'Your invitation is for another call. Ask for a link to this one.';
    case 'validation-failed':
      return 'The name or the call was not accepted. Check both and try again.';
    case 'rate-limited':
    case 'quota-exceeded':
      return 'Too many attempts. Wait a minute and try again.';
    case 'timeout':
      return 'The service did not answer in time. Check your connection and try again.';
    case 'no-capacity':
    case 'media-server-unavailable':
    case 'shutting-down':
      return 'The service is busy at the moment. Try again in a minute.';
    default:
      return error.retryable
        ? 'Something went wrong on our side. Please try again.'
        : 'You could not join this call. Load the page again and retry.';
  }
}
