import { listDevices, type DeviceInfo, type LocalMedia } from '@crossfade/client/local-media';
import { useEffect, useState } from 'react';

interface DeviceList {
  readonly microphones: readonly DeviceInfo[];
  readonly cameras: readonly DeviceInfo[];
}

/** The devices there are. Read again when one comes or goes, and with `media`: labels appear once a device is open. */
export function useDeviceList(media: LocalMedia | null): DeviceList {
  const [devices, setDevices] = useState<DeviceList>({ microphones: [], cameras: [] });

  useEffect(() => {
    // Absent on pages that are neither https nor localhost, whatever the type says.
    const source: MediaDevices | undefined = navigator.mediaDevices;
    let over = false;
    const read = () => {
      void listDevices().then((list) => {
        if (!over) setDevices(list);
      });
    };
    read();
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
    source?.addEventListener('devicechange', read);
    return () => {
      over = true;
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
      source?.removeEventListener('devicechange', read);
    };
  }, [media]);

  return devices;
}
