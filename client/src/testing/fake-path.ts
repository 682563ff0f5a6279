/** A media path for tests: does nothing by itself, and is told what has come about. */
import type { Mode, SignalEvent } from '@crossfade/shared/signalling';
import type { PathEvents } from '../path.ts';
import type { ReceivedTrack, TrackKind } from '../received-tracks.ts';
import { FakeTrack } from './fake-stream.ts';

export class FakePath {
  readonly mode: Mode;
  readonly epoch: number;
  readonly events: PathEvents;
  isReady = true;
  closed = false;
  ownProducerIds: readonly string[] = [];
  readonly links: { participantId: string; transitionId: string | undefined }[] = [];
  readonly signals: SignalEvent[] = [];
  producers: readonly { producerId: string }[] = [];
  syncs = 0;
  readonly broken = new Set<string>();
  readonly #tracks = new Map<string, ReceivedTrack>();

  readonly received = {
    find: (participantId: string, kind: TrackKind) => this.#tracks.get(`${kind} ${participantId}`) ?? null,
  };

  constructor(mode: Mode, epoch: number, events: PathEvents) {
    this.mode = mode;
    this.epoch = epoch;
    this.events = events;
  }

  /** The tracks of this participant are there, and have been decoded or not. */
  bring(participantId: string, decoded: boolean, kinds: readonly TrackKind[] = ['audio', 'video']): void {
    for (const kind of kinds) {
      const key = `${kind} ${participantId}`;
      const receiver =
        this.#tracks.get(key)?.receiver ??
        ({ track: new FakeTrack(kind, `${key} over ${this.mode}`) } as unknown as RTCRtpReceiver);
      this.#tracks.set(key, { participantId, kind, receiver, decoded });
    }
    this.events.changed();
  }

  link(participantId: string, transitionId?: string): void {
    if (!this.linked(participantId)) this.links.push({ participantId, transitionId });
  }

  linked(participantId: string): boolean {
    return this.links.some((link) => link.participantId === participantId);
  }

  receive(signal: SignalEvent): void {
    this.signals.push(signal);
  }

  setProducers(producers: readonly { producerId: string }[]): void {
    this.producers = producers;
  }

  addProducer(producer: { producerId: string }): void {
    this.producers = [...this.producers, producer];
  }

  removeProducer(producerId: string): void {
    this.producers = this.producers.filter((producer) => producer.producerId !== producerId);
  }

  removeConsumer(): void {
    // Nothing is consumed.
  }

  /** What of the own producers is sent, as last told. */
  readonly demands = new Map<string, object>();

  followDemand(producerId: string, change: object): void {
    this.demands.set(producerId, { ...this.demands.get(producerId), ...change });
  }

  sendEverything(): void {
    this.demands.clear();
  }

  viewsChanged(): void {
    // Nothing is consumed.
  }

  layerChanged(): void {
    // Nothing is consumed.
  }

  ready(): boolean {
    return this.isReady;
  }

  reaches(participantId: string): boolean {
    return !this.broken.has(participantId);
  }

  syncLocal(): void {
    this.syncs += 1;
  }

  resume(): void {
    // There is no connection to repeat anything on.
  }

  forget(participantId: string): void {
    this.#tracks.delete(`audio ${participantId}`);
    this.#tracks.delete(`video ${participantId}`);
  }

  close(): void {
    this.closed = true;
  }
}
