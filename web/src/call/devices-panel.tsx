import type { LocalMedia } from '@crossfade/client/local-media';
import { DevicePickers } from '../devices/device-pickers.tsx';
import { problemTexts } from '../devices/problem-text.ts';
import { useMedia } from '../devices/use-media.ts';

/** Another microphone or camera during the call, and why one does not work. */
export function DevicesPanel({ media }: { media: LocalMedia }) {
  useMedia(media);
  return (
    <div className="flex flex-col gap-4">
      <DevicePickers media={media} />
      {problemTexts(media.problems).map((text) => (
        <p key={text} className="text-sm text-on-notice">
          {text}
        </p>
      ))}
    </div>
  );
}
