/** One participant's MediaStream for the whole call: applications bind it once, tracks are swapped under it. */

export class StableStream {
  readonly stream = new MediaStream();

  /** Shows exactly these tracks. New ones are added before old ones go, so that an element never runs empty. */
  show(tracks: readonly MediaStreamTrack[]): void {
    // Two connections may give the same id to two tracks; a browser would take them for one, and keep none.
    for (const old of this.stream.getTracks()) {
      if (tracks.some((track) => track !== old && track.id === old.id)) this.stream.removeTrack(old);
    }
    const shown = this.stream.getTracks();
    for (const track of tracks) if (!shown.includes(track)) this.stream.addTrack(track);
    for (const track of shown) if (!tracks.includes(track)) this.stream.removeTrack(track);
  }
}
