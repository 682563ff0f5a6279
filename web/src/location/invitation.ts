const KEY = 'crossfade.invitation';

/** The token an embedding product or an invitation put behind the `#` of the address. */
export function tokenOfFragment(fragment: string): string | null {
  const token = new URLSearchParams(fragment.replace(/^#/, '')).get('token');
  return token === null || token === '' ? null : token;
}

/**
 * The token this page was opened with. It is taken out of the address, so that nobody shares it with the link, and kept
 * for this tab, so that a reload still has it.
 */
export function takeInvitation(): string | null {
  const { hash, pathname, search } = window.location;
  const token = tokenOfFragment(hash);
  try {
    if (token === null) return window.sessionStorage.getItem(KEY);
    window.sessionStorage.setItem(KEY, token);
  } catch {
    // Storage may be off; the token then lasts until the next load.
  }
  if (token !== null) window.history.replaceState(null, '', pathname + search);
  return token;
}
