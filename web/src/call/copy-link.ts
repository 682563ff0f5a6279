import { callPath } from '../location/address.ts';

/** The link that brings others into a call. */
export function callLink(callId: string): string {
  return new URL(callPath(callId), window.location.origin).href;
}

/** Puts the link on the clipboard. False where the browser does not allow that (pages without https, old browsers). */
export async function copyLink(callId: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(callLink(callId));
    return true;
  } catch {
    return false;
  }
}
