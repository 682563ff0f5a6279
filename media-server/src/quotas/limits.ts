/** How much of everything one participant, one room and this server may have. Pure. */
import { CodedError } from '@crossfade/shared/errors';

/**
 * Seconds after which it is worth asking again where a quota is used up: nobody knows when somebody closes something, and
 * asking every second would be for nothing.
 */
const RETRY_AFTER_S = 30;

/** What a participant owns in a room, and what the quotas of a participant are in. */
export const OWNED_KINDS = [
  'transports',
  'producers',
  'consumers',
  'dataProducers',
  'dataConsumers',
] as const;
export type OwnedKind = (typeof OWNED_KINDS)[number];

export type Owned = Readonly<Record<OwnedKind, number>>;

export interface QuotaLimits {
  /** Of one participant in one room. */
  perParticipant: Owned;
  /** Participants with transports in one room; its creator may ask for fewer. */
  participantsPerRoom: number;
  rooms: number;
  /** New rooms a second for one service. */
  roomsPerSecond: number;
}

const NAMES: Record<OwnedKind, string> = {
  transports: 'transports',
  producers: 'producers',
  consumers: 'consumers',
  dataProducers: 'data producers',
  dataConsumers: 'data consumers',
};

/**
 * @param has how many there are, with those that are being made
 * @throws CodedError `quota-exceeded`
 */
export function mustHaveRoomFor(kind: OwnedKind, has: number, limits: QuotaLimits): void {
  const limit = limits.perParticipant[kind];
  if (has >= limit) {
    throw new CodedError(
      'quota-exceeded',
      `A participant may have ${String(limit)} ${NAMES[kind]} in a room.`,
      { retryAfterS: RETRY_AFTER_S },
    );
  }
}

/** @throws CodedError `quota-exceeded` */
export function mustTakeRooms(has: number, limits: QuotaLimits): void {
  if (has >= limits.rooms) {
    throw new CodedError('quota-exceeded', `This server may have ${String(limits.rooms)} rooms.`, {
      retryAfterS: RETRY_AFTER_S,
    });
  }
}

/** How many participants a room takes, when its creator asks for so many. */
export function participantsOf(asked: number | undefined, limits: QuotaLimits): number {
  return Math.min(asked ?? limits.participantsPerRoom, limits.participantsPerRoom);
}
