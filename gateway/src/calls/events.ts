/** What can happen to a call, and what a call wants done. */
import type { CallPolicyOverrides } from '@crossfade/shared/call-policy';
import type { RtpCapabilities } from '@crossfade/shared/rtp';
import type {
  AbortReason,
  MediaState,
  Mode,
  ModeSwitchPrepare,
  ServerEvent,
  ServerEventName,
  TransitionReason,
} from '@crossfade/shared/signalling';
import type { Grants } from '@crossfade/shared/tokens';
import type { Room } from './state.ts';

export type CallEvent =
  | {
      type: 'join';
      callId: string;
      socketId: string;
      /** The gateway that socket is at. */
      gatewayId: string;
      /** Ids for what this join may create. */
      fresh: { participantId: string; sessionId: string; recordId: string };
      resume: { participantId: string; sessionId: string } | null;
      userId: string;
      displayName: string;
      grants: Grants;
      media: MediaState;
      /** What the call is to be like if this join starts it. */
      policy: CallPolicyOverrides;
    }
  | { type: 'leave'; participantId: string }
  | { type: 'disconnected'; participantId: string; socketId: string }
  | { type: 'update'; participantId: string; media: MediaState }
  | { type: 'confirm'; participantId: string; transitionId: string; success: boolean }
  | { type: 'measured'; participantId: string; transitionId: string; gapMs: number }
  | { type: 'path'; participantId: string; with: string; state: 'connected' | 'degraded' | 'failed' }
  /** What an operator or moderator changed of the call's policy: what it does not name stays. */
  | { type: 'set-policy'; by: string; policy: CallPolicyOverrides }
  | { type: 'room-opened'; transitionId: string; room: Room }
  | { type: 'room-not-opened'; transitionId: string }
  /** The media server no longer has the room. */
  | { type: 'room-lost'; epoch: number }
  /** Time has passed: see to what is due. */
  | { type: 'tick' };

/** A fact for the history. */
export type RecordEntry =
  | { type: 'call-started'; recordId: string; callId: string; at: number }
  | {
      type: 'participant-joined';
      recordId: string;
      participantId: string;
      userId: string;
      displayName: string;
      at: number;
      /** How many are in the call now. */
      participants: number;
    }
  | { type: 'participant-left'; recordId: string; participantId: string; at: number; reason: string }
  | {
      type: 'transition-started';
      recordId: string;
      transitionId: string;
      from: Mode;
      to: Mode;
      reason: TransitionReason;
      initiator: string | null;
      epoch: number;
      at: number;
    }
  | { type: 'transition-room'; transitionId: string; sfuRoomId: string; rtpCapabilities: RtpCapabilities }
  | {
      type: 'transition-ended';
      transitionId: string;
      outcome: 'committed' | 'aborted';
      abortReason: AbortReason | null;
      at: number;
      durationMs: number;
    }
  | { type: 'transition-gap'; transitionId: string; gapMs: number }
  | { type: 'call-ended'; recordId: string; at: number };

/** An event for clients, with its payload. */
export type Message = { [N in ServerEventName]: { name: N; payload: ServerEvent<N> } }[ServerEventName];

export type Effect =
  | { type: 'broadcast'; except: string | null; message: Message }
  /** Announces a transition to everyone; towards peer-to-peer, each also needs ICE servers of their own. */
  | { type: 'announce'; to: readonly string[]; prepare: ModeSwitchPrepare }
  /** This socket no longer speaks for the participant. */
  | { type: 'release-socket'; socketId: string; participantId: string }
  | { type: 'open-room'; transitionId: string; epoch: number }
  | { type: 'close-room'; room: Room }
  | { type: 'leave-room'; room: Room; participantId: string }
  | { type: 'record'; entry: RecordEntry };
