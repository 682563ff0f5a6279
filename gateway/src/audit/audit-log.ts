/**
 * Who did what to whom: lines of a kind of their own (`kind: "audit"`) in the log, and in a file if there is one. Ids
 * only: no names, no texts, no tokens.
 */
import { FileLog, type Log } from '@crossfade/service/log';
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

type Refusal = Extract<AuditEntry, { action: 'refused' }>;

/** The same refusal is told once in so many milliseconds: it costs nothing to be refused, not even a token. */
const REFUSAL_EVERY_MS = 60_000;
/** Refusals that are remembered for that; when there are more, all are forgotten. */
const MAX_REFUSALS = 10_000;

export class AuditLog {
  readonly #log: Log;
  readonly #file: FileLog | undefined;
  readonly #refusals = new Map<string, number>();

  /**
   * @param file that gets the lines as well
   * @throws SettingError if it cannot be written
   */
  constructor(log: Log, file: string | undefined) {
    this.#log = log;
    if (file !== undefined) {
      this.#file = new FileLog({ service: 'gateway', file, setting: 'AUDIT_LOG_FILE', log });
    }
  }

  write(entry: AuditEntry): void {
    for (const log of [this.#log, this.#file?.log]) log?.info('audit', { kind: 'audit', ...entry });
  }

  /** Somebody was not let in: told once a minute for the same address, user and reason. */
  refused(refusal: Omit<Refusal, 'action'>, now: number): void {
    const { address, userId, code } = refusal;
    const key = JSON.stringify([address, userId, code]);
    const before = this.#refusals.get(key);
    if (before !== undefined && now - before < REFUSAL_EVERY_MS) return;
    if (this.#refusals.size >= MAX_REFUSALS) this.#refusals.clear();
    this.#refusals.set(key, now);
    this.write({ action: 'refused', ...refusal });
  }

  /** Resolves when the file has everything. */
  async close(): Promise<void> {
    await this.#file?.close();
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
