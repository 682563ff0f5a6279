/** Delivers messages to a call's clients, whichever door they came through. */
import type { Message } from '../calls/events.ts';

export interface Courier {
  /** To one participant. */
  send(callId: string, participantId: string, message: Message): void;
  /** To everyone in the call but one. */
  broadcast(callId: string, except: string | null, message: Message): void;
  /**
   * Tells a socket, as the last thing it hears of this call, that its session went on elsewhere, or what the message
   * says.
   */
  release(callId: string, participantId: string, socketId: string, message?: Message): void;
}
