import { useEffect, useRef, useState } from 'react';

/** What may be open beside the pictures: one at a time. */
export type Panel = 'chat' | 'connection';

/** Which panel is open. What had the focus before gets it back when it closes. */
export function usePanel() {
  const [panel, setPanel] = useState<Panel | null>(null);
  const opener = useRef<Element | null>(null);

  useEffect(() => {
    if (panel !== null || opener.current === null) return;
    // It may be gone meanwhile, or have been in a menu: then it is the page's again.
    if (opener.current instanceof HTMLElement) opener.current.focus();
    opener.current = null;
  }, [panel]);

  const toggle = (wanted: Panel) => {
    if (panel === null) opener.current = document.activeElement;
    setPanel(panel === wanted ? null : wanted);
  };
  const close = () => setPanel(null);
  return { panel, toggle, close };
}
