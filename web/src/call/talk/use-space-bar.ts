import { useEffect, useEffectEvent } from 'react';

const TYPED_INTO = 'input, select, textarea, [contenteditable]';
/** What the space bar does something to by itself. */
const PRESSED = 'button, a[href], summary, [role="button"]';

/**
 * Tells when the space bar is held and let go. Not while something is typed, nor where somebody who goes from button to
 * button by keyboard presses one with it; a button that was clicked and still has the focus is passed over.
 */
export function useSpaceBar({ onDown, onUp }: { onDown: () => void; onUp: () => void }): void {
  const down = useEffectEvent(onDown);
  const up = useEffectEvent(onUp);

  useEffect(() => {
    let byKeyboard = false;
    let holding = false;
    const keyDown = (event: KeyboardEvent) => {
      if (event.key === 'Tab') byKeyboard = true;
      if (event.key !== ' ' || event.ctrlKey || event.metaKey || event.altKey) return;
      const { target } = event;
      const other =
        target instanceof Element &&
        (target.closest(TYPED_INTO) !== null || (byKeyboard && target.closest(PRESSED) !== null));
      if (other && !holding) return;
      event.preventDefault();
      if (event.repeat || holding) return;
      holding = true;
      down();
    };
    const keyUp = (event: KeyboardEvent) => {
      if (event.key !== ' ' || !holding) return;
      // Buttons are pressed when the key goes up.
      event.preventDefault();
      holding = false;
      up();
    };
    const pointed = () => {
      byKeyboard = false;
    };
    const gone = () => {
      holding = false;
    };
    window.addEventListener('keydown', keyDown);
    window.addEventListener('keyup', keyUp);
    window.addEventListener('pointerdown', pointed);
    window.addEventListener('blur', gone);
    return () => {
      window.removeEventListener('keydown', keyDown);
      window.removeEventListener('keyup', keyUp);
      window.removeEventListener('pointerdown', pointed);
      window.removeEventListener('blur', gone);
    };
  }, []);
}
