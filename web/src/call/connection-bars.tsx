import type { Quality } from '@crossfade/client/call';
import { classes } from '../ui/classes.ts';

const BARS = [1, 2, 3, 4] as const;

/** How good a connection is, as on a telephone. */
export function ConnectionBars({ bars }: { bars: Quality['bars'] }) {
  const poor = bars <= 1;
  return (
    <svg
      role="img"
      aria-label={`Connection: ${connectionText(bars)}`}
      viewBox="0 0 16 12"
      className={classes('h-[0.8em] shrink-0', poor ? 'text-danger' : 'text-white')}
    >
      {BARS.map((bar) => (
        <rect
          key={bar}
          x={(bar - 1) * 4}
          y={12 - bar * 3}
          width={3}
          height={bar * 3}
          rx={1}
          fill="currentColor"
          opacity={bar <= bars ? 1 : 0.3}
        />
      ))}
    </svg>
  );
}

function connectionText(bars: Quality['bars']): string {
  if (bars === 4) return 'very good';
  if (bars === 3) return 'good';
  return bars === 2 ? 'fair' : 'poor';
}
