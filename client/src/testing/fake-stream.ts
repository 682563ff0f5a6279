/** Media objects for tests in Node, which has none. */

export class FakeTrack extends EventTarget {
  readonly kind: string;
  readonly id: string;
  muted = false;
  enabled = true;
  readyState = 'live';

  constructor(kind: string, id: string) {
    super();
    this.kind = kind;
    this.id = id;
  }

  getSettings(): MediaTrackSettings {
    return this.kind === 'video' ? { width: 640, height: 360 } : {};
  }

  stop(): void {
    this.readyState = 'ended';
  }
}

export class FakeStream {
  readonly #tracks = new Set<FakeTrack>();

  getTracks(): FakeTrack[] {
    return [...this.#tracks];
  }

  addTrack(track: FakeTrack): void {
    this.#tracks.add(track);
  }

  removeTrack(track: FakeTrack): void {
    this.#tracks.delete(track);
  }
}
