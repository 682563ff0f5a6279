/**
 * Where there is nothing: a call whose room is lost has no path until the next room stands. It takes the place of one, so
 * that a newcomer of such a call has an active path like everyone else, and nothing is asked of a room that is gone.
 */
import type { MediaPath } from './path.ts';
import type { ReceivedTrack } from './received-tracks.ts';
import type { LinkHealth } from './reconnection.ts';

export class NoPath implements MediaPath {
  readonly mode = 'sfu';
  readonly epoch: number;
  readonly received = { find: (): ReceivedTrack | null => null };

  constructor(epoch: number) {
    this.epoch = epoch;
  }

  ready(): boolean {
    return false;
  }

  reaches(): boolean {
    return false;
  }

  health(): LinkHealth {
    return 'failed';
  }

  syncLocal(): void {
    // Nothing is sent.
  }

  resume(): void {
    // Nothing was lost.
  }

  lookAgain(): void {
    // There is nothing to look at.
  }

  forget(): void {
    // Nobody is received.
  }

  close(): void {
    // Nothing is open.
  }
}
