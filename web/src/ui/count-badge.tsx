import { classes } from './classes.ts';

interface CountBadgeProps {
  number: number;
  className?: string;
}

/** A small number for the eye, such as how many messages are unread; what it counts has to be told besides. */
export function CountBadge({ number, className }: CountBadgeProps) {
  return (
    <span
      aria-hidden="true"
      className={classes(
        'flex h-5 min-w-5 items-center justify-center rounded-full bg-accent px-1 text-xs font-semibold text-on-accent tabular-nums',
        className,
      )}
    >
      {number > 99 ? '99+' : number}
    </span>
  );
}
