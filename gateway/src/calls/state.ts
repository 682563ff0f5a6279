/** What a call is, at one moment: plain data, so that any gateway can load it, reduce it and write it back. */
import type { CallPolicyOverrides } from '@crossfade/shared/call-policy';
import type { Decision } from '@crossfade/shared/gateway-api';
import type { Blockable } from '@crossfade/shared/moderation';
import type { RtpCapabilities } from '@crossfade/shared/rtp';
import type {
  CallPhase,
  MediaState,
  Mode,
  Participant,
  TransitionReason,
} from '@crossfade/shared/signalling';
import type { Grants } from '@crossfade/shared/tokens';

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

/** One attempt to change the mode. */
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
}

/** Where the media runs. */
export type Media =
  | { readonly phase: 'p2p' }
  | { readonly phase: 'switching_to_sfu'; readonly transition: Transition; readonly room: Room | 'opening' }
  | { readonly phase: 'sfu'; readonly room: Room }
  | { readonly phase: 'switching_to_p2p'; readonly transition: Transition; readonly room: Room };

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
  readonly peakParticipants: number;
  readonly media: Media;
  /** How many transitions there were: part of the next one's id. */
  readonly transitions: number;
  /** After an aborted transition: when to try again, and how often it failed in a row. */
  readonly retry: { readonly at: number; readonly failures: number } | null;
  /** A room that is no longer used, kept until late clients have swapped. */
  readonly draining: { readonly room: Room; readonly until: number } | null;
  readonly withinLimitSince: number | null;
  readonly p2pBlockedUntil: number | null;
  /** When the mode has to be selected anew. */
  readonly recheckAt: number | null;
  /** The last decisions on the mode, oldest first. */
  readonly decisions: readonly Decision[];
}

/** What an operator chose. */
export interface CallPolicy {
  p2pMaxParticipants: number;
  backToP2pDelayMs: number;
  switchTimeoutMs: number;
  /** How long a participant whose signalling is lost is waited for. */
  resumeWindowMs: number;
  maxParticipants: number;
}

/** The committed mode: while switching, the one that still counts. */
export function modeOf(phase: CallPhase): Mode {
  return phase === 'p2p' || phase === 'switching_to_sfu' ? 'p2p' : 'sfu';
}

/** The transition under way, if there is one. */
export function transitionOf(media: Media): Transition | null {
  return media.phase === 'switching_to_sfu' || media.phase === 'switching_to_p2p' ? media.transition : null;
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

/** The room that can be used, if there is one. */
export function roomOf(media: Media): Room | null {
  if (media.phase === 'p2p') return null;
  return media.room === 'opening' ? null : media.room;
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
  const due = [
    transition ? transition.deadline : state.retry?.at,
    state.draining?.until,
    state.recheckAt,
    ...state.members.map(({ link }) => (link.kind === 'lost' ? link.until : null)),
  ].filter((at) => at !== null && at !== undefined);
  return due.length === 0 ? null : Math.min(...due);
}
