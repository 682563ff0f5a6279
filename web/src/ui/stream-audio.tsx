import { useEffect, useEffectEvent, useRef } from 'react';

interface StreamAudioProps {
  stream: MediaStream;
  /** The browser plays sound only after a touch. */
  onBlocked: () => void;
}

/** Plays the sound of a stream. It is bound once; tracks may come, go and be swapped under it. */
export function StreamAudio({ stream, onBlocked }: StreamAudioProps) {
  const audio = useRef<HTMLAudioElement>(null);
  const tellBlocked = useEffectEvent(onBlocked);

  useEffect(() => {
    const element = audio.current;
    if (element === null) return;
    const play = () => {
      element.play().catch((error: unknown) => {
        if (error instanceof DOMException && error.name === 'NotAllowedError') tellBlocked();
      });
    };
    // Some systems pause for a phone call or when devices change; nobody pauses a call on purpose.
    const goOn = () => {
      if (element.isConnected && element.srcObject !== null) play();
    };
    element.srcObject = stream;
    play();
    element.addEventListener('pause', goOn);
    return () => {
      element.removeEventListener('pause', goOn);
      element.srcObject = null;
    };
  }, [stream]);

  return <audio ref={audio} autoPlay />;
}
