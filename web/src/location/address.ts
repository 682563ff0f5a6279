import { callIdSchema } from '@crossfade/shared/ids';

/** The call an address of this app names, or null: `/call/<id>` and `/?call=<id>`. */
export function callOfAddress(address: URL): string | null {
  const path = /^\/call\/([^/]+)\/?$/.exec(address.pathname)?.[1];
  const id = path === undefined ? address.searchParams.get('call') : decode(path);
  return callIdSchema.safeParse(id).data ?? null;
}

/** Where a call lives in this app. */
export function callPath(callId: string): string {
  // Browsers take these two segments for directories.
  if (callId === '.' || callId === '..') return `/?call=${callId}`;
  return `/call/${encodeURIComponent(callId)}`;
}

/** What a person may have put into the "Call" field: an id, a link to a call, or words. */
export function callOfInput(input: string): string {
  const text = input.trim();
  const address = URL.parse(text);
  const linked = address?.protocol.startsWith('http') === true ? callOfAddress(address) : null;
  return linked ?? text.replaceAll(/\s+/g, '-');
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
