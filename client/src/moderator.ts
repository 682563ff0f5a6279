/** What somebody whose token has the `moderate` grant may do to a call; others are refused with `forbidden`. */
import type { Blockable } from '@crossfade/shared/moderation';
import type { Request } from './signalling.ts';

export type { Blockable } from '@crossfade/shared/moderation';

export class Moderator {
  readonly #callId: string;
  readonly #request: Request;
  #ending: Promise<unknown> | undefined;

  constructor(callId: string, request: Request) {
    this.#callId = callId;
    this.#request = request;
  }

  /**
   * Takes a kind of media from a participant (the microphone, unless said otherwise), or with `muted: false` gives it
   * back: it then stays off until they switch it on.
   */
  async mute(participantId: string, kind: Blockable = 'audio', muted = true): Promise<void> {
    await this.#request('moderate:mute', { callId: this.#callId, participantId, kind, muted });
  }

  /** Puts a participant out for as long as the call lasts. @param reason shown to them */
  async remove(participantId: string, reason?: string): Promise<void> {
    await this.#request('moderate:remove', {
      callId: this.#callId,
      participantId,
      ...(reason !== undefined && { reason }),
    });
  }

  /** Lets nobody new in, or with `false` lets them in again. */
  async lock(locked = true): Promise<void> {
    await this.#request('moderate:lock', { callId: this.#callId, locked });
  }

  /** Ends the call for everyone. */
  async end(): Promise<void> {
    this.#ending = this.#request('moderate:end', { callId: this.#callId });
    await this.#ending;
  }

  /** Being answered: that the call has ended may be heard before. */
  get ending(): Promise<unknown> | undefined {
    return this.#ending;
  }
}
