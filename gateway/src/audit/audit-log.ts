/**
 * Who did what to whom: lines of a kind of their own (`kind: "audit"`) in the log, and in a file if there is one. Ids
 * only: no names, no texts, no tokens.
 */
import { createLog, type Log } from '@crossfade/service/log';
import type { ErrorCode } from '@crossfade/shared/errors';
import type { RecordEntry } from '../calls/events.ts';

export type AuditEntry =
  | { action: 'joined'; call: string; userId: string; participantId: string }
  | { action: 'left'; call: string; participantId: string; reason: string }
  | {
      action: `moderate:${string}` | 'set-policy';
      callId: string;
      userId: string;
      participantId?: string | undefined;
      /** To whom. */
      target?: string | undefined;
      /** `done`, or why not. */
      outcome: 'done' | ErrorCode;
    }
  /** Somebody who may not be let in. */
  | { action: 'refused'; address: string; userId?: string | undefined; code: ErrorCode }
  /** A connection that was ended from here. */
  | { action: 'closed'; userId: string; address: string; code: ErrorCode };

export class AuditLog {
  readonly #logs: readonly Log[];

  /** @param file that gets the lines as well */
  constructor(log: Log, file: string | undefined) {
    this.#logs =
      file === undefined
        ? [log]
        : [log, createLog({ service: 'gateway', level: 'info', format: 'json', file, console: false })];
  }

  write(entry: AuditEntry): void {
    for (const log of this.#logs) log.info('audit', { kind: 'audit', ...entry });
  }

  /** Who came and went, as the records have it. */
  recorded(entry: RecordEntry): void {
    if (entry.type === 'participant-joined') {
      const { recordId: call, userId, participantId } = entry;
      this.write({ action: 'joined', call, userId, participantId });
    }
    if (entry.type === 'participant-left') {
      const { recordId: call, participantId, reason } = entry;
      this.write({ action: 'left', call, participantId, reason });
    }
  }

  /** A signalling request was answered; only those that do something to others are of interest. */
  answered(
    { userId, participantId }: { userId: string; participantId: string | undefined },
    request: string,
    payload: unknown,
    outcome: 'done' | ErrorCode,
  ): void {
    if (!isModeration(request)) return;
    const { callId, participantId: target } = idsIn(payload);
    if (callId === undefined) return;
    this.write({ action: request, callId, userId, participantId, target, outcome });
  }
}

function isModeration(request: string): request is `moderate:${string}` {
  return request.startsWith('moderate:');
}

/** The ids of a request that may not have been valid. */
function idsIn(payload: unknown): { callId?: string; participantId?: string } {
  if (typeof payload !== 'object' || payload === null) return {};
  const id = (key: string) => {
    const value: unknown = (payload as Record<string, unknown>)[key];
    return typeof value === 'string' && value.length <= 128 ? { [key]: value } : {};
  };
  return { ...id('callId'), ...id('participantId') };
}
