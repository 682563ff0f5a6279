/** One client of `/ws`: its requests, and what it is told. */
import { randomUUID } from 'node:crypto';
import { CodedError, type ErrorCode } from '@crossfade/shared/errors';
import type { PttId, PttRequestName } from '@crossfade/shared/ptt';
import type { UserClaims } from '@crossfade/shared/tokens';
import type { Message } from '../../calls/events.ts';
import { withinAnswerLimit } from '../answer-limit.ts';
import { callRoom, participantRoom } from '../call-rooms.ts';
import type { Dispatch } from '../dispatch.ts';
import type { Door } from '../door.ts';
import type { Visitor } from '../entrance.ts';
import type { Guest, Guests, Seat } from '../guests.ts';
import type { Channels } from './channels.ts';
import { CLOSE, type Connection } from './connection.ts';
import { answerFrame, errorFrame, readFrame } from './frames.ts';
import { PttRequests, type Ask } from './requests.ts';
import { toldOf } from './told.ts';

export interface SessionOptions {
  dispatch: Pick<Dispatch, 'admit' | 'handle' | 'disconnected'>;
  guests: Pick<Guests, 'admit'>;
  channels: Pick<Channels, 'watch' | 'stateOf' | 'roomOf'>;
  /** Told of each refused request. @param error of an `internal` one: what it was */
  onRefused: (code: ErrorCode, request: string, error: unknown) => void;
}

export class Session implements Guest {
  readonly door: Door;
  readonly #connection: Connection;
  readonly #options: SessionOptions;
  readonly #seat: Seat;
  readonly #requests: PttRequests;
  /** What ends the news of each channel. */
  readonly #watches = new Map<string, () => void>();
  /** The end of the requests about the floor: to start and to stop speaking must not overtake each other. */
  #floor: Promise<void> = Promise.resolve();

  constructor({ claims, address }: Visitor, connection: Connection, options: SessionOptions) {
    this.#connection = connection;
    this.#options = options;
    const joined = new Map<string, string>();
    this.door = {
      socketId: randomUUID(),
      claims: pushToTalk(claims),
      address,
      joined,
      needsServer: true,
      isOpen: () => connection.isOpen,
      attach: (callId, participantId) => {
        const before = joined.get(callId);
        if (before !== undefined) this.#detach(callId, before);
        joined.set(callId, participantId);
        // It went while its join was written: whoever wrote it sees that next, and takes it back.
        if (!connection.isOpen) return;
        this.#seat.enter([callRoom(callId), participantRoom(callId, participantId)]);
        this.#watches.set(
          callId,
          options.channels.watch(callId, (text) => connection.send(text)),
        );
      },
      detach: (callId, participantId) => this.#detach(callId, participantId),
      drop: () => connection.close(CLOSE.comeBack),
    };
    this.#seat = options.guests.admit(this);
    const ask: Ask = (name, request) => options.dispatch.handle(this.door, name, request) as never;
    this.#requests = new PttRequests(
      ask,
      () => options.dispatch.admit(this.door),
      options.channels,
      (callId) => joined.has(callId),
    );
  }

  /** A frame of the client. @param verdict whether there is allowance for it */
  received(text: Buffer, verdict: 'serve' | 'refuse'): void {
    const frame = readFrame(text);
    const id = 'id' in frame ? frame.id : undefined;
    if (verdict === 'refuse') this.#refuse('frame', id, new CodedError('rate-limited'));
    else if (frame.kind === 'refused') this.#refuse('frame', id, frame.error);
    else if (frame.kind === 'ping') this.#connection.send(answerFrame('pong', id, frame.data));
    else if (frame.kind === 'request') {
      const { name, data } = frame;
      if (name !== 'ptt_start' && name !== 'ptt_stop') void this.#answer(name, id, data);
      else this.#floor = this.#floor.then(() => this.#answer(name, id, data));
    }
  }

  deliver(message: Message): void {
    const { joined } = this.door;
    const told = toldOf(message, (callId) => joined.get(callId));
    if (told.kind === 'nothing') return;
    if (told.kind === 'farewell') {
      // Said once, and the last thing; who detaches the door may be another, later.
      if (!this.#watches.has(told.callId)) return;
      this.#unwatch(told.callId);
    }
    this.#connection.send(told.text);
  }

  /** The connection is gone. */
  async closed(): Promise<void> {
    this.#seat.vacate();
    for (const callId of [...this.#watches.keys()]) this.#unwatch(callId);
    await this.#options.dispatch.disconnected(this.door);
  }

  async #answer(name: PttRequestName, id: PttId | undefined, data: unknown): Promise<void> {
    try {
      const answer = await withinAnswerLimit(this.#requests.answer(name, data));
      this.#connection.send(answerFrame(answer.type, id, answer.data));
    } catch (error) {
      this.#refuse(name, id, error);
    }
  }

  #refuse(request: string, id: PttId | undefined, error: unknown): void {
    const coded =
      error instanceof CodedError ? error : new CodedError('internal', undefined, { cause: error });
    this.#options.onRefused(coded.code, request, coded.cause);
    this.#connection.send(errorFrame(coded, id));
  }

  #detach(callId: string, participantId: string): void {
    this.door.joined.delete(callId);
    this.#seat.leave([callRoom(callId), participantRoom(callId, participantId)]);
    this.#unwatch(callId);
  }

  #unwatch(callId: string): void {
    this.#watches.get(callId)?.();
    this.#watches.delete(callId);
  }
}

/** A channel that does not exist yet is started as one of push-to-talk. */
function pushToTalk(claims: UserClaims): UserClaims {
  const requires = new Set(claims.policy?.requires);
  return { ...claims, policy: { ...claims.policy, requires: [...requires.add('push-to-talk')] } };
}
