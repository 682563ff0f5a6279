import { callIdSchema } from '@crossfade/shared/ids';

/** What an address asks this app for. */
export type Destination =
  | { kind: 'start' }
  | { kind: 'call'; callId: string }
  /** It should name a call, but what it holds cannot be the name of one. */
  | { kind: 'damaged'; text: string }
  | { kind: 'unknown' };

/** Where an address leads; a call is `/call/<id>` or `/?call=<id>`. */
export function destinationOf(address: URL): Destination {
  const path = /^\/call\/([^/]+)\/?$/.exec(address.pathname)?.[1];
  if (path === undefined && !['/', '/index.html'].includes(address.pathname)) return { kind: 'unknown' };
  const text = path === undefined ? address.searchParams.get('call') : decode(path);
  if (text === null || text === '') return { kind: 'start' };
  const { data: callId } = callIdSchema.safeParse(text);
  return callId === undefined ? { kind: 'damaged', text } : { kind: 'call', callId };
}

/** The call an address of this app names, or null. */
export function callOfAddress(address: URL): string | null {
  const destination = destinationOf(address);
  return destination.kind === 'call' ? destination.callId : null;
}

/** Where a call lives in this app. */
export function callPath(callId: string): string {
  return `/call/${encodeURIComponent(callId)}`;
}

/**
 * What a person may have put into the "Call" field: an id, a link to a call, or words. A link that leads elsewhere stays as it
 * is, and is no valid id.
 * @param here an address of this app
 */
export function callOfInput(input: string, here: URL): string {
  const text = input.trim();
  // As the app shows it: without its scheme.
  const address = URL.parse(text.startsWith(`${here.host}/`) ? `${here.protocol}//${text}` : text);
  const linked = address?.host === here.host ? callOfAddress(address) : null;
  return linked ?? text.replaceAll(/\s+/g, '-');
}

/** What cannot be decoded stays as it came; it is no valid id then, and can be shown. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
