import { MonitorUp } from 'lucide-react';
import { StreamVideo } from '../ui/stream-video.tsx';
import type { Place } from './tile-layout.ts';

interface ScreenTileProps {
  place: Place;
  participantId: string;
  /** Whose screen it is. */
  name: string;
  stream: MediaStream;
  onSoundBlocked: () => void;
}

/** What somebody shares of their screen: whole, never cropped. */
export function ScreenTile({ place, participantId, name, stream, onSoundBlocked }: ScreenTileProps) {
  return (
    <article
      aria-label={`${name}’s screen`}
      data-screen-of={participantId}
      style={{
        width: place.width,
        height: place.height,
        transform: `translate(${place.x}px, ${place.y}px)`,
      }}
      className="absolute top-0 left-0 animate-appear overflow-hidden rounded-2xl bg-surface transition-[transform,width,height] duration-300 ease-out"
    >
      <StreamVideo stream={stream} onSoundBlocked={onSoundBlocked} className="object-contain" />
      <p className="absolute bottom-0 left-0 flex max-w-full items-center gap-1.5 rounded-tr-xl bg-black/60 px-3 py-1.5 text-sm text-white">
        <MonitorUp aria-hidden="true" className="size-[1.1em] shrink-0" />
        <span className="truncate">{name}’s screen</span>
      </p>
    </article>
  );
}
