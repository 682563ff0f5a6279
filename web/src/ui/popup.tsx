import { useState, type ReactNode, type Ref } from 'react';
import { classes } from './classes.ts';

interface PopupProps {
  /** What a button names as its `popoverTarget`. */
  id: string;
  label: string;
  /** Where it appears. */
  className: string;
  ref?: Ref<HTMLDivElement>;
  children: ReactNode;
}

/** A small panel over the page. The browser opens it, closes it at Escape or a click elsewhere, and keeps the focus. */
export function Popup({ id, label, className, ref, children }: PopupProps) {
  const [open, setOpen] = useState(false);
  return (
    <div
      ref={ref}
      id={id}
      popover="auto"
      role="dialog"
      aria-label={label}
      onToggle={(event) => setOpen(event.newState === 'open')}
      className={classes(
        'inset-auto max-h-[70dvh] overflow-y-auto rounded-2xl border border-line bg-surface p-5 text-ink shadow-2xl shadow-black/60',
        className,
      )}
    >
      {open && children}
    </div>
  );
}
