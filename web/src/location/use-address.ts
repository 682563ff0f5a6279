import { useCallback, useEffect, useState } from 'react';

interface Address {
  /** Follows `navigate` and the browser's back and forward. */
  readonly address: URL;
  /** Goes to another address of this app without loading the page. */
  readonly navigate: (path: string) => void;
}

export function useAddress(): Address {
  const [href, setHref] = useState(window.location.href);
  const follow = useCallback(() => setHref(window.location.href), []);

  useEffect(() => {
    window.addEventListener('popstate', follow);
    return () => window.removeEventListener('popstate', follow);
  }, [follow]);

  const navigate = useCallback(
    (path: string) => {
      const { pathname, search } = window.location;
      if (path !== pathname + search) window.history.pushState(null, '', path);
      follow();
    },
    [follow],
  );
  return { address: new URL(href), navigate };
}
