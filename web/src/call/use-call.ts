import type { Call, CallSnapshot } from '@crossfade/client/call';
import { useSyncExternalStore } from 'react';

/** What is shown of a call; renders again on every change. */
export function useCall(call: Call): CallSnapshot {
  return useSyncExternalStore(
    (listener) => call.subscribe(listener),
    () => call.snapshot,
  );
}
