import type { Call, CallSnapshot, RemoteParticipant } from '@crossfade/client/call';
import { GalleryVertical, LayoutGrid } from 'lucide-react';
import { useEffect } from 'react';
import { Pager } from './pager.tsx';
import type { Placed } from './arrangement.ts';
import { Tile } from './tile.tsx';
import { useShortcuts } from './use-shortcuts.ts';
import { useSize } from './use-size.ts';
import { useStage } from './use-stage.ts';
import { Voices } from './voices.tsx';
import { WaitingCard } from './waiting-card.tsx';

const UNKNOWN = { width: 0, height: 0 };

interface StageProps {
  call: Pick<Call, 'setView'>;
  snapshot: CallSnapshot;
  onSoundBlocked: () => void;
  onCopyLink: () => void;
}

/** Everyone in the call: all alike, page by page, or one large and the others in a strip. */
export function Stage({ call, snapshot, onSoundBlocked, onCopyLink }: StageProps) {
  const [size, measure] = useSize();
  const { local, remotes, activeSpeaker, callId } = snapshot;
  const stage = useStage(snapshot, size ?? UNKNOWN);
  const { pages, page, spotlight, hasChoice } = stage;
  const placed = size === null ? [] : stage.placed;
  useUnseen(call, remotes, placed);

  const paged = pages > 1;
  useShortcuts({
    ...(hasChoice && { g: stage.changeView }),
    ...(paged && {
      pageup: () => stage.turnTo(Math.max(0, page - 1)),
      pagedown: () => stage.turnTo(Math.min(pages - 1, page + 1)),
    }),
  });

  return (
    <div ref={measure} className="relative size-full">
      <Voices remotes={remotes} onBlocked={onSoundBlocked} />
      {placed.map(({ tile, place, role }) => {
        const { id, participantId, source, name, stream, remote } = tile;
        const screen = source === 'screen';
        const media = remote?.media ?? local.media;
        return (
          <Tile
            key={id}
            call={call}
            place={place}
            participantId={participantId}
            source={source}
            name={name}
            stream={stream}
            hasSound={
              screen ||
              media.audio ||
              (participantId !== undefined && participantId === snapshot.floor?.holder)
            }
            hasPicture={screen || media.video}
            floating={role === 'corner'}
            speaks={!screen && participantId !== undefined && participantId === activeSpeaker}
            quality={screen ? null : remote?.quality}
            trouble={remote?.trouble ?? null}
            pin={
              hasChoice && role !== 'corner'
                ? { pinned: stage.pinned === id, change: () => stage.pin(id) }
                : null
            }
          >
            {remotes.length === 0 && !screen && <WaitingCard callId={callId} onCopyLink={onCopyLink} />}
          </Tile>
        );
      })}
      {hasChoice && <ViewButton speakerView={spotlight !== null} onPress={stage.changeView} />}
      {paged && size !== null && <Pager pages={pages} page={page} onTurn={stage.turnTo} />}
    </div>
  );
}

interface ViewButtonProps {
  speakerView: boolean;
  onPress: () => void;
}

function ViewButton({ speakerView, onPress }: ViewButtonProps) {
  const Icon = speakerView ? LayoutGrid : GalleryVertical;
  return (
    <button
      type="button"
      aria-label="Speaker view"
      aria-pressed={speakerView}
      aria-keyshortcuts="g"
      title={speakerView ? 'Everyone in the same size (g)' : 'Whoever speaks large (g)'}
      onClick={onPress}
      className="group/view absolute top-1 right-1 z-20 flex size-11 cursor-pointer items-center justify-center rounded-full"
    >
      <span className="flex size-9 items-center justify-center rounded-full bg-black/60 text-white transition-colors group-hover/view:bg-black/80">
        <Icon aria-hidden="true" className="size-4.5" />
      </span>
    </button>
  );
}

/** Tells the call whose videos have no tile; those that have one tell it themselves. */
function useUnseen(
  call: Pick<Call, 'setView'>,
  remotes: readonly RemoteParticipant[],
  placed: readonly Placed[],
): void {
  const seen = new Set(
    placed.map(({ tile: { source, participantId } }) => `${source} ${participantId ?? ''}`),
  );
  const unseen = remotes
    .flatMap(({ participantId }) => [`camera ${participantId}`, `screen ${participantId}`])
    .filter((video) => !seen.has(video))
    .join('\n');
  useEffect(() => {
    for (const video of unseen.split('\n').filter(Boolean)) {
      const [source, participantId = ''] = video.split(' ');
      call.setView(participantId, null, source === 'screen' ? 'screen' : 'camera');
    }
  }, [call, unseen]);
}
