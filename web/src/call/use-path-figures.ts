import type { Call, PathStats } from '@crossfade/client/call';
import { useEffect, useState } from 'react';
import { pathFigures, type PathFigures } from './path-figures.ts';

const EVERY_MS = 1_000;

/** How everyone is received, read again every second; for a component that is only there while it is looked at. */
export function usePathFigures(call: Call): readonly PathFigures[] {
  const [figures, setFigures] = useState<readonly PathFigures[]>([]);

  useEffect(() => {
    let before: PathStats | null = null;
    let over = false;
    const read = () => {
      call.stats().then(
        (stats) => {
          if (over) return;
          setFigures(pathFigures(before, stats));
          before = stats;
        },
        // The call may just have ended.
        () => undefined,
      );
    };
    read();
    const timer = setInterval(read, EVERY_MS);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [call]);

  return figures;
}
