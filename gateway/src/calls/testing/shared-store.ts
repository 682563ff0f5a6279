/** A store that several gateways share, in memory: it keeps the news of every write, and answers when a test lets it. */
import { MemoryCallStore, type CallStore, type Heard, type Saved, type Stored } from '../../store/calls.ts';
import type { News } from '../events.ts';
import type { CallState } from '../state.ts';

export class SharedStore implements CallStore {
  readonly shared = true;
  readonly #calls = new MemoryCallStore();
  /** What was ever told of the call, write by write. */
  readonly log: (readonly News[])[] = [];
  readonly #travel: () => Promise<unknown>;
  readonly #written: () => void;
  /** Of how many writes the news are kept. */
  kept = Infinity;

  /**
   * @param travel how long a request takes to get there, and its answer
   * @param written told of each write
   */
  constructor(travel: () => Promise<unknown>, written: () => void) {
    this.#travel = travel;
    this.#written = written;
  }

  async load(callId: string): Promise<Stored> {
    await this.#travel();
    const stored = await this.#calls.load(callId);
    await this.#travel();
    return stored;
  }

  async since(callId: string, told: number | null): Promise<Heard> {
    await this.#travel();
    const stored = await this.#calls.load(callId);
    const now = this.log.length;
    const from = told ?? now;
    const news = from < now - this.kept ? 'lost' : this.log.slice(from, now).flat();
    await this.#travel();
    return { stored, told: now, news };
  }

  async save(
    callId: string,
    expected: number | null,
    state: CallState | null,
    news: readonly News[] = [],
  ): Promise<Saved> {
    await this.#travel();
    const saved = await this.#calls.save(callId, expected, state);
    if (saved.kind === 'saved' && news.length > 0) this.log.push(news);
    const told = this.log.length;
    if (saved.kind === 'saved') this.#written();
    await this.#travel();
    return saved.kind === 'saved' ? { ...saved, told } : saved;
  }

  due(now: number, limit: number): Promise<string[]> {
    return this.#calls.due(now, limit);
  }

  list(after: string | undefined, limit: number): Promise<string[]> {
    return this.#calls.list(after, limit);
  }

  at(gatewayId: string): Promise<string[]> {
    return this.#calls.at(gatewayId);
  }
}
