/**
 * The path through the media server: one transport to send, one to receive. Requests whose answers nobody needs to go
 * on are not waited for, so that the path stands after few round trips. Owned and closed by the crossfade; the room on
 * the media server is the gateway's to close.
 */
import type { types } from 'mediasoup-client';
import { CodedError } from '@crossfade/shared/errors';
import type {
  ConsumerAnswer,
  CreateTransportAnswer,
  ProducerDemand,
  ProducerInfo,
} from '@crossfade/shared/media-api';
import type { RtpCapabilities } from '@crossfade/shared/rtp';
import { ConsumerControl } from './consumer-control.ts';
import type { LocalTracks, MediaPath, PathEvents } from './path.ts';
import { ReceivedTracks } from './received-tracks.ts';
import { SfuSender } from './sfu-sender.ts';
import { pathState, type Layers, type SfuConsumer, type SfuPathView } from './sfu-view.ts';
import type { Request } from './signalling.ts';
import type { ExpectedTrack } from './switch.ts';
import { worst, type LinkHealth } from './reconnection.ts';
import { isReplaced } from './replaced-producers.ts';
import { isOfScreen, type TrackKind } from './track-kinds.ts';
import { keepConnected, type Upkeep } from './transport-upkeep.ts';
import { layerCount, PRIORITY, type VideoWish, type View } from './video-wish.ts';
import type { Views } from './views.ts';

export interface SfuOptions {
  callId: string;
  epoch: number;
  /** The own participant id: one's own producers are not consumed. */
  selfId: string;
  device: Promise<types.Device>;
  /** Who can reach nothing else reaches the media server by way of them. */
  iceServers: RTCIceServer[];
  /** Transports that are there already; they are asked for otherwise. */
  transports: Readonly<Record<'send' | 'recv', CreateTransportAnswer>> | undefined;
  local: LocalTracks;
  /** Whether the camera is sent in several sizes. */
  simulcast: boolean;
  /** What is shown of whom. */
  views: Pick<Views, 'wishFor' | 'relief'>;
  /** Whether people are seen on another path while this one is built. */
  besideAnother: boolean;
  /** Whether nothing is to flow until `activate`: the connections are made ahead of a switch. */
  standby: boolean;
  /** What the others say they send. */
  expected: () => readonly ExpectedTrack[];
  request: Request;
  events: PathEvents;
}

/** Which kind of track a source is shown as; injected sound has no place in the call yet. */
const SHOWN_SOURCES: Partial<Record<ProducerInfo['source'], TrackKind>> = {
  microphone: 'audio',
  camera: 'video',
  screen: 'screen',
  'screen-audio': 'screen-audio',
};
/**
 * How long is waited for the producers that are still to come, milliseconds. Each request costs a negotiation, which
 * takes a good part of a second on a busy machine. Who sees nobody yet wants the first picture soon; beside a path that
 * plays, the switch is over with the last track, and one negotiation gets there before several.
 */
const COLLECT_MS = { soon: 100, together: 1_000 };
/** Sound is wanted from everyone, whoever is seen. */
const HEARD: VideoWish = { kind: 'picture', view: null, priority: PRIORITY.others };
/** Pause before a request is repeated that failed for the moment, milliseconds. */
const RETRY_MS = 500;

interface Received {
  readonly consumer: types.Consumer;
  readonly control: ConsumerControl;
}

export class SfuPath implements MediaPath {
  readonly mode = 'sfu';
  readonly received: ReceivedTracks;
  readonly #options: SfuOptions;
  readonly #sender: SfuSender;
  readonly #receiving: Promise<types.Transport>;
  #receiver: types.Transport | null = null;
  readonly #upkeeps: Upkeep[] = [];
  /** What others produce, by producer id. */
  readonly #known = new Map<string, ProducerInfo>();
  readonly #consumers = new Map<string, Received>();
  readonly #toConsume = new Set<string>();
  /** Which of several sizes is being sent, by consumer id. */
  readonly #layers = new Map<string, Layers | null>();
  #collecting: ReturnType<typeof setTimeout> | null = null;
  #standby: boolean;
  #closed = false;

  /** Builds the path at once. */
  constructor(options: SfuOptions) {
    const { callId, epoch, device, local, simulcast, standby, request, events } = options;
    this.#options = options;
    this.#standby = standby;
    this.received = new ReceivedTracks(events.changed);
    this.#sender = new SfuSender({
      callId,
      epoch,
      local,
      simulcast,
      standby,
      request,
      events: { ...events, failed: (reason) => this.#fail(reason) },
      transport: this.#createTransport('send'),
      device,
    });
    this.#receiving = this.#createTransport('recv');
    this.#receiving.then(
      (transport) => (this.#receiver = transport),
      (error: unknown) => this.#fail(describe('receiving', error)),
    );
    this.#sender.sync();
  }

  /** From now on media flow: a path that stood by is used. */
  activate(): void {
    if (!this.#standby) return;
    this.#standby = false;
    this.#sender.activate();
    this.viewsChanged();
  }

  get epoch(): number {
    return this.#options.epoch;
  }

  /** The ids of the own producers the media server has acknowledged. */
  get ownProducerIds(): readonly string[] {
    return this.#sender.producerIds;
  }

  /** What an application sees of it. */
  get view(): SfuPathView {
    const receiving = {
      connection: this.#receiver?.connectionState ?? null,
      // It only connects once there is something to receive.
      used: this.#consumers.size > 0,
    };
    return {
      epoch: this.epoch,
      state: pathState([this.#sender.direction, receiving]),
      producers: this.#sender.producers,
      consumers: [...this.#consumers.values()].flatMap((consumer) => this.#viewOf(consumer)),
    };
  }

  /** Takes over a full list of what there is: consumes what is new, drops what is gone. */
  setProducers(producers: readonly ProducerInfo[]): void {
    const listed = new Set(producers.map(({ producerId }) => producerId));
    for (const id of this.#known.keys()) if (!listed.has(id)) this.removeProducer(id);
    for (const producer of producers) this.addProducer(producer);
  }

  addProducer(producer: ProducerInfo): void {
    const { participantId, producerId, source } = producer;
    if (participantId === this.#options.selfId || SHOWN_SOURCES[source] === undefined) return;
    if (this.#known.has(producerId)) {
      this.producerPaused(producerId, producer.paused);
      return;
    }
    this.#known.set(producerId, producer);
    this.#want(producerId);
  }

  /** Its owner has muted it, or not any more. */
  producerPaused(producerId: string, paused: boolean): void {
    const known = this.#known.get(producerId);
    if (!known || known.paused === paused) return;
    this.#known.set(producerId, { ...known, paused });
    this.#options.events.changed();
  }

  /** Another of several sizes is being sent to a consumer; null: none. */
  layersChanged(consumerId: string, producerId: string, layers: Layers | null): void {
    const entry = this.#consumers.get(producerId);
    if (entry?.consumer.id !== consumerId) return;
    entry.control.layerChanged(layers?.spatialLayer ?? null);
    this.#layers.set(consumerId, layers);
    this.#options.events.changed();
  }

  removeProducer(producerId: string): void {
    this.#known.delete(producerId);
    this.#toConsume.delete(producerId);
    this.#dropConsumer(producerId);
  }

  /** The media server closed a consumer; its producer may be offered again under another id. */
  removeConsumer(producerId: string, consumerId: string): void {
    if (this.#consumers.get(producerId)?.consumer.id !== consumerId) return;
    this.removeProducer(producerId);
  }

  /** What of an own producer somebody receives. */
  followDemand(producerId: string, change: Partial<ProducerDemand>): void {
    this.#sender.follow(producerId, change);
  }

  /** While the gateway is out of reach nobody could tell that somebody begins to receive. */
  sendEverything(): void {
    this.#sender.sendEverything();
  }

  /** Something else is shown, or another way. */
  viewsChanged(): void {
    for (const { control } of this.#consumers.values()) void control.settle();
  }

  ready(): boolean {
    return this.#sender.ready;
  }

  /** Whether own media have begun to get there: enough for whoever leaves no path behind. */
  get begun(): boolean {
    return this.#sender.begun;
  }

  reaches(): boolean {
    // The receiving transport only connects once there is something to receive.
    if (this.#consumers.size === 0) return this.#sender.ready;
    return this.#receiver?.connectionState === 'connected';
  }

  health(): LinkHealth {
    const health = worst(this.#upkeeps.map((upkeep) => upkeep.health));
    if (health === 'failed' || health === 'interrupted') return health;
    return this.reaches() ? 'connected' : 'connecting';
  }

  syncLocal(): void {
    this.#sender.sync();
  }

  lookAgain(doubt: boolean): void {
    for (const upkeep of this.#upkeeps) upkeep.lookAgain(doubt);
  }

  resume(): void {
    // The media server could not be asked for a restart of ICE meanwhile.
    this.lookAgain(false);
    this.#sender.sync();
    for (const id of this.#known.keys()) if (!this.#consumers.has(id)) this.#want(id);
    this.viewsChanged();
  }

  forget(participantId: string): void {
    for (const { producerId, participantId: owner } of [...this.#known.values()]) {
      if (owner === participantId) this.removeProducer(producerId);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#collecting) clearTimeout(this.#collecting);
    for (const { control } of this.#consumers.values()) control.close();
    this.#sender.close();
    this.#receiving.then((transport) => transport.close()).catch(() => undefined);
    this.received.close();
  }

  async #createTransport(direction: 'send' | 'recv'): Promise<types.Transport> {
    const { callId, epoch, request, events } = this.#options;
    const [device, answer] = await Promise.all([
      this.#options.device,
      this.#options.transports?.[direction] ??
        request('media:create-transport', { callId, epoch, direction }),
    ]);
    if (this.#closed) throw new CodedError('transition-over');
    const options = { ...answer, iceServers: this.#options.iceServers };
    const transport =
      direction === 'send' ? device.createSendTransport(options) : device.createRecvTransport(options);
    const transportId = transport.id;
    transport.on('connect', ({ dtlsParameters }, done) => {
      request('media:connect-transport', { callId, epoch, transportId, dtlsParameters }).catch(
        (error: unknown) => this.#fail(describe('connecting', error)),
      );
      // Not awaited: ICE and the next request are under way meanwhile.
      done();
    });
    this.#upkeeps.push(
      keepConnected(transport, {
        restart: () => request('media:restart-ice', { callId, epoch, transportId }),
        changed: events.changed,
        failed: (reason) => this.#fail(reason),
      }),
    );
    return transport;
  }

  #want(producerId: string): void {
    this.#toConsume.add(producerId);
    if (this.#isComplete()) this.#endCollecting();
    else
      this.#collecting ??= setTimeout(
        () => this.#endCollecting(),
        this.#options.besideAnother ? COLLECT_MS.together : COLLECT_MS.soon,
      );
  }

  /** Whether everything that others say they send can be asked for. */
  #isComplete(): boolean {
    const known = [...this.#known.values()];
    return this.#options
      .expected()
      .every((track) =>
        known.some(
          ({ participantId, source }) =>
            participantId === track.participantId && SHOWN_SOURCES[source] === track.kind,
        ),
      );
  }

  #endCollecting(): void {
    if (this.#collecting) clearTimeout(this.#collecting);
    this.#collecting = null;
    // In the next turn at the earliest: a list of producers is gone through one by one.
    void this.#receiving
      .then(() => this.#consumeBatch())
      // The transport did not come about: that has been told.
      .catch(() => undefined);
  }

  async #consumeBatch(): Promise<void> {
    const producerIds = [...this.#toConsume];
    this.#toConsume.clear();
    if (producerIds.length === 0 || this.#closed) return;
    const { callId, epoch, request } = this.#options;
    const [transport, device] = await Promise.all([this.#receiving, this.#options.device]);
    try {
      const answer = await request('media:consume', {
        callId,
        epoch,
        transportId: transport.id,
        producerIds,
        rtpCapabilities: device.recvRtpCapabilities as RtpCapabilities,
      });
      const { consumers, refused } = 'consumers' in answer ? answer : { consumers: [answer], refused: [] };
      // A producer that is gone meanwhile is no failure: an event tells.
      const failure = refused.find(({ code }) => code !== 'producer-not-found');
      if (failure) this.#fail(`receiving: ${failure.code}`);
      await Promise.all(consumers.map((offer) => this.#consume(transport, offer)));
    } catch (error) {
      if (error instanceof CodedError && error.retryable) {
        setTimeout(() => {
          for (const id of producerIds) if (this.#known.has(id) && !this.#closed) this.#want(id);
        }, RETRY_MS);
      } else this.#fail(describe('receiving', error));
    }
  }

  async #consume(
    transport: types.Transport,
    { id, producerId, kind: mediaKind, rtpParameters }: ConsumerAnswer,
  ): Promise<void> {
    const producer = this.#known.get(producerId);
    const kind = producer && SHOWN_SOURCES[producer.source];
    if (!producer || !kind || this.#closed) return;
    const { participantId } = producer;
    // One stream id for picture and sound of the same thing keeps them together.
    const consumer = await transport.consume({
      id,
      producerId,
      kind: mediaKind,
      rtpParameters: rtpParameters as types.RtpParameters,
      streamId: isOfScreen(kind) ? `${participantId}-screen` : participantId,
    });
    // The producer may have gone, or have been consumed twice, while this was under way.
    const isReceived = (other: string) => this.#consumers.has(other);
    if (
      !this.#known.has(producerId) ||
      isReceived(producerId) ||
      isReplaced(producer, [...this.#known.values()], isReceived)
    ) {
      consumer.close();
      return;
    }
    const control = this.#controlOf(consumer, producer);
    this.#consumers.set(producerId, { consumer, control });
    const receiver = consumer.rtpReceiver;
    if (receiver) this.received.add(participantId, kind, receiver);
    await control.settle();
  }

  #controlOf({ id, kind, track, rtpParameters }: types.Consumer, producer: ProducerInfo): ConsumerControl {
    const { callId, epoch, request, views } = this.#options;
    const { participantId, source } = producer;
    const video = kind === 'video';
    return new ConsumerControl({
      callId,
      epoch,
      consumerId: id,
      request,
      layers: video ? layerCount(rtpParameters.encodings) : 1,
      wish: () => (video ? views.wishFor(participantId, source === 'screen' ? 'screen' : 'camera') : HEARD),
      flows: () => !this.#standby,
      relief: () => views.relief,
      decodedSize: () => sizeOf(track),
      changed: () => this.#options.events.changed(),
      failed: (error) => this.#fail(describe('receiving', error)),
    });
  }

  #dropConsumer(producerId: string): void {
    const entry = this.#consumers.get(producerId);
    if (!entry) return;
    const { consumer, control } = entry;
    this.#consumers.delete(producerId);
    this.#layers.delete(consumer.id);
    control.close();
    const track = this.received.all().find(({ receiver }) => receiver === consumer.rtpReceiver);
    consumer.close();
    if (track) this.received.remove(track.participantId, track.kind);
  }

  #viewOf({ consumer: { id, producerId }, control }: Received): SfuConsumer[] {
    const producer = this.#known.get(producerId);
    if (!producer) return [];
    const { participantId, kind, source, paused } = producer;
    return [
      {
        id,
        producerId,
        participantId,
        kind,
        source,
        paused: control.paused,
        producerPaused: paused,
        wantedLayer: control.layer,
        currentLayers: this.#layers.get(id) ?? null,
      },
    ];
  }

  #fail(reason: string): void {
    if (!this.#closed) this.#options.events.failed(reason);
  }
}

function describe(step: string, error: unknown): string {
  const detail = error instanceof CodedError ? error.code : String(error);
  return `${step}: ${detail}`;
}

/** The size of what a remote track shows at the moment. */
function sizeOf(track: MediaStreamTrack): View | null {
  const { width = 0, height = 0 } = track.getSettings();
  return width > 0 && height > 0 ? { width, height } : null;
}
