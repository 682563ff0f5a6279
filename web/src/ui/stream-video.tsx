import { useEffect, useRef } from 'react';
import { classes } from './classes.ts';

interface StreamVideoProps {
  stream: MediaStream;
  /** The own picture: as in a mirror. */
  own?: boolean;
  className?: string;
  /** Width by height of the picture: at the first frame and when the sender turns or rescales it. */
  onAspect?: (aspect: number) => void;
}

/** Shows the picture of a stream, without its sound. It is bound once; tracks may come, go and be swapped under it without a gap. */
export function StreamVideo({ stream, own = false, className, onAspect }: StreamVideoProps) {
  const video = useRef<HTMLVideoElement>(null);

  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    const play = () => void element.play().catch(() => undefined);
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

  return (
    <video
      ref={video}
      autoPlay
      playsInline
      muted
      disablePictureInPicture={own}
      onResize={({ currentTarget: { videoWidth, videoHeight } }) => {
        if (videoHeight > 0) onAspect?.(videoWidth / videoHeight);
      }}
      className={classes('absolute inset-0 size-full', own && '-scale-x-100', className)}
    />
  );
}
