import { X } from 'lucide-react';
import { useEffect, useEffectEvent, type ReactNode } from 'react';

interface SidePanelProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

/** Beside the pictures; on a phone over everything. Escape closes it. */
export function SidePanel({ title, onClose, children }: SidePanelProps) {
  const escape = useEffectEvent((event: KeyboardEvent) => {
    // A popup over the page is closed by the browser first.
    if (event.key !== 'Escape' || event.isComposing || document.querySelector(':popover-open')) return;
    onClose();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => escape(event);
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);

  return (
    <aside
      aria-label={title}
      className="z-40 flex w-88 shrink-0 animate-appear flex-col overflow-hidden bg-surface max-md:fixed max-md:inset-0 max-md:w-auto max-md:pt-[env(safe-area-inset-top)] max-md:pb-[env(safe-area-inset-bottom)] md:mr-3 md:rounded-2xl md:border md:border-line lg:w-96"
    >
      <header className="flex h-14 shrink-0 items-center border-b border-line pr-2 pl-4">
        <h2 className="min-w-0 grow truncate font-semibold tracking-tight">{title}</h2>
        <button
          type="button"
          aria-label={`Close ${title.toLowerCase()}`}
          onClick={onClose}
          className="flex size-11 cursor-pointer items-center justify-center rounded-full text-muted transition-colors hover:bg-raised hover:text-ink"
        >
          <X aria-hidden="true" className="size-5" />
        </button>
      </header>
      {children}
    </aside>
  );
}
