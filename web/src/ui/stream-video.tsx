import { useEffect, useEffectEvent, useRef } from 'react';
import { classes } from './classes.ts';

interface StreamVideoProps {
  stream: MediaStream;
  /** The own picture: silent, and as in a mirror. */
  own?: boolean;
  className?: string;
  /** The browser plays sound only after a touch; the picture runs without sound meanwhile. */
  onSoundBlocked?: () => void;
  /** Width by height of the picture: at the first frame and when the sender turns or rescales it. */
  onAspect?: (aspect: number) => void;
}

/** Plays a stream. It is bound once; tracks may come, go and be swapped under it without a gap. */
export function StreamVideo({ stream, own = false, className, onSoundBlocked, onAspect }: StreamVideoProps) {
  const video = useRef<HTMLVideoElement>(null);
  const tellSoundBlocked = useEffectEvent(() => onSoundBlocked?.());

  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    const play = () => {
      element.play().catch((error: unknown) => {
        if (own || !(error instanceof DOMException) || error.name !== 'NotAllowedError') return;
        element.muted = true;
        element.play().catch(() => undefined);
        tellSoundBlocked();
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
  }, [stream, own]);

  return (
    <video
      ref={video}
      autoPlay
      playsInline
      muted={own}
      disablePictureInPicture={own}
      onResize={({ currentTarget: { videoWidth, videoHeight } }) => {
        if (videoHeight > 0) onAspect?.(videoWidth / videoHeight);
      }}
      className={classes('absolute inset-0 size-full', own && '-scale-x-100', className)}
    />
  );
}
