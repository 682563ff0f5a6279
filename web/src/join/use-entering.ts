import { useEffect, useRef, useState } from 'react';
import { enterCall, type Entered, type Entry } from './enter-call.ts';
import { errorText } from './error-text.ts';

type Entering = { kind: 'idle' } | { kind: 'joining' } | { kind: 'failed'; text: string };

/** Joining, with its progress for the page: under way, or why it failed. */
export function useEntering() {
  const [entering, setEntering] = useState<Entering>({ kind: 'idle' });
  const gone = useRef(false);
  const isGone = () => gone.current;

  useEffect(() => {
    gone.current = false;
    return () => {
      gone.current = true;
    };
  }, []);

  /** The call, or null when it could not be joined. */
  const enter = async (entry: Entry): Promise<Entered | null> => {
    if (isGone()) return null;
    setEntering({ kind: 'joining' });
    try {
      const entered = await enterCall(entry);
      if (!isGone()) return entered;
      // The page was left meanwhile; nobody would show this call.
      void entered.call.leave();
      return null;
    } catch (error) {
      console.warn('Joining failed.', error);
      setEntering({ kind: 'failed', text: errorText(error) });
      return null;
    }
  };
  return { entering, enter };
}
