import { Moon, Sun } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { changeScheme, onScheme, shownScheme } from '../scheme.ts';
import { Logo } from './logo.tsx';

/** Above every page outside of a call: whose it is, and light or dark. */
export function PageHeader() {
  const dark = useSyncExternalStore(onScheme, shownScheme) === 'dark';
  const Icon = dark ? Sun : Moon;
  return (
    <header className="mx-auto flex w-full max-w-6xl items-center justify-between px-5 py-3 sm:px-8 roomy:py-5">
      <Logo />
      <button
        type="button"
        aria-label="Dark colours"
        aria-pressed={dark}
        title={dark ? 'Light colours' : 'Dark colours'}
        onClick={changeScheme}
        className="-mr-2.5 flex size-11 cursor-pointer items-center justify-center rounded-full text-muted transition-colors hover:bg-raised hover:text-ink"
      >
        <Icon aria-hidden="true" className="size-5" />
      </button>
    </header>
  );
}
