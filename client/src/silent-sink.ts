/**
 * Plays tracks to nobody, as long as they are received. A muted element may play without a click of the person. Chromium
 * needs it for three things:
 * - It decodes sound only for a page that plays some, so a track that is not shown yet would never count as decoded.
 * - While one element lets go of a track to take another, something else has to play, or all playback stops and starts
 *   again: 40 ms of silence.
 * - A track that is taken out of a stream goes on to be heard until its connection is closed, beside the one that took its
 *   place; its loudness is reckoned anew when any element that holds it stops (https://crbug.com/697256 is why).
 */

export class SilentSink {
  readonly #elements = new Map<MediaStreamTrack, HTMLAudioElement>();

  add(track: MediaStreamTrack): void {
    if (this.#elements.has(track)) return;
    const element = new Audio();
    element.muted = true;
    element.srcObject = new MediaStream([track]);
    this.#elements.set(track, element);
    this.heard(track, true);
  }

  /** Somebody is to hear this track elsewhere from now on, or not any more: right after it was shown, or taken out. */
  heard(track: MediaStreamTrack, isHeard: boolean): void {
    const element = this.#elements.get(track);
    if (!isHeard) element?.pause();
    // Interrupted when the track is removed before it plays.
    else if (element?.paused) element.play().catch(() => undefined);
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
