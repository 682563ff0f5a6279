/**
 * Listens to the microphones that enter one router: how loud they are, and who of them speaks. mediasoup's observers are
 * made with the first microphone, so that a room that is only created costs nothing. They end with the router.
 */
import { setImmediate } from 'node:timers/promises';
import type { Log } from '@crossfade/service/log';
import type { ActiveSpeakerObserver, AudioLevelObserver, Router } from 'mediasoup/types';
import { Emitter } from '../emitter.ts';
import { ask } from '../workers/ask.ts';
import type { Level } from './levels.ts';

/** Milliseconds a level is averaged over. mediasoup wants 10 packets of each, 200 ms of speech, to count it. */
const INTERVAL_MS = 400;
/** dBov below which nobody is heard; a quiet room is at about -70. */
const THRESHOLD_DBOV = -60;
/** The most that create's `maxAudibleSpeakers` and the feed together can ask for. */
const MAX_ENTRIES = 60;

interface RouterAudioEvents {
  /** Those heard, loudest first; empty once all are silent. */
  levels: [levels: Level[]];
  /** mediasoup takes this producer for the one who speaks. */
  speaker: [producerId: string];
}

interface Observers {
  levels: AudioLevelObserver;
  speaker: ActiveSpeakerObserver;
}

export class RouterAudio extends Emitter<RouterAudioEvents> {
  readonly #router: Router;
  readonly #log: Log;
  #observers: Promise<Observers> | undefined;

  constructor(router: Router, log: Log) {
    super(log);
    this.#router = router;
    this.#log = log;
  }

  /** A producer that enters this router. It is forgotten by itself when it is closed. */
  async add(producerId: string): Promise<void> {
    try {
      // Whoever produces is answered first: making the observers takes as long as making the producer.
      await setImmediate();
      const { levels, speaker } = await (this.#observers ??= this.#observe());
      await Promise.all([ask(levels.addProducer({ producerId })), ask(speaker.addProducer({ producerId }))]);
    } catch (error) {
      // Mostly it was closed meanwhile. The call goes on without knowing how loud it is.
      this.#log.debug('a microphone is not observed', { producerId, error });
    }
  }

  async #observe(): Promise<Observers> {
    const [levels, speaker] = await Promise.all([
      ask(
        this.#router.createAudioLevelObserver({
          maxEntries: MAX_ENTRIES,
          threshold: THRESHOLD_DBOV,
          interval: INTERVAL_MS,
        }),
      ),
      ask(this.#router.createActiveSpeakerObserver({ interval: INTERVAL_MS })),
    ]);
    levels.on('volumes', (volumes) => {
      this.emit(
        'levels',
        volumes.map(({ producer, volume }) => ({ producerId: producer.id, dbov: volume })),
      );
    });
    levels.on('silence', () => {
      this.emit('levels', []);
    });
    speaker.on('dominantspeaker', ({ producer }) => {
      this.emit('speaker', producer.id);
    });
    return { levels, speaker };
  }
}
