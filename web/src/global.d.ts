import type { Call } from '@crossfade/client/call';

declare global {
  interface Window {
    /** The call this page is in: for support and tests. */
    crossfade?: { call: Call };
  }
}
