import { CodedError } from '@crossfade/shared/errors';

/** Why a message was not sent, in words for people. */
export function chatErrorText(error: unknown): string {
  switch (error instanceof CodedError ? error.code : 'internal') {
    case 'forbidden':
      return 'You may read here, but not write.';
    case 'rate-limited':
      return 'That was a lot at once. Wait a moment.';
    case 'validation-failed':
      return 'It is too long, or there is nothing in it to see.';
    default:
      return 'The service could not be reached.';
  }
}
