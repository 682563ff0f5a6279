/** What can happen to a call, and what a call wants done. */
import type { CallPolicyChange, CallPolicyOverrides } from '@crossfade/shared/call-policy';
import type { Decision } from '@crossfade/shared/decisions';
import type { Blockable } from '@crossfade/shared/moderation';
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
import type { FloorNews } from '../floor/reduce.ts';
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
      /** The epoch the call begins with, if this join starts it: above those of earlier calls of this id. */
      startEpoch?: number;
      resume: { participantId: string; sessionId: string } | null;
      userId: string;
      displayName: string;
      grants: Grants;
      media: MediaState;
      /** Whether only a media server can carry its media: the client knows no peer-to-peer. */
      needsServer?: boolean;
      /** What the call is to be like if this join starts it. */
      policy: CallPolicyOverrides;
    }
  | { type: 'leave'; participantId: string }
  | { type: 'disconnected'; participantId: string; socketId: string }
  | { type: 'update'; participantId: string; media: MediaState }
  | { type: 'confirm'; participantId: string; transitionId: string; success: boolean }
  | { type: 'measured'; participantId: string; transitionId: string; gapMs: number }
  | {
      type: 'path';
      participantId: string;
      with: string;
      state: 'connected' | 'degraded' | 'failed';
      rttMs?: number | undefined;
      relayed?: boolean | undefined;
    }
  /** What an operator or moderator changes of the call's policy. */
  | { type: 'set-policy'; change: CallPolicyChange }
  | { type: 'room-opened'; transitionId: string; room: Room }
  /** No media server would take it. */
  | { type: 'room-not-opened'; transitionId: string }
  /**
   * The room of this epoch is gone with all that was in it: its worker died (then the media server has made it again,
   * empty), it was closed, or its media server is dead. Told twice, or of a room that is not used, it changes nothing.
   */
  | {
      type: 'room-lost';
      epoch: number;
      /** The media server that had it, for rooms of one epoch on two of them; absent: whichever has it. */
      server?: string;
      /** Whether that media server is gone as a whole: it is not asked for the next room. */
      serverGone?: boolean;
    }
  /** The media server is about to close the room of this epoch, which runs until then: the call is to move elsewhere. */
  | { type: 'room-moving'; epoch: number; server?: string }
  /** It is not about to any more: the call stays. */
  | { type: 'room-staying'; epoch: number; server?: string }
  /** A media server can be had again: what waits to be tried again is tried at once. */
  | { type: 'media-server-available' }
  /** A gateway is gone: whoever was connected through it may come back through another one. */
  | { type: 'gateway-lost'; gatewayId: string }
  /** A moderator acts; the grant has been checked. */
  | { type: 'moderate'; participantId: string; action: Moderation }
  /** Somebody wants to speak; the priority is one they may ask for. */
  | { type: 'floor-request'; participantId: string; priority: number; queue: boolean }
  /** Somebody has spoken, or does not want to any more. */
  | {
      type: 'floor-release';
      participantId: string;
      /** That grant only; null: whichever it is, and the place in the queue. */
      fence: number | null;
    }
  /**
   * The media server knows a later number of the floor than this one, which the call still has: the store has lost the
   * write of the later one, and with it who was granted the floor. Told of another number, it changes nothing.
   */
  | { type: 'floor-behind'; fence: number }
  /** Time has passed: see to what is due. */
  | { type: 'tick' };

/** What a moderator does. */
export type Moderation =
  | { kind: 'mute'; participantId: string; media: Blockable; muted: boolean }
  | { kind: 'remove'; participantId: string; message: string | undefined }
  | { kind: 'lock'; locked: boolean }
  | { kind: 'end' };

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
      to: Mode;
      /** Why it was begun. */
      reason: TransitionReason;
      outcome: 'committed' | 'aborted';
      abortReason: AbortReason | null;
      at: number;
      durationMs: number;
    }
  | { type: 'transition-gap'; transitionId: string; gapMs: number }
  | {
      type: 'call-ended';
      recordId: string;
      at: number;
      /** The last decisions on its mode, oldest first. */
      decisions: readonly Decision[];
    }
  /** One connection of a participant begins; those it had before are over. */
  | {
      type: 'session-connected';
      recordId: string;
      participantId: string;
      connectionId: string;
      /** SHA-256 of the secret, never the secret. */
      sessionHash: string;
      gatewayId: string;
      at: number;
      clientInfo: ClientInfo | null;
    }
  | {
      type: 'session-disconnected';
      recordId: string;
      participantId: string;
      connectionId: string;
      at: number;
    }
  | {
      type: 'transport-created';
      recordId: string;
      participantId: string;
      transportId: string;
      direction: 'send' | 'recv';
      at: number;
    }
  | {
      type: 'producer-created';
      recordId: string;
      participantId: string;
      transportId: string;
      producerId: string;
      kind: 'audio' | 'video';
      source: string;
      at: number;
    }
  | {
      type: 'chat-sent';
      recordId: string;
      messageId: string;
      participantId: string;
      userId: string;
      displayName: string;
      text: string;
      at: number;
    };

/** What a client says of itself. */
export interface ClientInfo {
  sdk?: string | undefined;
  browser?: string | undefined;
}

/** An event for clients, with its payload. */
export type Message = { [N in ServerEventName]: { name: N; payload: ServerEvent<N> } }[ServerEventName];

export type Effect =
  | { type: 'broadcast'; except: string | null; message: Message }
  | { type: 'send'; to: string; message: Message }
  /** Announces a transition to everyone; towards peer-to-peer, each also needs ICE servers of their own. */
  | { type: 'announce'; to: readonly string[]; prepare: ModeSwitchPrepare }
  /** This socket no longer speaks for the participant; it is told so by the message, `session:replaced` if there is none. */
  | { type: 'release-socket'; socketId: string; participantId: string; message?: Message }
  /** What moderators or the floor do not allow is to be held back on the media server, and who has the floor to be heard. */
  | { type: 'enforce' }
  /** Something happened on the floor; for metrics. */
  | { type: 'floor'; news: FloorNews }
  /** Opens a room; answered by `room-opened` or `room-not-opened`. */
  | {
      type: 'open-room';
      /** What for: a transition, or to stand ready. */
      transitionId: string;
      epoch: number;
      /** Not on these, whatever else there is: they drain, or are dead. */
      avoid: readonly string[];
      /** On these only if no other can be had: the attempts before failed there. */
      last: readonly string[];
      /** Only where there is plenty of room: it is to stand ready, and can be done without. */
      spare?: boolean;
    }
  | { type: 'close-room'; room: Room }
  | { type: 'leave-room'; room: Room; participantId: string }
  | { type: 'record'; entry: RecordEntry };

const NEWS = ['broadcast', 'send', 'announce', 'release-socket'] as const;

/** What clients are to hear of a change, at whichever gateway they are: it is stored with the change. */
export type News = Extract<Effect, { type: (typeof NEWS)[number] }>;

export function isNews(effect: Effect): effect is News {
  return (NEWS as readonly Effect['type'][]).includes(effect.type);
}
