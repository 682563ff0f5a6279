/**
 * How transports come into one room. Making one takes a while, in which its participant counts already and may leave, and
 * the room may be moved or closed: then what was being made is not kept, and who waits for it is told why.
 */
import type { Log } from '@crossfade/service/log';
import { CodedError, type ErrorCode } from '@crossfade/shared/errors';
import { Transport, type Direction } from '../transports/transport.ts';
import { ask } from '../workers/ask.ts';
import type { Contents } from './contents.ts';
import type { Occupancy } from './occupancy.ts';
import type { MediaSettings } from './room-options.ts';
import type { RoomMedia } from './room-media.ts';

export interface TransportRequest {
  participantId: string;
  direction: Direction;
  /** Offer only TCP candidates. */
  forceTcp: boolean;
  /** Allow data channels. */
  sctp: boolean;
}

export interface EntranceOptions {
  occupancy: Occupancy;
  contents: Contents;
  /** How many participants may have transports in the room. */
  maxParticipants: number;
  settings: MediaSettings;
  log: Log;
}

/** A transport that is being made. */
interface Arrival {
  readonly request: TransportRequest;
  /** Why it is not wanted any more. */
  refusal?: ErrorCode;
  /** Its participant is not here on its account any more; more than once does no harm. */
  readonly leave: () => void;
}

export class Entrance {
  readonly #options: EntranceOptions;
  readonly #arrivals = new Set<Arrival>();

  constructor(options: EntranceOptions) {
    this.#options = options;
  }

  /** @throws CodedError `room-full`, `no-capacity`, `timeout`; what it was refused with before it was made */
  async admit(request: TransportRequest, media: RoomMedia): Promise<Transport> {
    const { participantId } = request;
    const { occupancy } = this.#options;
    this.#mustHaveRoomFor(participantId);
    const arrival: Arrival = { request, leave: occupancy.enter(participantId) };
    this.#arrivals.add(arrival);
    try {
      // Two requests to workers may be needed; together they take no longer than one.
      return await ask(this.#make(arrival, media));
    } catch (cause) {
      if (arrival.refusal) throw new CodedError(arrival.refusal, undefined, { cause });
      // If it is made after all, it is not kept.
      arrival.refusal = 'timeout';
      throw cause;
    } finally {
      this.#arrivals.delete(arrival);
      arrival.leave();
    }
  }

  /** Turns away those who are just coming. @param participantId undefined: everyone */
  refuse(refusal: ErrorCode, participantId?: string): void {
    for (const arrival of this.#arrivals) {
      if (participantId !== undefined && arrival.request.participantId !== participantId) continue;
      arrival.refusal ??= refusal;
      arrival.leave();
    }
  }

  #mustHaveRoomFor(participantId: string): void {
    const { occupancy, maxParticipants } = this.#options;
    if (occupancy.count >= maxParticipants && !occupancy.has(participantId))
      throw new CodedError('room-full');
  }

  async #make(arrival: Arrival, media: RoomMedia): Promise<Transport> {
    const { occupancy, contents, settings, log } = this.#options;
    const { participantId, direction, forceTcp, sctp } = arrival.request;
    const { bitrates } = settings;
    const made = await media.createTransport({ participantId, forceTcp, sctp, bitrates });
    if (arrival.refusal) {
      made.close();
      throw new CodedError(arrival.refusal);
    }
    const transport = new Transport(made, { participantId, direction, ...settings, log });
    contents.add(transport, media);
    transport.on('closed', occupancy.enter(participantId));
    return transport;
  }
}
