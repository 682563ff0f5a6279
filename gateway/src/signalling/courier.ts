/** Delivers messages to a call's clients, whichever door they came through. */
import type { Message } from '../calls/events.ts';

export interface Courier {
  /** To one participant. */
  send(callId: string, participantId: string, message: Message): void;
  /** To everyone in the call but one. */
  broadcast(callId: string, except: string | null, message: Message): void;
  /**
   * Tells a socket of this gateway, as the last thing it hears of this call, that its session went on elsewhere, or what
   * the message says.
   */
  release(callId: string, participantId: string, socketId: string, message?: Message): void;
  /** Whether what is sent to somebody at a gateway gets there now. */
  reaches(gatewayId: string): boolean;
}

/** Delivers what every gateway hears for itself, so to its own clients only. */
export interface LocalCourier {
  sendHere(callId: string, participantId: string, message: Message): void;
  broadcastHere(callId: string, except: string | null, message: Message): void;
}
