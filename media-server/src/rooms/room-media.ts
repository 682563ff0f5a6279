/**
 * What a room has in workers: its routers, and what listens to the sound in them. The room makes one, and another one
 * when it is moved, for all of this goes with a worker. What is made in it belongs to the room.
 */
import type { Log } from '@crossfade/service/log';
import { inSpan } from '@crossfade/service/tracing';
import { CodedError } from '@crossfade/shared/errors';
import type { WebRtcTransport } from 'mediasoup/types';
import type { EntityCounts } from '../metrics/entity-counts.ts';
import { RoomAudio } from '../observers/room-audio.ts';
import type { Producer } from '../producers/producer.ts';
import { transportOptions, type Bitrates } from '../transports/options.ts';
import { ask } from '../workers/ask.ts';
import type { MediaWorker } from '../workers/worker.ts';
import type { PipeSource } from './link.ts';
import type { PipeHold } from './pipes.ts';
import { RoomRouters, type NewcomerPlacement, type Share, type Site } from './room-routers.ts';
import { tellOfAudio, type Audience } from './telling.ts';

export interface RoomMediaOptions {
  first: Site;
  placement: NewcomerPlacement;
  counts: EntityCounts;
  /** How many of the loudest are forwarded; undefined: everyone. */
  maxAudible: number | undefined;
  /** Is told what is heard. */
  audience: Audience;
  log: Log;
  /** A router was lost with its worker; called for each of them. */
  onWorkerGone: (worker: MediaWorker) => void;
}

/** What is sent by somebody, as far as bringing it to others goes. */
interface Source {
  readonly id: string;
  readonly participantId: string;
  readonly closed: boolean;
}

/** What a consumer of media and one of data have in common here. */
interface Follower {
  readonly closed: boolean;
  on(event: 'closed', listener: () => void): unknown;
  close(): void;
}

const GONE = { media: 'producer-not-found', data: 'data-producer-not-found' } as const;

export class RoomMedia {
  readonly #routers: RoomRouters;
  readonly #audio: RoomAudio;

  constructor({ first, placement, counts, maxAudible, audience, log, onWorkerGone }: RoomMediaOptions) {
    this.#routers = new RoomRouters({ first, placement, counts, onWorkerGone });
    this.#audio = new RoomAudio({ maxAudible, log });
    tellOfAudio(this.#audio, audience);
  }

  /** Producers that are brought to another worker at the moment. */
  get pipeCount(): number {
    return this.#routers.pipeCount;
  }

  /** How much of the room is in which worker. */
  get shares(): Share[] {
    return this.#routers.shares;
  }

  isIn(worker: MediaWorker): boolean {
    return this.#routers.isIn(worker);
  }

  /** A transport where this participant is; a newcomer gets a seat. @throws CodedError `no-capacity`, `timeout` */
  async createTransport(request: {
    participantId: string;
    forceTcp: boolean;
    sctp: boolean;
    bitrates: Bitrates;
  }): Promise<WebRtcTransport> {
    const { participantId, ...options } = request;
    const { worker, router } = await this.#routers.seat(participantId);
    const { webRtcServer } = worker;
    return ask(
      inSpan('worker createTransport', () =>
        router.createWebRtcTransport(transportOptions({ webRtcServer, ...options })),
      ),
      (late) => {
        late.close();
      },
    );
  }

  /** The participant has nothing here any more. */
  unseat(participantId: string): void {
    this.#routers.unseat(participantId);
  }

  /** Counts a consumer of this participant until the function it returns is called. */
  countConsumer(participantId: string): () => void {
    return this.#routers.countConsumer(participantId);
  }

  /** Listens to a producer, if its voice competes: what is played into the call, or shown in it, is meant to be heard. */
  listenTo(producer: Producer): void {
    if (producer.source !== 'microphone') return;
    this.#audio.add(this.#routers.siteOf(producer.participantId).router, producer);
  }

  /** The producer is not to be heard any more, if it was. */
  forget(producer: Producer): void {
    this.#audio.remove(producer.id);
  }

  /**
   * Brings what somebody sends to where the receiver is, and has it consumed there. Two requests to workers may be
   * needed; together they take no longer than one.
   * @param consume gets the id that the source has there
   * @throws CodedError `producer-not-found`, `data-producer-not-found` if it is the receiver's own, or gone meanwhile;
   *   `no-capacity`, `timeout`; what `consume` throws
   */
  follow<F extends Follower>(
    kind: PipeSource['kind'],
    source: Source,
    receiver: string,
    consume: (localId: string) => Promise<F>,
  ): Promise<F> {
    const making = async () => {
      // Nobody receives what they send themselves.
      if (source.participantId === receiver) throw new CodedError(GONE[kind]);
      const hold = await this.#bring(kind, source, receiver);
      const release = () => {
        hold.release();
      };
      try {
        const follower = await consume(hold.id);
        follower.on('closed', release);
        if (follower.closed) release();
        return follower;
      } catch (error) {
        release();
        throw error;
      }
    };
    return ask(making(), (late) => {
      late.close();
    });
  }

  /** Its workers are gone, or the room is: nothing can be made in it any more. */
  close(): void {
    this.#audio.stop();
    this.#routers.close();
  }

  /** Makes sure that what somebody sends can be consumed where this participant is. */
  async #bring(kind: PipeSource['kind'], source: Source, receiver: string): Promise<PipeHold> {
    const { id, participantId } = source;
    try {
      return await this.#routers.bring({ kind, id }, participantId, receiver);
    } catch (cause) {
      if (cause instanceof CodedError) throw cause;
      throw new CodedError(source.closed ? GONE[kind] : 'no-capacity', undefined, { cause });
    }
  }
}
