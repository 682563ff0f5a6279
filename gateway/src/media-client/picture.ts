/** What the gateway knows of a room on a media server: kept equal to it by the feed's events. Pure. */
import type { ProducerInfo, RoomSnapshot } from '@crossfade/shared/media-api';
import type { HeardEvent } from './feed-messages.ts';

export interface RoomPicture {
  /** Of the media server's process, and when the room was made: which room of this id it is. */
  readonly bootId: string;
  readonly createdAt: string;
  /** The last event this contains. */
  readonly seq: number;
  readonly producers: ReadonlyMap<string, ProducerInfo>;
}

export function pictureOf(snapshot: RoomSnapshot): RoomPicture {
  const producers = new Map(snapshot.producers.map((producer) => [producer.producerId, producer]));
  const { bootId, createdAt, seq } = snapshot;
  return { bootId, createdAt, seq, producers };
}

/**
 * Whether a snapshot shows the room that is subscribed to, and not another one that has its id: made by a server that
 * has restarted, or since the last look, or under a newer epoch.
 */
export function standsFor(
  { bootId, createdAt, epoch }: RoomSnapshot,
  before: RoomPicture | undefined,
  subscribedEpoch: number,
): boolean {
  if (epoch > subscribedEpoch) return false;
  return !before || (before.bootId === bootId && before.createdAt === createdAt);
}

export type Applied =
  | { kind: 'applied'; picture: RoomPicture }
  /** Seen before: a replay and the live event crossed. */
  | { kind: 'known' }
  /** Something in between was missed: a resync is needed. */
  | { kind: 'gap' };

export function applyEvent(picture: RoomPicture, event: HeardEvent): Applied {
  if (event.bootId !== picture.bootId) return { kind: 'gap' };
  if (event.seq <= picture.seq) return { kind: 'known' };
  if (event.seq > picture.seq + 1) return { kind: 'gap' };
  return {
    kind: 'applied',
    picture: { ...picture, seq: event.seq, producers: producersAfter(picture.producers, event) },
  };
}

function producersAfter(
  producers: ReadonlyMap<string, ProducerInfo>,
  event: HeardEvent,
): ReadonlyMap<string, ProducerInfo> {
  switch (event.type) {
    case 'new-producer': {
      const { producerId, participantId, kind, source, paused } = event;
      return new Map(producers).set(producerId, { producerId, participantId, kind, source, paused });
    }
    case 'producer-closed': {
      const left = new Map(producers);
      left.delete(event.producerId);
      return left;
    }
    case 'producer-paused':
    case 'producer-resumed': {
      // What the media server pauses on its own account, for want of receivers, nobody has muted.
      if (event.by === 'server') return producers;
      const before = producers.get(event.producerId);
      if (!before) return producers;
      return new Map(producers).set(event.producerId, {
        ...before,
        paused: event.type === 'producer-paused',
      });
    }
    default:
      return producers;
  }
}

/** The events that turn one picture into another: for clients, after a resync by snapshot. */
export function differences(
  before: ReadonlyMap<string, ProducerInfo>,
  after: ReadonlyMap<string, ProducerInfo>,
): { gone: ProducerInfo[]; added: ProducerInfo[]; changed: ProducerInfo[] } {
  return {
    gone: [...before.values()].filter(({ producerId }) => !after.has(producerId)),
    added: [...after.values()].filter(({ producerId }) => !before.has(producerId)),
    changed: [...after.values()].filter(({ producerId, paused }) => {
      const earlier = before.get(producerId);
      return earlier !== undefined && earlier.paused !== paused;
    }),
  };
}
