/** Light or dark: as the system has it, unless somebody chose the other one here. */
const KEY = 'crossfade.scheme';

export type Scheme = 'light' | 'dark';

const system = () => window.matchMedia('(prefers-color-scheme: dark)');

function chosen(): Scheme | null {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === 'light' || stored === 'dark' ? stored : null;
  } catch {
    // The browser keeps nothing for this page.
    return null;
  }
}

export function shownScheme(): Scheme {
  const shown = document.documentElement.dataset['scheme'];
  if (shown === 'light' || shown === 'dark') return shown;
  return system().matches ? 'dark' : 'light';
}

/** Before the first picture of the page. */
export function restoreScheme(): void {
  const scheme = chosen();
  if (scheme === null) return;
  document.documentElement.dataset['scheme'] = scheme;
  tintBars(scheme);
}

/** The browser's own bars go with the page. */
function tintBars(scheme: Scheme | null): void {
  for (const kind of ['light', 'dark']) {
    const bar = document.querySelector<HTMLMetaElement>(`meta[name="theme-color"][data-of="${kind}"]`);
    const asSystem = `(prefers-color-scheme: ${kind})`;
    bar?.setAttribute('media', scheme === null ? asSystem : kind === scheme ? 'all' : 'not all');
  }
}

/** The other one from now on; what the system has too is not kept, so that the page follows it again. */
export function changeScheme(): void {
  const scheme = shownScheme() === 'dark' ? 'light' : 'dark';
  const asSystem = system().matches === (scheme === 'dark');
  const root = document.documentElement;
  if (asSystem) delete root.dataset['scheme'];
  else root.dataset['scheme'] = scheme;
  tintBars(asSystem ? null : scheme);
  try {
    if (asSystem) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, scheme);
  } catch {
    // It holds until the page is loaded again.
  }
}

/** Calls back whenever another scheme may be shown. */
export function onScheme(listener: () => void): () => void {
  const query = system();
  const observer = new MutationObserver(listener);
  query.addEventListener('change', listener);
  observer.observe(document.documentElement, { attributeFilter: ['data-scheme'] });
  return () => {
    query.removeEventListener('change', listener);
    observer.disconnect();
  };
}
