/**
 * Answers that were given, by the key they were asked under: so that a request whose answer was lost can be sent again
 * without being carried out again. In memory, bounded: the least recently used go first. No clock of its own.
 */

export interface Reply {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

export interface ReplyLimits {
  /** How many answers are kept. */
  entries: number;
  /** Bytes of all answers kept. */
  bytes: number;
  /** Bytes of one answer; a larger one is not kept. */
  bytesPerReply: number;
  /** Milliseconds an answer is kept. */
  ageMs: number;
}

interface Entry {
  /** What was asked, method, path, body and all, as a hash. */
  readonly fingerprint: string;
  /** Resolves when the request has been carried out; with nothing if it may be carried out again. */
  readonly reply: Promise<Reply | undefined>;
  readonly bytes: number;
  readonly goodUntil: number;
}

/** A request that is carried out now: say how it ended. */
export interface Pending {
  /** @param reply absent if the request may be carried out again */
  settle(reply: Reply | undefined, now: number): void;
}

export type Claim =
  /** Nobody has asked under this key: carry it out. */
  | { kind: 'first'; pending: Pending }
  /** It was asked before, or is being carried out at this moment. */
  | { kind: 'again'; reply: Promise<Reply | undefined> }
  /** Something else was asked under this key. */
  | { kind: 'other-request' };

/** What an entry takes besides its answer, bytes; roughly. */
const ENTRY_OVERHEAD = 512;

export class Replies {
  readonly #limits: ReplyLimits;
  /** Least recently used first. */
  readonly #kept = new Map<string, Entry>();
  /** Never thrown out: there are no more of them than open requests. */
  readonly #underWay = new Map<string, Entry>();
  #bytes = 0;

  constructor(limits: ReplyLimits) {
    this.#limits = limits;
  }

  /** How much is kept. */
  get size(): { entries: number; bytes: number } {
    return { entries: this.#kept.size, bytes: this.#bytes };
  }

  claim(key: string, fingerprint: string, now: number): Claim {
    const entry = this.#underWay.get(key) ?? this.#find(key, now);
    if (!entry) return { kind: 'first', pending: this.#begin(key, fingerprint) };
    return entry.fingerprint === fingerprint
      ? { kind: 'again', reply: entry.reply }
      : { kind: 'other-request' };
  }

  #find(key: string, now: number): Entry | undefined {
    const entry = this.#kept.get(key);
    if (!entry) return undefined;
    this.#drop(key, entry);
    if (now >= entry.goodUntil) return undefined;
    this.#keep(key, entry);
    return entry;
  }

  #begin(key: string, fingerprint: string): Pending {
    const { promise, resolve } = Promise.withResolvers<Reply | undefined>();
    this.#underWay.set(key, { fingerprint, reply: promise, bytes: 0, goodUntil: Infinity });
    let settled = false;
    return {
      settle: (reply, now) => {
        if (settled) return;
        settled = true;
        this.#underWay.delete(key);
        if (reply && reply.body.byteLength <= this.#limits.bytesPerReply) {
          const bytes = reply.body.byteLength + ENTRY_OVERHEAD;
          const goodUntil = now + this.#limits.ageMs;
          this.#keep(key, { fingerprint, reply: promise, bytes, goodUntil });
        }
        resolve(reply);
      },
    };
  }

  #keep(key: string, entry: Entry): void {
    this.#kept.set(key, entry);
    this.#bytes += entry.bytes;
    for (const [oldKey, old] of this.#kept) {
      if (this.#kept.size <= this.#limits.entries && this.#bytes <= this.#limits.bytes) return;
      this.#drop(oldKey, old);
    }
  }

  #drop(key: string, entry: Entry): void {
    this.#kept.delete(key);
    this.#bytes -= entry.bytes;
  }
}
