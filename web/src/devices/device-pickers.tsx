import type { LocalMedia } from '@crossfade/client/local-media';
import { ChevronDown } from 'lucide-react';
import { useId } from 'react';
import { useDeviceList } from './use-device-list.ts';
import { useMedia } from './use-media.ts';

interface DevicePickersProps {
  media: LocalMedia | null;
}

/** Which microphone and which camera are used. */
export function DevicePickers({ media }: DevicePickersProps) {
  const { microphones, cameras } = useDeviceList(media);
  useMedia(media);
  return (
    <>
      <DevicePicker label="Microphone" kind="audio" devices={microphones} media={media} />
      <DevicePicker label="Camera" kind="video" devices={cameras} media={media} />
    </>
  );
}

interface DevicePickerProps {
  label: string;
  kind: 'audio' | 'video';
  devices: readonly { deviceId: string; label: string }[];
  media: LocalMedia | null;
}

function DevicePicker({ label, kind, devices, media }: DevicePickerProps) {
  const id = useId();
  const inUse = media?.track(kind)?.getSettings().deviceId ?? '';
  const pick = (deviceId: string) => {
    // A device that cannot be opened shows up among the problems of `media`.
    media?.switchDevice(kind, deviceId).catch(() => undefined);
  };
  return (
    <div className="min-w-0 grow basis-0">
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium text-muted">
        {label}
      </label>
      <div className="relative">
        <select
          id={id}
          value={inUse}
          disabled={media === null || devices.length === 0}
          onChange={(event) => pick(event.target.value)}
          className="h-11 w-full cursor-pointer appearance-none truncate rounded-xl border border-field bg-surface pr-9 pl-3.5 text-ink disabled:cursor-default disabled:text-muted"
        >
          {inUse === '' && <option value="">{emptyChoice(media, devices.length)}</option>}
          {devices.map((device, index) => (
            <option key={device.deviceId} value={device.deviceId}>
              {device.label === '' ? `${label} ${index + 1}` : device.label}
            </option>
          ))}
        </select>
        <ChevronDown
          aria-hidden="true"
          className="pointer-events-none absolute top-1/2 right-3 size-4 -translate-y-1/2 text-muted"
        />
      </div>
    </div>
  );
}

/** What the picker shows while no device of its kind is in use. */
function emptyChoice(media: LocalMedia | null, devices: number): string {
  if (media === null) return '…';
  return devices === 0 ? 'Not available' : 'Not in use';
}
