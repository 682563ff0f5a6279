/** Who hears whom, and since when not: times between packets, at those who receive them. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** What is longer than this is a gap, milliseconds; or this many packets' time. */
const GAP = { ms: 100, packets: 2 };
/**
 * Milliseconds between two ticks of the clock of gaps. It leaves out what the machine is to blame for: when this process stood
 * still, and when those that forward stood in line for a processor.
 */
const TICK_MS = 10;
const LOOK_MS = 20;

interface Pair {
  /** Of the last packet: real time, and time this process was running. */
  at: number;
  ran: number;
  /** Since the last mark: the longest time between two packets, and when the last gap ended. */
  longest: number;
  gapEnded: number | undefined;
}

export class Meter {
  readonly #pairs = new Map<string, Pair>();
  /** The participant ids of those who are expected to hear each other. */
  #groups: () => readonly (readonly string[])[] = () => [];
  #markedAt = 0;
  #blocked = 0;
  /** The processes that forward, and how long each has stood in line so far, milliseconds. */
  #forwarders: readonly number[] = [];
  #inLine = new Map<number, number>();
  #waited = 0;
  #tickedAt = performance.now();
  readonly #timer = setInterval(() => this.#tick(), TICK_MS);

  /** Media is expected between all of a group. @param groups asked whenever it matters, for ids may change */
  expect(groups: () => readonly (readonly string[])[]): void {
    this.#groups = groups;
  }

  /** @param pids processes that media passes through */
  watch(pids: readonly number[]): void {
    this.#forwarders = pids;
    this.#inLine = new Map();
    this.#tick();
  }

  readonly #gapMs: number;

  /** @param packetMs milliseconds between two packets */
  constructor(packetMs: number) {
    this.#gapMs = Math.max(GAP.ms, GAP.packets * packetMs);
  }

  heard(receiver: string, speaker: string): void {
    const at = performance.now();
    const key = keyOf(receiver, speaker);
    const pair = this.#pairs.get(key);
    // What counts is looked at again by the exact clock.
    if (pair && at - this.#blocked - this.#waited - pair.ran > this.#gapMs / 2) this.#tick();
    const ran = at - this.#blocked - this.#waited;
    if (!pair) {
      this.#pairs.set(key, { at, ran, longest: 0, gapEnded: at });
      return;
    }
    const gap = ran - pair.ran;
    pair.longest = Math.max(pair.longest, gap);
    // An interruption is one whoever is to blame.
    if (at - pair.at > this.#gapMs) pair.gapEnded = at;
    pair.at = at;
    pair.ran = ran;
  }

  /** Forgets what was before. */
  mark(): void {
    this.#markedAt = performance.now();
    for (const pair of this.#pairs.values()) {
      pair.longest = 0;
      pair.gapEnded = undefined;
    }
  }

  /** Resolves when everyone hears everyone. @throws Error if that has not come about within the limit */
  async flowing(limitMs: number): Promise<void> {
    await this.#until(limitMs, () => true);
  }

  /**
   * After a fault that interrupts everything: resolves when everyone hears everyone again, with how long after the mark the
   * last gap ended, milliseconds.
   */
  async recovered(limitMs: number): Promise<number> {
    await this.#until(limitMs, (pair) => pair.gapEnded !== undefined);
    const ends = this.#expected().map(([, pair]) => pair?.gapEnded ?? 0);
    return Math.max(...ends) - this.#markedAt;
  }

  /** The longest time without a packet since the mark, one that has not ended included; milliseconds. */
  longestGap(): number {
    this.#tick();
    const ran = performance.now() - this.#blocked - this.#waited;
    return Math.max(
      ...this.#expected().map(([, pair]) => (pair ? Math.max(pair.longest, ran - pair.ran) : Infinity)),
    );
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #expected(): [string, Pair | undefined][] {
    return this.#groups().flatMap((group) =>
      group.flatMap((receiver) =>
        group
          .filter((speaker) => speaker !== receiver)
          .map((speaker): [string, Pair | undefined] => {
            const key = keyOf(receiver, speaker);
            return [key, this.#pairs.get(key)];
          }),
      ),
    );
  }

  async #until(limitMs: number, holds: (pair: Pair) => boolean): Promise<void> {
    const since = performance.now();
    for (;;) {
      const now = performance.now();
      const missing = this.#expected().filter(
        ([, pair]) => !pair || now - pair.at > 2 * this.#gapMs || !holds(pair),
      );
      if (missing.length === 0) return;
      if (now - since > limitMs)
        throw new Error(`not flowing after ${String(limitMs)} ms: ${missing.map(([key]) => key).join(' ')}`);
      await pause(LOOK_MS);
    }
  }

  #tick(): void {
    const now = performance.now();
    // What comes late by less is the timer's own doing.
    this.#blocked += Math.max(0, now - this.#tickedAt - 2 * TICK_MS);
    this.#tickedAt = now;
    let most = 0;
    for (const pid of this.#forwarders) {
      const inLine = inLineMs(pid);
      if (inLine === undefined) continue;
      most = Math.max(most, inLine - (this.#inLine.get(pid) ?? inLine));
      this.#inLine.set(pid, inLine);
    }
    this.#waited += most;
  }
}

/** How long a process has stood in line for a processor, as the scheduler counts it (Linux). */
function inLineMs(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${String(pid)}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    // It has ended.
    return undefined;
  }
}

const keyOf = (receiver: string, speaker: string) => `${receiver}<${speaker}`;
