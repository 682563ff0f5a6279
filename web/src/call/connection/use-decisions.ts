import type { Call, Decision } from '@crossfade/client/call';
import { useEffect, useState } from 'react';

export type Decisions =
  { kind: 'reading' } | { kind: 'there'; decisions: readonly Decision[] } | { kind: 'unknown' };

/**
 * What the gateway has decided, newest first; for a component that is only there while it is looked at.
 * @param sign read again whenever this is another one
 */
export function useDecisions(call: Call, sign: string): Decisions {
  const [decisions, setDecisions] = useState<Decisions>({ kind: 'reading' });
  useEffect(() => {
    let over = false;
    call.decisions().then(
      (read) => {
        if (!over) setDecisions({ kind: 'there', decisions: read.toReversed() });
      },
      () => {
        if (!over) setDecisions((known) => (known.kind === 'there' ? known : { kind: 'unknown' }));
      },
    );
    return () => {
      over = true;
    };
  }, [call, sign]);
  return decisions;
}
