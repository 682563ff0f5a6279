import { Mic, MicOff, Video, VideoOff } from 'lucide-react';
import { RoundButton } from '../ui/round-button.tsx';

interface ToggleProps {
  on: boolean;
  hint: string;
  disabled?: boolean;
  onToggle: () => void;
}

/** Pressed while one can be heard. */
export function MicrophoneToggle({ on, onToggle, ...rest }: ToggleProps) {
  return (
    <RoundButton
      label="Microphone"
      icon={on ? Mic : MicOff}
      look={on ? 'plain' : 'bright'}
      aria-pressed={on}
      onClick={onToggle}
      {...rest}
    />
  );
}

/** Pressed while one can be seen. */
export function CameraToggle({ on, onToggle, ...rest }: ToggleProps) {
  return (
    <RoundButton
      label="Camera"
      icon={on ? Video : VideoOff}
      look={on ? 'plain' : 'bright'}
      aria-pressed={on}
      onClick={onToggle}
      {...rest}
    />
  );
}
