import { Volume2 } from 'lucide-react';
import { Button } from '../ui/button.tsx';

/** The browser wants a touch before it plays sound. */
export function SoundGate({ onOpen }: { onOpen: () => void }) {
  return (
    <Button
      onClick={onOpen}
      className="pointer-events-auto animate-appear rounded-full! shadow-xl shadow-black/50"
    >
      <Volume2 aria-hidden="true" className="size-5" />
      Tap to hear everyone
    </Button>
  );
}
