/** What the gateway knows of a room on a media server: kept equal to it by the feed's events. Pure. */
import type { ProducerState, RoomSnapshot } from '@crossfade/shared/media-api';
import type { HeardEvent } from './feed-messages.ts';

export interface RoomPicture {
  /** Of the media server's process, and when the room was made: which room of this id it is. */
  readonly bootId: string;
  readonly createdAt: string;
  /** The last event this contains. */
  readonly seq: number;
  readonly producers: ReadonlyMap<string, ProducerState>;
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
  producers: ReadonlyMap<string, ProducerState>,
  event: HeardEvent,
): ReadonlyMap<string, ProducerState> {
  const changed = (producerId: string, change: Partial<ProducerState>) => {
    const before = producers.get(producerId);
    return before ? new Map(producers).set(producerId, { ...before, ...change }) : producers;
  };
  switch (event.type) {
    case 'new-producer': {
      const { producerId, participantId, kind, source, paused } = event;
      return new Map(producers).set(producerId, {
        producerId,
        participantId,
        kind,
        source,
        paused,
        // Who has just begun is taken in, all of it.
        pausedByServer: false,
        wantedSpatialLayer: null,
      });
    }
    case 'producer-closed': {
      const left = new Map(producers);
      left.delete(event.producerId);
      return left;
    }
    case 'producer-paused':
    case 'producer-resumed': {
      const paused = event.type === 'producer-paused';
      // What the media server pauses on its own account, for want of receivers, nobody has muted.
      return changed(event.producerId, event.by === 'server' ? { pausedByServer: paused } : { paused });
    }
    case 'producer-wanted-layers':
      return changed(event.producerId, { wantedSpatialLayer: event.spatialLayer });
    default:
      return producers;
  }
}

/** What turns one picture into another: for clients, after a resync by snapshot. */
export interface Differences {
  gone: ProducerState[];
  added: ProducerState[];
  /** Paused or resumed by who sends it. */
  muted: ProducerState[];
  /** Paused or resumed by the media server. */
  watched: ProducerState[];
  /** Wanted in other sizes. */
  layers: ProducerState[];
}

export function differences(
  before: ReadonlyMap<string, ProducerState>,
  after: ReadonlyMap<string, ProducerState>,
): Differences {
  const changed = (field: 'paused' | 'pausedByServer' | 'wantedSpatialLayer') =>
    [...after.values()].filter((now) => (before.get(now.producerId) ?? now)[field] !== now[field]);
  return {
    gone: [...before.values()].filter(({ producerId }) => !after.has(producerId)),
    added: [...after.values()].filter(({ producerId }) => !before.has(producerId)),
    muted: changed('paused'),
    watched: changed('pausedByServer'),
    layers: changed('wantedSpatialLayer'),
  };
}
