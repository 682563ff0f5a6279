/**
 * The pipes of one room: producers brought to routers in other workers, because somebody there consumes them. The first
 * who needs a pipe makes it, those who come meanwhile or later share it, and it is closed with the last of them. The
 * room's routers own them.
 */
import type { Router } from 'mediasoup/types';
import type { EntityCounts } from '../metrics/entity-counts.ts';
import { Link, type PipeEnd, type PipeSource } from './link.ts';

/** One consumer's claim on a producer being there. */
export interface PipeHold {
  /** The producer's id in the router it was brought to. */
  readonly id: string;
  /** The consumer has gone; more than once does no harm. */
  release(): void;
}

interface Pipe {
  users: number;
  readonly end: Promise<PipeEnd>;
  /** Gives back its share of the link. */
  readonly leaveLink: () => void;
}

export class Pipes {
  readonly #counts: EntityCounts;
  readonly #pipes = new Map<string, Pipe>();
  readonly #links = new Map<string, Link>();

  constructor(counts: EntityCounts) {
    this.#counts = counts;
  }

  get size(): number {
    return this.#pipes.size;
  }

  /**
   * Brings a producer that is in one router to another one, unless it is there.
   * @throws what mediasoup throws: the producer is gone, a worker is gone, there is no port left
   */
  async bring(source: PipeSource, from: Router, to: Router): Promise<PipeHold> {
    const key = `${source.kind} ${source.id} ${to.id}`;
    const pipe = this.#pipes.get(key) ?? this.#open(key, source, from, to);
    pipe.users += 1;
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      pipe.users -= 1;
      if (pipe.users === 0) this.#close(key, pipe);
    };
    try {
      const { id } = await pipe.end;
      return { id, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #open(key: string, source: PipeSource, from: Router, to: Router): Pipe {
    const linkKey = [source.kind, ...[from.id, to.id].sort()].join(' ');
    const link = this.#links.get(linkKey) ?? new Link(from, to, source.kind);
    this.#links.set(linkKey, link);
    link.hold();
    const leaveLink = () => {
      if (link.release()) this.#links.delete(linkKey);
    };
    const pipe: Pipe = { users: 0, end: link.pipe(source, from), leaveLink };
    this.#pipes.set(key, pipe);
    this.#counts.created('pipe');
    return pipe;
  }

  #close(key: string, { end, leaveLink }: Pipe): void {
    this.#pipes.delete(key);
    this.#counts.closed('pipe');
    // One that could not be made has been told to whoever waited for it.
    void end.then((open) => open.close()).catch(() => undefined);
    leaveLink();
  }
}
