/** One client's connection, whatever it came through, and what holds for all of them. */
import type { AllowanceLimits } from '@crossfade/service/allowance';
import type { Eviction } from '@crossfade/service/backlog';
import type { Log } from '@crossfade/service/log';
import type { ErrorCode } from '@crossfade/shared/errors';
import type { UserClaims } from '@crossfade/shared/tokens';
import type { Entrance, Visitor } from './entrance.ts';

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

/** What holds at all doors. */
export interface DoorOptions {
  entrance: Entrance;
  allowedOrigins: readonly string[];
  /** Messages of one socket. */
  allowance: AllowanceLimits;
  /** Bytes that may wait for a client. */
  backlogBytes: number;
  log: Log;
  /** Told of each client that did not keep up. */
  onEvicted: (why: Eviction) => void;
  /** Told of each connection that was ended for what its client did, or because its token is over. */
  onClosed: (visitor: Visitor, code: ErrorCode) => void;
  /** Told of each refused request. */
  onRefused: (code: ErrorCode) => void;
}
