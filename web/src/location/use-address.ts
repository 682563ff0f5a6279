import { useCallback, useEffect, useState } from 'react';

interface Address {
  /** Follows `navigate` and the browser's back and forward. */
  readonly address: URL;
  /** Goes to another address of this app without loading the page; `replace` leaves no way back to the present one. */
  readonly navigate: (path: string, options?: { replace: boolean }) => void;
}

export function useAddress(): Address {
  const [href, setHref] = useState(window.location.href);
  const follow = useCallback(() => setHref(window.location.href), []);

  useEffect(() => {
    window.addEventListener('popstate', follow);
    return () => window.removeEventListener('popstate', follow);
  }, [follow]);

  const navigate = useCallback(
    (path: string, { replace } = { replace: false }) => {
      if (replace) window.history.replaceState(null, '', path);
      else window.history.pushState(null, '', path);
      follow();
    },
    [follow],
  );
  return { address: new URL(href), navigate };
}
