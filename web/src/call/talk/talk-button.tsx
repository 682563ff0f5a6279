import type { Call, FloorView, RemoteParticipant } from '@crossfade/client/call';
import { AudioLines, Ear, Hourglass, Mic, MicOff, type LucideIcon } from 'lucide-react';
import { useState } from 'react';
import { classes } from '../../ui/classes.ts';
import { useClock } from '../use-clock.ts';
import { talkView, type TalkView } from './talk-view.ts';
import { useSpaceBar } from './use-space-bar.ts';
import { useTalk } from './use-talk.ts';

interface TalkButtonProps {
  call: Call;
  floor: FloorView;
  remotes: readonly RemoteParticipant[];
  /** Why one cannot speak at all (no microphone, a moderator), as a sentence; null: one can. */
  barred: string | null;
}

const LOOKS: Record<TalkView['look'], { icon: LucideIcon; look: string }> = {
  idle: { icon: Mic, look: 'bg-raised text-ink hover:bg-line' },
  taken: { icon: Ear, look: 'bg-raised text-ink hover:bg-line' },
  asking: { icon: Hourglass, look: 'bg-line text-ink' },
  waiting: { icon: Hourglass, look: 'bg-notice text-on-notice' },
  speaking: { icon: AudioLines, look: 'bg-accent text-on-accent' },
  refused: { icon: MicOff, look: 'bg-notice text-on-notice' },
};

/** Speaks as long as it is held, or the space bar is. */
export function TalkButton({ call, floor, remotes, barred }: TalkButtonProps) {
  const { held, trouble, endsAt, hold, letGo } = useTalk(call, floor);
  const [refused, setRefused] = useState(false);
  const down = () => {
    setRefused(barred !== null);
    if (barred === null) hold();
  };
  useSpaceBar({ onDown: down, onUp: letGo });
  const holder = remotes.find(({ participantId }) => participantId === floor.holder);
  const { look, label, detail } = talkView({
    floor,
    holderName: holder?.displayName ?? null,
    held,
    trouble: (refused ? barred : null) ?? trouble,
  });
  const { icon: Icon, look: colours } = LOOKS[look];
  const speaking = look === 'speaking';
  return (
    <>
      <button
        type="button"
        data-testid="talk"
        data-look={look}
        aria-pressed={held}
        aria-keyshortcuts="Space"
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          // Wherever the finger slides, it is still the one that holds.
          event.currentTarget.setPointerCapture(event.pointerId);
          down();
        }}
        onPointerUp={letGo}
        onPointerCancel={letGo}
        onLostPointerCapture={letGo}
        onContextMenu={(event) => event.preventDefault()}
        onKeyDown={(event) => {
          if (event.repeat || (event.key !== ' ' && event.key !== 'Enter')) return;
          event.preventDefault();
          down();
        }}
        onKeyUp={(event) => {
          if (event.key === ' ' || event.key === 'Enter') letGo();
        }}
        onBlur={letGo}
        className={classes(
          'flex h-14 w-full cursor-pointer touch-none items-center justify-center gap-3 rounded-full px-5 transition-colors select-none sm:w-72',
          colours,
        )}
      >
        <Icon aria-hidden="true" className={classes('size-5 shrink-0', speaking && 'animate-breathe')} />
        <span className="flex min-w-0 flex-col text-left leading-tight">
          <span className="font-semibold">{label}</span>
          <span className="line-clamp-2 text-xs opacity-85">
            {detail ?? (
              <>
                <span className="pointer-coarse:hidden">or hold the space bar</span>
                <span className="not-pointer-coarse:hidden">Nobody is speaking</span>
              </>
            )}
          </span>
        </span>
        {speaking && endsAt !== null && <TimeLeft endsAt={endsAt} />}
      </button>
      <span role="status" className="sr-only">
        {look === 'idle' ? '' : `${label}. ${detail ?? ''}`}
      </span>
    </>
  );
}

/** How long one may still speak. */
function TimeLeft({ endsAt }: { endsAt: number }) {
  const now = useClock(500);
  return (
    <span aria-hidden="true" className="ml-auto text-sm font-medium tabular-nums">
      {Math.max(0, Math.ceil((endsAt - now) / 1_000))} s
    </span>
  );
}
