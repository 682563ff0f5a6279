/**
 * The decisions of a switch between two paths, as pure functions: what has to arrive before it may be confirmed, which
 * path a participant is shown from, whom to build links to, and what to do with what was built when the gateway says
 * after a lost connection how things stand.
 */
import type { JoinAnswer, Mode, ModeSwitchPrepare, Participant } from '@crossfade/shared/signalling';
import type { TrackKind } from './track-kinds.ts';

export interface ExpectedTrack {
  participantId: string;
  kind: TrackKind;
}

/**
 * The tracks the others send at this moment. Who has no signalling at the moment cannot build a path.
 * @param screenSounds whether sound comes with a screen, which nobody tells: it does as long as it is received
 */
export function expectedTracks(
  others: Iterable<Participant>,
  screenSounds: (participantId: string) => boolean = () => false,
): ExpectedTrack[] {
  const expected: ExpectedTrack[] = [];
  for (const { participantId, connected, media, blocked = [] } of others) {
    if (!connected) continue;
    if (media.audio) expected.push({ participantId, kind: 'audio' });
    if (media.video) expected.push({ participantId, kind: 'video' });
    if (!media.screen) continue;
    expected.push({ participantId, kind: 'screen' });
    if (screenSounds(participantId) && !blocked.includes('audio'))
      expected.push({ participantId, kind: 'screen-audio' });
  }
  return expected;
}

/**
 * The tracks still awaited: expected when the switch began, still expected now, and not decoded yet.
 * @param isShown what is not shown does not come by way of a media server, and is not waited for
 */
export function awaitedTracks(
  atPrepare: readonly ExpectedTrack[],
  now: readonly ExpectedTrack[],
  isDecoded: (track: ExpectedTrack) => boolean,
  isShown: (track: ExpectedTrack) => boolean = () => true,
): ExpectedTrack[] {
  return atPrepare.filter(
    (track) =>
      now.some(({ participantId, kind }) => participantId === track.participantId && kind === track.kind) &&
      isShown(track) &&
      !isDecoded(track),
  );
}

/** How one path stands with a track. */
export interface TrackOnPath {
  exists: boolean;
  decoded: boolean;
  /** Whether the connection that carries it works. */
  alive: boolean;
}

/** The paths there may be at one time, best first. */
export type PathRole = 'active' | 'draining' | 'pending';

/**
 * Which path a track is shown from. The active one if it has been decoded there; while a commit came early or the active
 * path is lost, whichever else plays; and a newcomer, who has no old path, as soon as the new one plays.
 */
export function shownFrom(on: Readonly<Record<PathRole, TrackOnPath>>): PathRole | null {
  const plays = ({ exists, decoded, alive }: TrackOnPath) => exists && decoded && alive;
  if (plays(on.active)) return 'active';
  if (plays(on.draining)) return 'draining';
  if (plays(on.pending)) return 'pending';
  return on.active.exists ? 'active' : null;
}

/** In a larger mesh everyone would send more streams than a laptop encodes: without a media server it stays silent. */
const MESH_MAX_PARTICIPANTS = 8;

/**
 * The participants that lack a peer-to-peer link and should have one. While a switch to the media server is under way,
 * or may be expected because the call has just become too large, nobody gets a new one.
 */
export function linksToBuild(situation: {
  others: Iterable<Participant>;
  linked: (participantId: string) => boolean;
  switchingTo: Mode | null;
  /** Whether a switch to the media server is likely to be announced any moment. */
  switchExpected: boolean;
}): string[] {
  const others = [...situation.others];
  if (situation.switchingTo === 'sfu' || situation.switchExpected) return [];
  if (others.length + 1 > MESH_MAX_PARTICIPANTS) return [];
  return others
    .filter(({ participantId, connected }) => connected && !situation.linked(participantId))
    .map(({ participantId }) => participantId);
}

/** What this client has built. */
export interface Standing {
  participantId: string;
  mode: Mode;
  epoch: number;
  /** The own producers on the active path. */
  producerIds: readonly string[];
  /** The active path is broken and has to be built anew in any case. */
  lost: boolean;
  pending: { transitionId: string; mode: Mode; epoch: number; producerIds: readonly string[] } | null;
}

export interface Reconciliation {
  /** `adopt`: the switch was committed meanwhile, the pending path is the one. */
  active: 'keep' | 'adopt' | 'rebuild';
  /** What becomes of the pending path if it is not adopted. */
  pending: 'keep' | 'discard';
  /** A switch that is under way and not known yet. */
  begin: ModeSwitchPrepare | null;
}

/** Compares what was built with what the gateway says after a lost connection. */
export function reconcile(
  standing: Standing,
  answer: Pick<JoinAnswer, 'participantId' | 'mode' | 'epoch' | 'sfu' | 'transition'>,
): Reconciliation {
  const { pending } = standing;
  const announced = answer.transition ?? null;
  const goesOn = pending !== null && pending.transitionId === announced?.transitionId;
  const begin = goesOn ? null : announced;
  if (answer.participantId !== standing.participantId) {
    return { active: 'rebuild', pending: 'discard', begin: announced };
  }
  const same = (mine: { mode: Mode; epoch: number; producerIds: readonly string[] }) =>
    mine.mode === answer.mode &&
    mine.epoch === answer.epoch &&
    (mine.mode === 'p2p' || producersAreThere(mine.producerIds, answer.sfu));

  // What was built in a room that is gone is as good as anything that could be built in it.
  const gone = standing.mode === 'sfu' && standing.epoch === answer.epoch && roomIsGone(answer);
  if ((standing.lost || !same(standing)) && !gone) {
    if (pending && same(pending)) return { active: 'adopt', pending: 'discard', begin: announced };
    return { active: 'rebuild', pending: goesOn ? 'keep' : 'discard', begin };
  }
  return { active: 'keep', pending: goesOn ? 'keep' : 'discard', begin };
}

/** Whether the room of the answer's epoch is lost: then only what a switch builds will carry media. */
export function roomIsGone({ mode, epoch, sfu }: Pick<JoinAnswer, 'mode' | 'epoch' | 'sfu'>): boolean {
  return mode === 'sfu' && (sfu === undefined || (sfu.epoch ?? epoch) !== epoch);
}

/** A room that was lost and made anew has the same id and epoch, but not what was produced in the first one. */
function producersAreThere(producerIds: readonly string[], sfu: JoinAnswer['sfu']): boolean {
  const listed = new Set(sfu?.producers.map(({ producerId }) => producerId));
  return producerIds.every((id) => listed.has(id));
}
