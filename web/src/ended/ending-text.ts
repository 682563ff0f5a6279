import type { CallStatus } from '@crossfade/client/call';
import { errorText } from '../join/error-text.ts';

/** How a call ended for this person. */
export type Ending = Extract<CallStatus, { kind: 'ended' }>;

/** Why a call is over for this person, in plain words. */
export function endingText({ reason, error, message }: Ending): { title: string; text: string } {
  switch (reason) {
    case 'left':
      return {
        title: 'You left the call',
        text: 'You can come back any time.',
      };
    case 'replaced':
      return {
        title: 'You joined somewhere else',
        text: 'This call goes on in another tab or on another device of yours.',
      };
    case 'ended':
      return { title: 'The call is over', text: 'It was ended for everyone.' };
    case 'removed':
      return {
        title: 'You were removed',
        text:
          message === undefined
            ? 'A moderator has removed you from this call.'
            : `A moderator has removed you from this call: “${message}”.`,
      };
    case 'failed':
      return {
        title: 'The connection broke',
        text:
          error === undefined
            ? 'We could not bring it back. Check your connection and try again.'
            : errorText(error),
      };
  }
}
