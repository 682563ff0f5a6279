import { ChevronLeft, ChevronRight, type LucideIcon } from 'lucide-react';
import { classes } from '../ui/classes.ts';
import { PAGER_HEIGHT } from './arrangement.ts';

interface PagerProps {
  pages: number;
  /** From 0. */
  page: number;
  onTurn: (page: number) => void;
}

/** More dots than that are told in figures. */
const MOST_DOTS = 8;

/** Turns the pages of the people in a call. */
export function Pager({ pages, page, onTurn }: PagerProps) {
  return (
    <nav
      aria-label="Pages"
      style={{ height: PAGER_HEIGHT }}
      className="absolute inset-x-0 bottom-0 z-10 flex items-center justify-center gap-1"
    >
      <Turn
        label="Previous page"
        shortcut="PageUp"
        icon={ChevronLeft}
        to={page - 1}
        pages={pages}
        onTurn={onTurn}
      />
      {pages > MOST_DOTS ? (
        <p className="px-2 text-sm text-muted tabular-nums">
          Page {page + 1} of {pages}
        </p>
      ) : (
        Array.from({ length: pages }, (_, index) => (
          <button
            key={index}
            type="button"
            aria-label={`Page ${String(index + 1)} of ${String(pages)}`}
            aria-current={index === page ? 'page' : undefined}
            onClick={() => onTurn(index)}
            className="group/dot flex size-6 cursor-pointer items-center justify-center rounded-full"
          >
            <span
              className={classes(
                'h-2 rounded-full transition-[width,background-color]',
                index === page ? 'w-5 bg-ink' : 'w-2 bg-field group-hover/dot:bg-ink',
              )}
            />
          </button>
        ))
      )}
      <Turn
        label="Next page"
        shortcut="PageDown"
        icon={ChevronRight}
        to={page + 1}
        pages={pages}
        onTurn={onTurn}
      />
    </nav>
  );
}

interface TurnProps {
  label: string;
  shortcut: string;
  icon: LucideIcon;
  to: number;
  pages: number;
  onTurn: (page: number) => void;
}

function Turn({ label, shortcut, icon: Icon, to, pages, onTurn }: TurnProps) {
  const possible = to >= 0 && to < pages;
  return (
    <button
      type="button"
      aria-label={label}
      aria-keyshortcuts={shortcut}
      // Not `disabled`: the focus would be lost on the last page.
      aria-disabled={!possible}
      onClick={() => {
        if (possible) onTurn(to);
      }}
      className={classes(
        'flex size-9 items-center justify-center rounded-full text-ink transition-colors',
        possible ? 'cursor-pointer hover:bg-raised' : 'opacity-35',
      )}
    >
      <Icon aria-hidden="true" className="size-5" />
    </button>
  );
}
