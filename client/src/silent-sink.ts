/**
 * Plays tracks to nobody. Chromium decodes sound only for a page that plays some, so a track that is not shown yet
 * would never count as decoded. A muted element may play without a click of the person.
 */

export class SilentSink {
  readonly #elements = new Map<MediaStreamTrack, HTMLAudioElement>();

  add(track: MediaStreamTrack): void {
    if (this.#elements.has(track)) return;
    const element = new Audio();
    element.muted = true;
    element.srcObject = new MediaStream([track]);
    // Interrupted when the track is removed before it plays.
    element.play().catch(() => undefined);
    this.#elements.set(track, element);
  }

  remove(track: MediaStreamTrack): void {
    const element = this.#elements.get(track);
    if (!element) return;
    element.srcObject = null;
    this.#elements.delete(track);
  }

  close(): void {
    for (const track of [...this.#elements.keys()]) this.remove(track);
  }
}
