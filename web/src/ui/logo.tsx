import { classes } from './classes.ts';

/** Two curves that cross: one path fades out while the other fades in. */
export function LogoMark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={classes('size-8 shrink-0', className)}>
      <rect width="32" height="32" rx="9" className="fill-mark" />
      <g fill="none" strokeWidth="3.4" strokeLinecap="round">
        <path d="M6.5 9.5c9.5 0 9.5 13 19 13" stroke="#8fa2ff" />
        <path d="M6.5 22.5c9.5 0 9.5-13 19-13" stroke="#35d0ba" />
      </g>
    </svg>
  );
}

export function Logo() {
  return (
    <span className="inline-flex items-center gap-2.5">
      <LogoMark />
      <span className="text-lg font-semibold tracking-tight">Crossfade</span>
    </span>
  );
}
