import { callIdSchema } from '@crossfade/shared/ids';

const MAX_LENGTH = 128;

/** Why this cannot be the id of a call, as a sentence; null where it can. */
export function callError(callId: string): string | null {
  if (callIdSchema.safeParse(callId).success) return null;
  if (callId === '') return 'Enter the call’s name.';
  if (/^https?:\/\//i.test(callId)) return 'This link does not lead to a call here.';
  if (!/^[\w.:-]+$/.test(callId)) return 'Only the letters a to z, digits and - . _ : please.';
  if (callId.length <= MAX_LENGTH) return 'A call needs more of a name than dots.';
  return `At most ${MAX_LENGTH} characters.`;
}
