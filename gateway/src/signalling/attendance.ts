/** Who is connected to this gateway, by call, whichever door they came through. */
import { memberOf, type CallState } from '../calls/state.ts';
import type { Door } from './door.ts';

/** One client in one call. */
export interface Attendee {
  readonly door: Door;
  readonly participantId: string;
}

/** What to do about a client whose call has gone on without it. */
export type Correction =
  /** Its session goes on at another socket. */
  | { kind: 'replaced'; attendee: Attendee }
  /** It was taken for lost, and may even have been removed for it: connecting again, it resumes or learns why it cannot. */
  | { kind: 'resume'; attendee: Attendee }
  /** It is no longer in the call, and knows. */
  | { kind: 'gone'; attendee: Attendee };

/** Whether a client has heard that it is no longer in the call, or is there in another session. */
export function isTold(callId: string, { door, participantId }: Attendee): boolean {
  return door.joined.get(callId) !== participantId;
}

/** Calls of one client of which it is not known whether it got in. */
const MAX_DOUBTS = 16;

export class Attendance {
  readonly #calls = new Map<string, Map<string, Attendee>>();
  /** Clients whose join failed in a way that leaves open whether it was written, by socket. */
  readonly #doubts = new Map<string, { door: Door; calls: Set<string> }>();

  /** A join may have been written although it failed. If it was, `compare` will attach the client. */
  doubt(callId: string, door: Door): void {
    if (!door.isOpen()) return;
    const doubt = this.#doubts.get(door.socketId) ?? { door, calls: new Set() };
    this.#doubts.set(door.socketId, doubt);
    if (doubt.calls.size < MAX_DOUBTS) doubt.calls.add(callId);
  }

  attach(callId: string, door: Door, participantId: string): void {
    this.#settle(callId, door.socketId);
    const sockets = this.#calls.get(callId) ?? new Map<string, Attendee>();
    this.#calls.set(callId, sockets);
    sockets.set(door.socketId, { door, participantId });
    door.attach(callId, participantId);
  }

  /** Ends what a socket has to do with a participant. One that has joined anew meanwhile stays in the call. */
  detach(callId: string, door: Door, participantId: string): void {
    if (this.#calls.get(callId)?.get(door.socketId)?.participantId !== participantId) return;
    this.#remove(callId, door.socketId);
    door.detach(callId, participantId);
  }

  /** A connection is gone. */
  disconnected({ socketId, joined }: Door): void {
    this.#doubts.delete(socketId);
    for (const callId of joined.keys()) this.#remove(callId, socketId);
  }

  /** The calls somebody is in. */
  get calls(): string[] {
    return [...this.#calls.keys()];
  }

  /** Who is in a call. */
  of(callId: string): Attendee[] {
    return [...(this.#calls.get(callId)?.values() ?? [])];
  }

  has(callId: string): boolean {
    return this.#calls.has(callId);
  }

  /**
   * Attaches those whose join was written after all, and compares who is here with what the call says.
   * @returns clients that have to learn something, and members who are said to be here but are not
   */
  compare(
    callId: string,
    state: CallState | null,
    gatewayId: string,
  ): { corrections: Correction[]; absent: { participantId: string; socketId: string }[] } {
    for (const { participantId, link } of state?.members ?? []) {
      if (link.kind !== 'connected') continue;
      const doubt = this.#doubts.get(link.socketId);
      if (doubt?.calls.has(callId) === true) this.attach(callId, doubt.door, participantId);
    }
    const here = this.#calls.get(callId);
    const corrections = [...(here?.values() ?? [])].flatMap((attendee): Correction[] => {
      const member = state && memberOf(state, attendee.participantId);
      if (!member) return [{ kind: isTold(callId, attendee) ? 'gone' : 'resume', attendee }];
      if (member.link.kind === 'lost') return [{ kind: 'resume', attendee }];
      return member.link.socketId === attendee.door.socketId ? [] : [{ kind: 'replaced', attendee }];
    });
    const absent = (state?.members ?? []).flatMap(({ participantId, link }) =>
      link.kind === 'connected' && link.gatewayId === gatewayId && !here?.has(link.socketId)
        ? [{ participantId, socketId: link.socketId }]
        : [],
    );
    return { corrections, absent };
  }

  #settle(callId: string, socketId: string): void {
    const doubt = this.#doubts.get(socketId);
    doubt?.calls.delete(callId);
    if (doubt?.calls.size === 0) this.#doubts.delete(socketId);
  }

  #remove(callId: string, socketId: string): void {
    const sockets = this.#calls.get(callId);
    sockets?.delete(socketId);
    if (sockets?.size === 0) this.#calls.delete(callId);
  }
}
