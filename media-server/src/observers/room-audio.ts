/**
 * What is heard in a room, put together from its routers: levels and speaker for the feed, and whose sound is forwarded
 * if only the loudest are to be. The room creates it and stops it.
 */
import type { Log } from '@crossfade/service/log';
import type { Router } from 'mediasoup/types';
import { Emitter } from '../emitter.ts';
import { Sampler } from '../sampler.ts';
import { nextAudible, type Audible } from './audible.ts';
import {
  byParticipant,
  levelsWorthTelling,
  speakerAmong,
  type Level,
  type ParticipantLevel,
} from './levels.ts';
import { RouterAudio } from './router-audio.ts';

/** Milliseconds between two events of a kind, at least. */
const EVENT_INTERVAL_MS = 500;
/** Milliseconds all have to be silent until nobody is the speaker: people pause between sentences. */
const SILENCE_MS = 1_500;
/** How quickly places change among the loudest: a pause for breath costs nobody theirs. */
const AUDIBLE = { holdMs: 1_000, marginDb: 6 };

/** A track with sound. */
export interface AudioTrack {
  readonly id: string;
  readonly participantId: string;
  /** Whether it is forwarded, apart from what receivers want. */
  muffle(muffled: boolean): void;
}

export interface Speaker {
  participantId: string;
  producerId: string;
}

interface RoomAudioEvents {
  levels: [levels: ParticipantLevel[]];
  /** Null: nobody. */
  speaker: [speaker: Speaker | null];
}

export class RoomAudio extends Emitter<RoomAudioEvents> {
  readonly #log: Log;
  readonly #maxAudible: number | undefined;
  readonly #routers = new Map<Router, RouterAudio>();
  /** Those heard last, by the router they enter. */
  readonly #heard = new Map<Router, readonly Level[]>();
  /** Who speaks, by the router they enter. */
  readonly #dominant = new Map<Router, string>();
  readonly #tracks = new Map<string, AudioTrack>();
  readonly #levelEvents: Sampler<readonly ParticipantLevel[]>;
  readonly #speakerEvents: Sampler<string | null>;
  #speaker: string | null = null;
  #silenceTimer: NodeJS.Timeout | undefined;
  #audible: Audible = new Map();

  /** @param options.maxAudible how many of the loudest are forwarded; undefined: everyone */
  constructor(options: { maxAudible: number | undefined; log: Log }) {
    super(options.log);
    this.#log = options.log;
    this.#maxAudible = options.maxAudible;
    this.#levelEvents = new Sampler<readonly ParticipantLevel[]>({
      intervalMs: EVENT_INTERVAL_MS,
      initial: [],
      worthTelling: levelsWorthTelling,
      tell: (levels) => {
        this.emit('levels', [...levels]);
      },
    });
    this.#speakerEvents = new Sampler<string | null>({
      intervalMs: EVENT_INTERVAL_MS,
      initial: null,
      worthTelling: (told, speaker) => told !== speaker,
      tell: (speaker) => {
        this.#tellSpeaker(speaker);
      },
    });
  }

  /** A track that enters this router. */
  add(router: Router, track: AudioTrack): void {
    this.#tracks.set(track.id, track);
    this.#chooseAudible();
    const audio = this.#routers.get(router) ?? this.#listenTo(router);
    void audio.add(track.id);
  }

  remove(producerId: string): void {
    if (!this.#tracks.delete(producerId)) return;
    for (const [router, levels] of this.#heard) {
      this.#heard.set(
        router,
        levels.filter((level) => level.producerId !== producerId),
      );
    }
    for (const [router, id] of this.#dominant) if (id === producerId) this.#dominant.delete(router);
    if (this.#speaker === producerId) this.#setSpeaker(null);
    this.#changed();
  }

  stop(): void {
    clearTimeout(this.#silenceTimer);
    this.#levelEvents.stop();
    this.#speakerEvents.stop();
    this.#speaker = null;
    this.#tracks.clear();
  }

  #listenTo(router: Router): RouterAudio {
    const audio = new RouterAudio(router, this.#log)
      .on('levels', (levels) => {
        this.#heard.set(router, levels);
        this.#changed();
      })
      .on('speaker', (producerId) => {
        this.#dominant.set(router, producerId);
        this.#changed();
      });
    this.#routers.set(router, audio);
    // A room outlives the routers it has left.
    router.observer.once('close', () => {
      this.#routers.delete(router);
      this.#dominant.delete(router);
      if (this.#heard.delete(router)) this.#changed();
    });
    return audio;
  }

  #changed(): void {
    const levels = [...this.#heard.values()].flat().sort((one, other) => other.dbov - one.dbov);
    this.#levelEvents.offer(byParticipant(levels, (id) => this.#tracks.get(id)?.participantId));
    this.#chooseSpeaker(levels);
    this.#chooseAudible();
  }

  #chooseSpeaker(levels: readonly Level[]): void {
    const speaker = speakerAmong(levels, new Set(this.#dominant.values()), this.#speaker);
    if (speaker !== null) this.#setSpeaker(speaker);
    else if (this.#speaker !== null && !this.#silenceTimer) {
      this.#silenceTimer = setTimeout(() => {
        this.#setSpeaker(null);
      }, SILENCE_MS);
      this.#silenceTimer.unref();
    }
  }

  #setSpeaker(speaker: string | null): void {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = undefined;
    this.#speaker = speaker;
    this.#speakerEvents.offer(speaker);
  }

  #tellSpeaker(producerId: string | null): void {
    const track = producerId === null ? undefined : this.#tracks.get(producerId);
    this.emit('speaker', track ? { participantId: track.participantId, producerId: track.id } : null);
  }

  #chooseAudible(): void {
    if (this.#maxAudible === undefined) return;
    const levels = new Map(
      [...this.#heard.values()].flat().map(({ producerId, dbov }) => [producerId, dbov]),
    );
    const producers = [...this.#tracks.keys()];
    const limits = { ...AUDIBLE, max: this.#maxAudible };
    this.#audible = nextAudible(this.#audible, { producers, levels, now: performance.now() }, limits);
    for (const [id, track] of this.#tracks) track.muffle(!this.#audible.has(id));
  }
}
