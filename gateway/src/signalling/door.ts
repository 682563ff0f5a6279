/** One client's connection, whatever it came through. */
import type { UserClaims } from '@crossfade/shared/tokens';

export interface Door {
  readonly socketId: string;
  readonly claims: UserClaims;
  /** What limits count its requests by, besides the user. */
  readonly address: string;
  /** Whether only a media server can carry its media: it knows no peer-to-peer. */
  readonly needsServer?: true;
  /** Whether the client is still there. */
  isOpen(): boolean;
  /** The participant this socket speaks for, by call. */
  readonly joined: Map<string, string>;
  /** From now on it gets what is sent to this participant and this call. */
  attach(callId: string, participantId: string): void;
  detach(callId: string, participantId: string): void;
  /** Ends the connection in a way that makes the client connect again, and resume. */
  drop(): void;
}
