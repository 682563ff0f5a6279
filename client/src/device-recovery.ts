/**
 * What is done about a microphone or camera that goes away while it is in use: the default one takes its place, and it is
 * taken again when it is back. Owned and closed by the local media.
 */

type Kind = 'audio' | 'video';

export interface DeviceRecoveryOptions {
  /** Opens the default device of this kind, or a certain one. */
  open: (kind: Kind, deviceId?: string) => Promise<MediaStreamTrack>;
  /** The ids of the devices of this kind that there are. */
  list: (kind: Kind) => Promise<string[]>;
  /** The id of the device in use; null: none is. */
  inUse: (kind: Kind) => string | null;
  take: (track: MediaStreamTrack) => void;
  /** There is no other one, or it cannot be opened. */
  failed: (kind: Kind, error: unknown) => void;
  /** Calls this whenever a device comes or goes. Returns how to stop that. */
  watch: (changed: () => void) => () => void;
}

export class DeviceRecovery {
  readonly #options: DeviceRecoveryOptions;
  /** The devices that went away, until they are back or the person has chosen another one. */
  readonly #lost = new Map<Kind, string>();
  readonly #busy = new Set<Kind>();
  readonly #again = new Set<Kind>();
  #stopWatching: (() => void) | null = null;

  constructor(options: DeviceRecoveryOptions) {
    this.#options = options;
  }

  /** @param deviceId of the one that went away; if that was only in place of another, the first one is looked for */
  lost(kind: Kind, deviceId: string): void {
    if (!this.#lost.has(kind)) this.#lost.set(kind, deviceId);
    this.#stopWatching ??= this.#options.watch(() => {
      for (const each of this.#lost.keys()) void this.#recover(each);
    });
    void this.#recover(kind);
  }

  /** The person has chosen a device: none is looked for any more. */
  chosen(kind: Kind): void {
    this.#lost.delete(kind);
    if (this.#lost.size > 0) return;
    this.#stopWatching?.();
    this.#stopWatching = null;
  }

  close(): void {
    this.chosen('audio');
    this.chosen('video');
  }

  async #recover(kind: Kind): Promise<void> {
    if (this.#busy.has(kind)) {
      this.#again.add(kind);
      return;
    }
    this.#busy.add(kind);
    do {
      this.#again.delete(kind);
      await this.#tryOnce(kind);
    } while (this.#again.has(kind));
    this.#busy.delete(kind);
  }

  async #tryOnce(kind: Kind): Promise<void> {
    const { list, inUse, failed } = this.#options;
    const wanted = this.#lost.get(kind);
    if (wanted === undefined) return;
    try {
      const back = (await list(kind)).includes(wanted);
      // One that has only just gone may still be listed.
      if (back && inUse(kind) !== wanted) await this.#take(kind, wanted).catch(() => undefined);
      if (inUse(kind) === wanted) this.chosen(kind);
      if (inUse(kind) === null) await this.#take(kind);
    } catch (error) {
      if (this.#lost.has(kind)) failed(kind, error);
    }
  }

  async #take(kind: Kind, deviceId?: string): Promise<void> {
    const track = await this.#options.open(kind, deviceId);
    if (this.#lost.has(kind)) this.#options.take(track);
    else track.stop();
  }
}
