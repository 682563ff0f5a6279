import { callIdSchema } from '@crossfade/shared/ids';

const MAX_LENGTH = 128;

/** Why this cannot be the id of a call, as a sentence; null where it can. */
export function callError(callId: string): string | null {
  if (callIdSchema.safeParse(callId).success) return null;
  if (callId === '') return 'Enter the call’s name.';
  if (!/^[\w.:-]+$/.test(callId)) return 'Only the letters a to z, digits and - . _ : please.';
  return `At most ${MAX_LENGTH} characters.`;
}
