import type { Call, FloorView } from '@crossfade/client/call';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { FloorWish } from './floor-wish.ts';
import { floorErrorText, refusalText } from './talk-view.ts';

export interface Talk {
  readonly held: boolean;
  /** Why one does not speak although one wants to, as a sentence. */
  readonly trouble: string | null;
  /** When one's turn ends, on the page's monotonic clock, milliseconds; null: not known. */
  readonly endsAt: number | null;
  readonly hold: () => void;
  readonly letGo: () => void;
}

/** How long it is told what went wrong, once the button is let go, milliseconds. */
const TOLD_FOR_MS = 6_000;

/** Push-to-talk: the floor is asked for as long as something is held. */
export function useTalk(call: Call, floor: FloorView): Talk {
  const [held, setHeld] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [endsAt, setEndsAt] = useState<number | null>(null);
  const wish = useRef<FloorWish | null>(null);

  useEffect(() => {
    const asked = new FloorWish(call.floor, (error) => setTrouble(floorErrorText(error)));
    wish.current = asked;
    const stop = call.floor.subscribe((event) => {
      if (event.kind === 'granted') {
        setTrouble(null);
        setEndsAt(performance.now() + event.remainingMs);
      } else if (event.kind === 'denied' || event.kind === 'revoked') setTrouble(refusalText(event));
    });
    return () => {
      stop();
      asked.close();
    };
  }, [call]);

  const { self } = floor;
  useEffect(() => {
    if (self !== 'listening') wish.current?.standing();
  }, [self]);

  useEffect(() => {
    if (trouble === null || held) return undefined;
    const timer = setTimeout(() => setTrouble(null), TOLD_FOR_MS);
    return () => clearTimeout(timer);
  }, [trouble, held]);

  const hold = () => {
    if (held) return;
    setHeld(true);
    setTrouble(null);
    setEndsAt(null);
    if (!call.snapshot.local.media.audio) call.setMicrophone(true);
    wish.current?.want(true);
  };
  const letGo = () => {
    setHeld(false);
    wish.current?.want(false);
  };

  // Who looks at something else is not aware of being heard.
  const away = useEffectEvent(letGo);
  useEffect(() => {
    const blurred = () => away();
    const hidden = () => {
      if (document.visibilityState === 'hidden') away();
    };
    window.addEventListener('blur', blurred);
    document.addEventListener('visibilitychange', hidden);
    return () => {
      window.removeEventListener('blur', blurred);
      document.removeEventListener('visibilitychange', hidden);
    };
  }, []);

  return { held, trouble, endsAt, hold, letGo };
}
