import type { ConnectionAhead } from '@crossfade/client/call';
import { useEffect, useRef, useState } from 'react';
import { loadCall } from './enter-call.ts';
import { fetchToken } from './token.ts';

/** What a person has filled in. */
export interface Filled {
  name: string;
  callId: string;
}

/** Nobody types slower than this in the middle of a word, milliseconds. */
const SETTLED_MS = 400;

/**
 * Opens the connection to the service once it is known who wants into which call, so that the button has only to join.
 * Failing is no harm: joining opens one itself, and tells what is wrong.
 */
export function useConnectionAhead(invitation: string | null) {
  const [filled, setFilled] = useState<Filled | null>(null);
  const connection = useRef<ConnectionAhead | null>(null);
  const { name, callId } = filled ?? {};

  useEffect(() => {
    if (name === undefined || callId === undefined) return;
    let over = false;
    const timer = setTimeout(() => {
      loadCall()
        .then(({ sdk }) => {
          if (over) return;
          const token = () => fetchToken(name, callId, invitation);
          connection.current = sdk.connectAhead({ url: window.location.origin, token });
        })
        .catch(() => undefined);
    }, SETTLED_MS);
    return () => {
      over = true;
      clearTimeout(timer);
      connection.current?.close();
      connection.current = null;
    };
  }, [name, callId, invitation]);

  return {
    setFilled,
    /** The connection, for one attempt to join. */
    take: (): ConnectionAhead | null => {
      const taken = connection.current;
      connection.current = null;
      return taken;
    },
  };
}
