import type { LocalMedia } from '@crossfade/client/local-media';
import { AudioLines } from 'lucide-react';
import type { ReactNode } from 'react';
import { CameraToggle, MicrophoneToggle } from '../devices/device-toggles.tsx';
import { MicrophoneMeter } from '../devices/microphone-meter.tsx';
import { useMedia } from '../devices/use-media.ts';
import { classes } from '../ui/classes.ts';
import { StreamVideo } from '../ui/stream-video.tsx';
import { DeviceProblems } from './device-problems.tsx';

interface PreviewProps {
  media: LocalMedia | null;
  onGoWithout: () => void;
  onTryAgain: () => void;
}

/** How one will be seen and heard, and whether one comes in muted or unseen. */
export function Preview({ media, onGoWithout, onTryAgain }: PreviewProps) {
  const { audio, video } = useMedia(media);
  const problems = media?.problems ?? [];
  const microphone = media?.track('audio') ?? null;
  const camera = media?.track('video') ?? null;
  return (
    <div
      className={classes(
        // What is wrong needs more room than a picture.
        problems.length === 0 && 'max-h-[max(9rem,28dvh)]',
        'over-picture relative aspect-4/3 w-full overflow-hidden rounded-2xl bg-surface text-ink shadow-xl shadow-black/10 sm:aspect-video md:max-h-[max(11rem,60dvh)]',
      )}
    >
      {media !== null && video && <StreamVideo stream={media.stream} own className="object-cover" />}
      {media === null && <Waiting onGoWithout={onGoWithout} />}
      {media !== null && !video && problems.length === 0 && (
        <Centred>{camera === null ? 'You join without a camera' : 'Your camera is off'}</Centred>
      )}
      <DeviceProblems problems={problems} onTryAgain={onTryAgain} />
      {/* Nothing to switch: its room is for the reason. */}
      {(microphone !== null || camera !== null) && (
        <div className="absolute inset-x-0 bottom-0 flex items-center justify-center gap-3 bg-linear-to-t from-black/60 to-transparent p-4 pt-10">
          {microphone !== null && audio && (
            <div className="absolute left-3 flex items-center gap-1.5 rounded-full bg-black/50 px-2.5 py-1.5">
              <AudioLines aria-hidden="true" className="size-4" />
              <MicrophoneMeter track={microphone} />
            </div>
          )}
          <MicrophoneToggle
            on={audio}
            hint={audio ? 'Join muted' : 'Join with your microphone on'}
            disabled={microphone === null}
            onToggle={() => media?.setMicrophone(!audio)}
          />
          <CameraToggle
            on={video}
            hint={video ? 'Join with your camera off' : 'Join with your camera on'}
            disabled={camera === null}
            onToggle={() => media?.setCamera(!video)}
          />
        </div>
      )}
    </div>
  );
}

function Waiting({ onGoWithout }: { onGoWithout: () => void }) {
  return (
    <Centred>
      <span className="block text-pretty">Your browser asks for your camera and microphone.</span>
      <button
        type="button"
        onClick={onGoWithout}
        className="mt-1 min-h-11 cursor-pointer rounded-md px-2 underline underline-offset-4 hover:text-ink"
      >
        Go on without
      </button>
    </Centred>
  );
}

function Centred({ children }: { children: ReactNode }) {
  return (
    <div className="absolute inset-0 flex animate-appear flex-col items-center justify-center px-6 text-center text-muted">
      {children}
    </div>
  );
}
