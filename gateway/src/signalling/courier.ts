/** Delivers messages to a call's clients, whichever door they came through. */
import type { Message } from '../calls/events.ts';

export interface Courier {
  /** To one participant. */
  send(callId: string, participantId: string, message: Message): void;
  /** To everyone in the call but one. */
  broadcast(callId: string, except: string | null, message: Message): void;
  /** Tells a socket that its session went on elsewhere; it gets nothing of this call any more. */
  release(callId: string, participantId: string, socketId: string): void;
}
