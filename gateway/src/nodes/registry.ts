/** The media servers there are: those of the settings or of DNS, and those that have left but still have rooms. */
import type { FeedHandlers } from '../media-client/feed.ts';
import { MediaNode, type NodeOptions } from './node.ts';

/** How often it is looked whether one that has left is empty, milliseconds. */
const SWEEP_MS = 1_000;

export interface RegistryOptions extends Omit<NodeOptions, 'url' | 'rooms'> {
  /** Told what becomes of the rooms of one of them. */
  rooms: (url: string) => FeedHandlers;
}

export class Registry {
  readonly #options: RegistryOptions;
  readonly #nodes = new Map<string, MediaNode>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#timer.unref();
  }

  get nodes(): MediaNode[] {
    return [...this.#nodes.values()];
  }

  get(url: string): MediaNode | undefined {
    return this.#nodes.get(url);
  }

  /** These are the media servers now. One that is not among them gets no new calls, and goes when it has none. */
  update(urls: readonly string[]): void {
    const wanted = urls.map(baseOf);
    for (const url of wanted) this.#ensure(url).leaving = false;
    for (const [url, node] of this.#nodes) node.leaving ||= !wanted.includes(url);
    this.#sweep();
  }

  /**
   * A media server that has a call's room. One that this gateway does not know was found by another one, or has left
   * before this one was started.
   */
  withRoom(url: string): MediaNode {
    const known = this.#nodes.get(url);
    if (known) return known;
    const node = this.#ensure(url);
    node.leaving = true;
    return node;
  }

  async shutDown(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.nodes.map((node) => node.shutDown()));
  }

  #ensure(url: string): MediaNode {
    const node =
      this.#nodes.get(url) ?? new MediaNode({ ...this.#options, url, rooms: this.#options.rooms(url) });
    this.#nodes.set(url, node);
    return node;
  }

  #sweep(): void {
    for (const [url, node] of this.#nodes) {
      if (!node.leaving || node.isNeeded) continue;
      this.#nodes.delete(url);
      void node.shutDown();
    }
  }
}

/** Without a slash at the end: it is put before paths, and is part of what a call remembers. */
function baseOf(url: string): string {
  return url.replace(/\/+$/, '');
}
