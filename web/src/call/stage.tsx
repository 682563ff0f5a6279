import type { CallSnapshot } from '@crossfade/client/call';
import { distinctNames } from './distinct-names.ts';
import { layoutWithScreens } from './screen-layout.ts';
import { ScreenTile } from './screen-tile.tsx';
import { layoutCorner, layoutTiles } from './tile-layout.ts';
import { Tile } from './tile.tsx';
import { useSize } from './use-size.ts';
import { WaitingCard } from './waiting-card.tsx';

const GAP = 12;
const NOWHERE = { x: 0, y: 0, width: 0, height: 0 };

interface StageProps {
  snapshot: CallSnapshot;
  onSoundBlocked: () => void;
  onCopyLink: () => void;
}

/** Everyone in the call. Two see each other large, with the own picture in the corner; more share the room equally. */
export function Stage({ snapshot, onSoundBlocked, onCopyLink }: StageProps) {
  const [size, measure] = useSize();
  const { local, remotes } = snapshot;
  const names = distinctNames(remotes.map(({ displayName }) => displayName));
  const screens = remotes.filter(({ screen }) => screen !== null);
  const pair = remotes.length === 1 && screens.length === 0;
  const beside =
    size !== null && screens.length > 0
      ? layoutWithScreens(size, screens.length, remotes.length + 1, GAP)
      : null;
  const places =
    beside?.people ?? (size === null ? [] : layoutTiles(size, pair ? 1 : remotes.length + 1, GAP));
  const ownPlace = pair ? layoutCorner(places[0] ?? NOWHERE, GAP) : places[remotes.length];
  return (
    <div ref={measure} className="relative size-full">
      {size !== null && (
        <>
          {screens.map(
            ({ participantId, displayName, screen }, index) =>
              screen && (
                <ScreenTile
                  key={`screen of ${participantId}`}
                  place={beside?.screens[index] ?? NOWHERE}
                  participantId={participantId}
                  name={
                    names[remotes.findIndex((each) => each.participantId === participantId)] ?? displayName
                  }
                  stream={screen}
                  onSoundBlocked={onSoundBlocked}
                />
              ),
          )}
          {remotes.map((remote, index) => (
            <Tile
              key={remote.participantId}
              place={places[index] ?? NOWHERE}
              participantId={remote.participantId}
              name={names[index] ?? remote.displayName}
              stream={remote.stream}
              hasSound={remote.media.audio || remote.participantId === snapshot.floor?.holder}
              hasPicture={remote.media.video}
              quality={remote.quality}
              speaks={remote.participantId === snapshot.activeSpeaker}
              trouble={remote.trouble}
              onSoundBlocked={onSoundBlocked}
            />
          ))}
          <Tile
            place={ownPlace ?? NOWHERE}
            name={local.displayName}
            stream={local.stream}
            hasSound={local.media.audio}
            hasPicture={local.media.video}
            floating={pair}
          >
            {remotes.length === 0 && <WaitingCard callId={snapshot.callId} onCopyLink={onCopyLink} />}
          </Tile>
        </>
      )}
    </div>
  );
}
