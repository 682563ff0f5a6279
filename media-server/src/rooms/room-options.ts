/** What one room is made with. */
import type { Log } from '@crossfade/service/log';
import type { EntityCounts } from '../metrics/entity-counts.ts';
import type { Bitrates } from '../transports/options.ts';
import type { MediaWorker } from '../workers/worker.ts';
import type { RoomProfile } from './codecs.ts';
import type { NewcomerPlacement } from './room-routers.ts';

/** What an operator has set for all rooms. */
export interface MediaSettings {
  bitrates: Bitrates;
  /** Milliseconds without a receiver after which the server pauses a producer; 0: never. */
  unwatchedPauseMs: number;
  /** Milliseconds after which a sender is told that nobody wants its larger sizes; 0: never. */
  unwantedLayersMs: number;
}

export interface RoomOptions {
  id: string;
  epoch: number;
  profile: RoomProfile;
  /** How many participants may have transports here. */
  maxParticipants: number;
  /** How many of the loudest are forwarded; undefined: everyone. */
  maxAudibleSpeakers: number | undefined;
  media: MediaSettings;
  bootId: string;
  /** The event number it goes on from. */
  afterSeq: number;
  /** Where its first router is. */
  worker: MediaWorker;
  placement: NewcomerPlacement;
  counts: EntityCounts;
  log: Log;
}
