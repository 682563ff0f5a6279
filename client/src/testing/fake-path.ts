/** A media path for tests: does nothing by itself, and is told what has come about. */
import type { Mode, SignalEvent } from '@crossfade/shared/signalling';
import type { PathEvents } from '../path.ts';
import type { ReceivedTrack } from '../received-tracks.ts';
import type { Layers, SfuPathView } from '../sfu-view.ts';
import type { LinkHealth } from '../reconnection.ts';
import { TRACK_KINDS, mediumOf, type TrackKind } from '../track-kinds.ts';
import { FakeTrack } from './fake-stream.ts';

export class FakePath {
  readonly mode: Mode;
  readonly epoch: number;
  readonly events: PathEvents;
  isReady = true;
  begun = true;
  closed = false;
  ownProducerIds: readonly string[] = [];
  readonly links: { participantId: string; transitionId: string | undefined }[] = [];
  readonly signals: SignalEvent[] = [];
  /** The tracks that people hear of this path, by kind and participant. */
  readonly heard = new Set<string>();
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

  /** These tracks of this participant are there, and have been decoded or not. */
  bring(participantId: string, decoded: boolean, kinds: readonly TrackKind[] = ['audio', 'video']): void {
    for (const kind of kinds) {
      const key = `${kind} ${participantId}`;
      const receiver =
        this.#tracks.get(key)?.receiver ??
        ({ track: new FakeTrack(mediumOf(kind), `${key} over ${this.mode}`) } as unknown as RTCRtpReceiver);
      const heard = (isHeard: boolean) => {
        if (isHeard) this.heard.add(key);
        else this.heard.delete(key);
      };
      this.#tracks.set(key, { participantId, kind, receiver, decoded, heard });
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

  readonly paused = new Map<string, boolean>();

  producerPaused(producerId: string, paused: boolean): void {
    this.paused.set(producerId, paused);
  }

  readonly layers = new Map<string, Layers | null>();

  layersChanged(consumerId: string, _producerId: string, layers: Layers | null): void {
    this.layers.set(consumerId, layers);
  }

  get view(): SfuPathView {
    return { epoch: this.epoch, state: 'connected', producers: [], consumers: [] };
  }

  viewsChanged(): void {
    // Nothing is consumed.
  }

  ready(): boolean {
    return this.isReady;
  }

  reaches(participantId: string): boolean {
    return !this.broken.has(participantId);
  }

  health(participantId: string): LinkHealth {
    return this.broken.has(participantId) ? 'interrupted' : 'connected';
  }

  /** Whether it was asked to look again, and how. */
  readonly looks: boolean[] = [];

  lookAgain(doubt: boolean): void {
    this.looks.push(doubt);
  }

  syncLocal(): void {
    this.syncs += 1;
  }

  resume(): void {
    // There is no connection to repeat anything on.
  }

  forget(participantId: string): void {
    for (const kind of TRACK_KINDS) this.#tracks.delete(`${kind} ${participantId}`);
  }

  /** What it was given ready-made. */
  transports: object | undefined;
  /** Whether media flow on it. */
  flows = true;

  activate(): void {
    this.flows = true;
  }

  close(): void {
    this.closed = true;
  }
}
