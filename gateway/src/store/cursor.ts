/** Where a page ended: an opaque text for whoever asks for the next one. Pure. */
import { CodedError } from '@crossfade/shared/errors';
import { MOMENTS_MS } from '@crossfade/shared/gateway-api';

/** A moment, and the id that tells apart what happened in it. */
export interface Place {
  readonly at: Date;
  readonly id: string;
}

export function encodeCursor({ at, id }: Place): string {
  return Buffer.from(`${at.getTime()} ${id}`).toString('base64url');
}

/** @throws CodedError `validation-failed` */
export function decodeCursor(cursor: string): Place {
  const match = /^(\d{1,15}) ([\w-]{1,64})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!match?.[1] || !match[2] || Number(match[1]) > MOMENTS_MS.last) {
    throw new CodedError('validation-failed', 'cursor: is not one that this API gave out', {
      errors: [{ path: 'cursor', message: 'is not one that this API gave out' }],
    });
  }
  return { at: new Date(Number(match[1])), id: match[2] };
}
