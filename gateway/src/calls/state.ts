/** What a call is, at one moment: plain data, so that any gateway can load it, reduce it and write it back. */
import type { CallPolicyOverrides } from '@crossfade/shared/call-policy';
import type { Decision } from '@crossfade/shared/decisions';
import type { Blockable } from '@crossfade/shared/moderation';
import type { RtpCapabilities } from '@crossfade/shared/rtp';
import type { MediaState, Mode, Participant, TransitionReason } from '@crossfade/shared/signalling';
import type { Grants } from '@crossfade/shared/tokens';
import { floorDeadline, type Floor, type FloorLimits } from '../floor/state.ts';
import type { Latch } from '../mode/latch.ts';

/** One participant, and the socket that speaks for them. */
export interface Member {
  readonly participantId: string;
  /** Proof for resuming; known to this client only. */
  readonly sessionId: string;
  readonly userId: string;
  readonly displayName: string;
  readonly grants: Grants;
  readonly media: MediaState;
  /** What a moderator does not let them send. */
  readonly blocked: readonly Blockable[];
  readonly joinedAt: number;
  /** Whether only a media server can carry their media. No switch waits for them. */
  readonly needsServer?: boolean;
  readonly link:
    | { readonly kind: 'connected'; readonly socketId: string; readonly gatewayId: string }
    | { readonly kind: 'lost'; readonly until: number };
}

/** A room on a media server. */
export interface Room {
  /** Base URL of the media server. */
  readonly server: string;
  /** The epoch it was opened for. */
  readonly epoch: number;
  readonly rtpCapabilities: RtpCapabilities;
}

/** One attempt to change where the media runs. */
export interface Transition {
  readonly id: string;
  readonly reason: TransitionReason;
  readonly initiator: string | null;
  /** The call's epoch if it is committed. */
  readonly epoch: number;
  readonly startedAt: number;
  /** When it is given up. */
  readonly deadline: number;
  /** Who has not confirmed yet. */
  readonly awaiting: readonly string[];
  /** How many have confirmed. */
  readonly confirmed: number;
  /** How many have said that they do not get there, and are gone on without. */
  readonly failed: number;
}

/**
 * How the room of a call stands: it serves; or its media server is about to close it, and it serves until then; or it is
 * gone, and the media with it (where it was is still told, to choose the next place by).
 */
export type Standing = 'serving' | 'leaving' | 'lost';

/** Where a switch to a room comes from: what runs until it is committed, and comes back if it is not. */
export type Origin =
  | { readonly kind: 'p2p' }
  /** A room that runs and is about to go. */
  | { readonly kind: 'room'; readonly room: Room }
  /** A room that is gone: nothing runs, and nothing is to be gone back to. */
  | { readonly kind: 'lost'; readonly room: Room };

/** The room that stands ready beside a peer-to-peer call, see `standby.ts`. */
export type Standby =
  /** It is being opened; given up at `until`. */
  | { readonly kind: 'opening'; readonly id: string; readonly until: number }
  | { readonly kind: 'open'; readonly room: Room }
  /** There is none; one is tried to be had from `until` on. */
  | { readonly kind: 'none'; readonly until: number };

/** Where the media runs. */
export type Media =
  | { readonly phase: 'p2p'; readonly standby?: Standby }
  | {
      readonly phase: 'switching_to_sfu';
      readonly transition: Transition;
      readonly from: Origin;
      readonly room: Room | 'opening';
    }
  | { readonly phase: 'sfu'; readonly room: Room; readonly standing: Standing }
  | {
      readonly phase: 'switching_to_p2p';
      readonly transition: Transition;
      readonly room: Room;
      readonly standing: Exclude<Standing, 'lost'>;
    };

/** A call whose media is being moved. */
export type Switching = Extract<Media, { transition: Transition }>;

/** After a transition that was given up. */
export interface Retry {
  /** When it is tried again, milliseconds since 1970. */
  readonly at: number;
  /** How often it failed in a row. */
  readonly failures: number;
  /** Whether it failed because no media server could be had. */
  readonly noServer: boolean;
  /** The media servers it failed on: tried last. */
  readonly last: readonly string[];
}

export interface CallState {
  readonly callId: string;
  /** Tells apart the calls that use one id one after the other. */
  readonly recordId: string;
  readonly startedAt: number;
  readonly epoch: number;
  readonly members: readonly Member[];
  /** Where this call differs from what is set for all. */
  readonly policy: CallPolicyOverrides;
  /** Nobody new can join. */
  readonly locked: boolean;
  /** Users that a moderator has removed: they cannot come back. */
  readonly removedUsers: readonly string[];
  /** What moderators have taken from users, who keep it not by leaving and joining again. */
  readonly blockedUsers: readonly { readonly userId: string; readonly kinds: readonly Blockable[] }[];
  /** Who may speak; null (or absent, in what an older gateway wrote): everyone. */
  readonly floor: Floor | null;
  /** The fence of a floor it had and has no longer: the next one's begin above it. */
  readonly lastFence?: number;
  readonly peakParticipants: number;
  readonly media: Media;
  /** How many transitions there were: part of the next one's id. */
  readonly transitions: number;
  readonly retry: Retry | null;
  /** A room that is no longer used, kept until late clients have swapped. */
  readonly draining: { readonly room: Room; readonly until: number } | null;
  /** Since when nothing has asked for a media server, peer-to-peer paths apart; null: something does. */
  readonly withinLimitSince: number | null;
  /** What keeps the call off peer-to-peer after a path failed or was poor; null: nothing does. */
  readonly latch: Latch | null;
  /** When the mode has to be selected anew. */
  readonly recheckAt: number | null;
  /** The last decisions on the mode, oldest first. */
  readonly decisions: readonly Decision[];
}

/** What an operator chose. */
export interface CallPolicy {
  p2pMaxParticipants: number;
  /** Up to this many are connected to each other when no media server can be had; nobody is let in beyond that. */
  meshMaxParticipants: number;
  backToP2pDelayMs: number;
  switchTimeoutMs: number;
  /** How long a participant whose signalling is lost is waited for. */
  resumeWindowMs: number;
  maxParticipants: number;
  /** Whether calls that are as large as peer-to-peer allows get a room to stand ready on a media server. */
  standby: boolean;
  /** Of calls of push-to-talk. */
  floor: FloorLimits;
}

/** The committed mode: while switching, the one that still counts. */
export function modeOf(media: Media): Mode {
  switch (media.phase) {
    case 'p2p':
      return 'p2p';
    case 'switching_to_sfu':
      return media.from.kind === 'p2p' ? 'p2p' : 'sfu';
    case 'sfu':
    case 'switching_to_p2p':
      return 'sfu';
  }
}

export function isSwitching(media: Media): media is Switching {
  return media.phase === 'switching_to_sfu' || media.phase === 'switching_to_p2p';
}

/** The mode that a switch leads to. */
export function targetOf({ phase }: Switching): Mode {
  return phase === 'switching_to_sfu' ? 'sfu' : 'p2p';
}

/** The transition under way, if there is one. */
export function transitionOf(media: Media): Transition | null {
  return isSwitching(media) ? media.transition : null;
}

/** The id of a call's nth transition, counted from 1. */
export function transitionIdOf(recordId: string, n: number): string {
  return `${recordId}:${String(n)}`;
}

/** Whether this is or was a transition of this call. */
export function hadTransition({ recordId, transitions }: CallState, transitionId: string): boolean {
  const n = Number(transitionId.slice(recordId.length + 1));
  return n >= 1 && n <= transitions && transitionId === transitionIdOf(recordId, n);
}

/** The room that serves the committed mode; null: peer-to-peer, or it is lost. */
export function currentRoom(media: Media): Room | null {
  switch (media.phase) {
    case 'p2p':
      return null;
    case 'switching_to_sfu':
      return media.from.kind === 'room' ? media.from.room : null;
    case 'sfu':
      return media.standing === 'lost' ? null : media.room;
    case 'switching_to_p2p':
      return media.room;
  }
}

/** The room that a switch is building, once it is there. */
export function nextRoom(media: Media): Room | null {
  return media.phase === 'switching_to_sfu' && media.room !== 'opening' ? media.room : null;
}

/** The room that stands ready, if there is one. */
export function standbyRoom(media: Media): Room | null {
  return media.phase === 'p2p' && media.standby?.kind === 'open' ? media.standby.room : null;
}

/**
 * The rooms that can be used: the one that serves, the one being prepared, and the one that stands ready. While a call
 * moves from room to room there are two. Each has the epoch its requests carry.
 */
export function roomsOf(media: Media): Room[] {
  return [currentRoom(media), nextRoom(media), standbyRoom(media)].filter((room) => room !== null);
}

/** For what a room is being opened, as `open-room` names it; null: none is. */
export function openingOf(media: Media): string | null {
  if (media.phase === 'p2p') return media.standby?.kind === 'opening' ? media.standby.id : null;
  return media.phase === 'switching_to_sfu' && media.room === 'opening' ? media.transition.id : null;
}

/** All rooms a call has: those that can be used, and one that is kept for late clients. */
export function heldRooms({ media, draining }: CallState): Room[] {
  return draining ? [...roomsOf(media), draining.room] : roomsOf(media);
}

export function memberOf(state: CallState, participantId: string): Member | undefined {
  return state.members.find((member) => member.participantId === participantId);
}

/** A participant as the others see them. */
export function publicView(member: Member): Participant {
  const { participantId, userId, displayName, media, blocked, link } = member;
  const connected = link.kind === 'connected';
  return {
    participantId,
    userId,
    displayName,
    media,
    connected,
    ...(blocked.length > 0 && { blocked: [...blocked] }),
  };
}

/** The earliest moment at which something is due without anything happening; null: nothing is. */
export function nextDeadline(state: CallState): number | null {
  const transition = transitionOf(state.media);
  const standby = state.media.phase === 'p2p' ? state.media.standby : undefined;
  const due = [
    standby && 'until' in standby ? standby.until : null,
    transition ? transition.deadline : state.retry?.at,
    state.draining?.until,
    state.recheckAt,
    floorDeadline(state.floor),
    ...state.members.map(({ link }) => (link.kind === 'lost' ? link.until : null)),
  ].filter((at) => at !== null && at !== undefined);
  return due.length === 0 ? null : Math.min(...due);
}
