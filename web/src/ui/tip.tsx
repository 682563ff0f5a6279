import type { ReactNode } from 'react';

interface TipProps {
  text: string;
  shortcut?: string | undefined;
  children: ReactNode;
}

/** Tells sighted people what a button does, above it, on hover and keyboard focus. The button carries its own label. */
export function Tip({ text, shortcut, children }: TipProps) {
  return (
    <span className="group/tip relative inline-flex">
      {children}
      <span
        aria-hidden="true"
        data-tip
        className="pointer-events-none absolute bottom-full left-1/2 z-20 mb-2.5 -translate-x-1/2 rounded-lg bg-ink px-2.5 py-1.5 text-sm whitespace-nowrap text-canvas opacity-0 transition-opacity delay-200 group-has-hover/tip:opacity-100 group-has-focus-visible/tip:opacity-100 pointer-coarse:hidden"
      >
        {text}
        {shortcut !== undefined && (
          <kbd className="ml-2 rounded bg-canvas/15 px-1.5 font-sans text-xs">{shortcut}</kbd>
        )}
      </span>
    </span>
  );
}
