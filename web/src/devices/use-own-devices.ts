import { openLocalMedia, type LocalMedia, type LocalMediaOptions } from '@crossfade/client/local-media';
import { useEffect, useRef, useState } from 'react';

/** The own camera and microphone while a page is shown. They are closed with the page, unless handed over. */
export function useOwnDevices() {
  const [media, setMedia] = useState<LocalMedia | null>(null);
  // A new object opens the devices anew.
  const [options, setOptions] = useState<LocalMediaOptions>({});
  const handedOver = useRef<LocalMedia | null>(null);

  useEffect(() => {
    let opened: LocalMedia | null = null;
    let over = false;
    void openLocalMedia(options).then((fresh) => {
      if (over) {
        fresh.close();
        return;
      }
      opened = fresh;
      setMedia(fresh);
    });
    return () => {
      over = true;
      if (opened !== null && opened !== handedOver.current) opened.close();
      setMedia(null);
    };
  }, [options]);

  return {
    /** Null until the browser and the person have answered. */
    media,
    tryAgain: () => setOptions({}),
    /** Gives up waiting for the devices: an empty media object, to watch and listen with. */
    goWithout: () => setOptions({ audio: false, video: false }),
    /** From here on they belong to the call. */
    handOver: (to: LocalMedia) => {
      handedOver.current = to;
    },
  };
}
