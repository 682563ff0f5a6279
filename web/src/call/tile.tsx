import type { Call, Quality, RemoteTrouble, VideoSource } from '@crossfade/client/call';
import { showIn } from '@crossfade/client/view-of-element';
import { MicOff, Pin } from 'lucide-react';
import { useEffect, useRef, useState, type CSSProperties, type ReactNode } from 'react';
import { classes } from '../ui/classes.ts';
import { StreamVideo } from '../ui/stream-video.tsx';
import { ConnectionBars } from './connection-bars.tsx';
import { TROUBLE_TEXTS } from './reconnecting-text.ts';
import { hueOf, initials } from './person.ts';
import { fitPicture, type Place } from './tile-layout.ts';

interface TileProps {
  call: Pick<Call, 'setView'>;
  place: Place;
  /** Absent for what is one's own. */
  participantId?: string | undefined;
  source: VideoSource;
  name: string;
  stream: MediaStream;
  hasSound: boolean;
  hasPicture: boolean;
  /** Over a larger tile, in its corner. */
  floating?: boolean;
  /** Whether this person is the one who speaks. */
  speaks?: boolean;
  /** How good this person's connection is; null: not known, or one's own. */
  quality?: Quality | null | undefined;
  /** What is wrong with this person's connection, if anything. */
  trouble?: RemoteTrouble | null;
  /** How it is held in the large place, or let go of; null: there is no such place. */
  pin: { pinned: boolean; change: () => void } | null;
  children?: ReactNode;
}

/** One person, or one screen: picture or initials, name, and whether they can be heard. */
export function Tile(props: TileProps) {
  const { call, place, participantId, source, name, stream, hasSound, hasPicture, pin } = props;
  const { floating = false, speaks = false, quality = null, trouble = null, children } = props;
  const [aspect, setAspect] = useState<number | null>(null);
  const article = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = article.current;
    if (element === null || participantId === undefined) return undefined;
    return showIn(element, call, participantId, source);
  }, [call, participantId, source]);
  const screen = source === 'screen';
  const own = participantId === undefined && !screen;
  const showsPicture = hasPicture && aspect !== null;
  const small = place.width < 200;
  return (
    <article
      ref={article}
      aria-label={own ? 'You' : name}
      data-speaks={speaks || undefined}
      data-participant-id={screen ? undefined : participantId}
      data-screen-of={screen ? participantId : undefined}
      style={{
        width: place.width,
        height: place.height,
        transform: `translate(${place.x}px, ${place.y}px)`,
      }}
      className={classes(
        'over-picture group/tile absolute top-0 left-0 animate-appear overflow-hidden bg-surface text-ink transition-[transform,width,height] duration-300 ease-out',
        floating ? 'z-10 rounded-xl shadow-lg ring-1 shadow-black/40 ring-white/15' : 'rounded-2xl',
      )}
    >
      <StreamVideo
        stream={stream}
        own={own}
        onAspect={setAspect}
        className={classes(
          'transition-opacity duration-200',
          screen || (aspect !== null && fitPicture(aspect, place.width / place.height) === 'contain')
            ? 'object-contain'
            : 'object-cover',
          !showsPicture && 'opacity-0',
          // What still moves is not dimmed.
          trouble !== null && trouble !== 'signalling' && 'opacity-40',
        )}
      />
      {!showsPicture && <Avatar name={name} place={place} />}
      <div
        aria-hidden="true"
        className={classes(
          'pointer-events-none absolute inset-0 rounded-[inherit] ring-3 ring-accent transition-opacity duration-200 ring-inset',
          speaks ? 'opacity-100' : 'opacity-0',
        )}
      />
      {trouble !== null && (
        <p
          data-trouble={trouble}
          className="absolute inset-x-0 top-1/4 animate-appear px-3 text-center text-sm text-ink"
        >
          <span className="inline-block animate-breathe rounded-full bg-black/60 px-3 py-1">
            {TROUBLE_TEXTS[trouble]}
          </span>
        </p>
      )}
      <p
        className={classes(
          'absolute bottom-0 left-0 flex max-w-full items-center gap-1.5 rounded-tr-xl bg-black/60 text-white',
          small ? 'px-2 py-1 text-xs' : 'px-3 py-1.5 text-sm',
        )}
      >
        {!hasSound && <MicOff role="img" aria-label="Muted" className="size-[1.1em] shrink-0 text-danger" />}
        <span className="truncate">{own ? 'You' : name}</span>
        {quality !== null && trouble === null && <ConnectionBars bars={quality.bars} />}
      </p>
      {children}
      {pin !== null && <PinButton name={own ? 'yourself' : name} {...pin} />}
    </article>
  );
}

interface PinButtonProps {
  name: string;
  pinned: boolean;
  change: () => void;
}

/** All of a tile, so that a click anywhere on it will do. */
function PinButton({ name, pinned, change }: PinButtonProps) {
  return (
    <button
      type="button"
      aria-label={`Keep ${name} large`}
      aria-pressed={pinned}
      onClick={change}
      className="absolute inset-0 cursor-pointer rounded-[inherit] focus-visible:outline-2 focus-visible:-outline-offset-4"
    >
      <span
        aria-hidden="true"
        className={classes(
          'absolute top-2 left-2 flex size-8 items-center justify-center rounded-full bg-black/60 text-white transition-opacity',
          !pinned &&
            'opacity-0 group-focus-within/tile:opacity-100 group-hover/tile:opacity-100 pointer-coarse:hidden',
        )}
      >
        <Pin className={classes('size-4', pinned && 'fill-current')} />
      </span>
    </button>
  );
}

interface AvatarProps {
  name: string;
  place: Place;
}

function Avatar({ name, place }: AvatarProps) {
  const size = Math.round(Math.min(place.width, place.height) * 0.38);
  const style: CSSProperties = {
    width: size,
    height: size,
    fontSize: size * 0.4,
    backgroundColor: `oklch(0.44 0.085 ${hueOf(name)})`,
  };
  return (
    <div aria-hidden="true" className="absolute inset-0 flex items-center justify-center">
      <span
        style={style}
        className="flex items-center justify-center rounded-full font-semibold tracking-tight text-white select-none"
      >
        {initials(name)}
      </span>
    </div>
  );
}
