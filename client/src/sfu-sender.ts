/**
 * What this client sends to the media server. Wishes (a track, another track, muted or not) come at any moment; one
 * loop per kind brings the media server's side in line with the newest. Owned and closed by its path.
 */
import type { types } from 'mediasoup-client';
import { CodedError } from '@crossfade/shared/errors';
import type { ProducerDemand } from '@crossfade/shared/media-api';
import type { RtpParameters } from '@crossfade/shared/rtp';
import type { ClientRequest } from '@crossfade/shared/signalling';
import { cameraEncodings } from './camera-encodings.ts';
import type { LocalTracks, PathEvents } from './path.ts';
import { randomId } from './random-id.ts';
import { SCREEN_ENCODING } from './screen-share.ts';
import { EVERYTHING, NOTHING, SentEncodings } from './sent-encodings.ts';
import type { Direction, SfuProducer } from './sfu-view.ts';
import type { Request } from './signalling.ts';
import { isOfScreen, mediumOf, type TrackKind } from './track-kinds.ts';

export interface SenderOptions {
  callId: string;
  epoch: number;
  local: LocalTracks;
  /** Whether the camera is sent in several sizes, if the codec can. */
  simulcast: boolean;
  /** Whether nothing is sent until `activate`. */
  standby: boolean;
  request: Request;
  events: PathEvents;
  transport: Promise<types.Transport>;
  device: Promise<types.Device>;
}

interface Sent {
  producer: types.Producer;
  /** The media server's id of it, once it has answered. */
  id: string;
  paused: boolean;
  encodings: SentEncodings | null;
}

/** Video first: the tracks are set up one after the other, and a picture takes longer to get through. */
const KINDS = ['video', 'audio', 'screen', 'screen-audio'] as const satisfies readonly TrackKind[];
const SOURCE = {
  audio: 'microphone',
  video: 'camera',
  screen: 'screen',
  'screen-audio': 'screen-audio',
} as const satisfies Record<TrackKind, string>;
/** What the encoder starts at, kbit/s: the default of 300 shows mush for seconds after a switch. */
const VIDEO_START_KBPS = 1_000;
/** Pause before a request is repeated that failed for the moment, milliseconds. */
const RETRY_MS = 500;

export class SfuSender {
  readonly #options: SenderOptions;
  readonly #sent = new Map<TrackKind, Sent>();
  readonly #busy = new Set<TrackKind>();
  readonly #again = new Set<TrackKind>();
  /** What the token does not allow this client to send: it takes part by listening. */
  readonly #barred = new Set<TrackKind>();
  /** What the media server wants of each producer; of one that is being set up, too. */
  readonly #demands = new Map<string, ProducerDemand>();
  #transport: types.Transport | null = null;
  #standby: boolean;
  #closed = false;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#standby = options.standby;
    options.transport.then(
      (transport) => {
        this.#transport = transport;
        transport.on('produce', ({ kind: medium, rtpParameters, appData }, done) => {
          const { kind, answered, paused } = appData as unknown as ProduceTicket;
          const { callId, epoch } = this.#options;
          const asked = {
            callId,
            epoch,
            transportId: transport.id,
            kind: medium,
            rtpParameters: rtpParameters as RtpParameters,
            source: SOURCE[kind],
            paused,
            idempotencyKey: randomId(),
          };
          answered.resolve(this.#askToProduce(asked));
          // Not awaited, so that the second track need not wait for the first. This id is only a local name.
          done({ id: `${kind}-${transport.id}` });
        });
      },
      (error: unknown) => this.#fail(error),
    );
  }

  get producerIds(): readonly string[] {
    return [...this.#sent.values()].map(({ id }) => id);
  }

  /** What is sent, as an application sees it. */
  get producers(): SfuProducer[] {
    return [...this.#sent].map(([kind, { id, paused }]) => {
      const { pausedByServer, wantedSpatialLayer } = this.#demands.get(id) ?? EVERYTHING;
      const pausedBy = paused ? 'owner' : pausedByServer ? 'server' : null;
      return { id, kind: mediumOf(kind), source: SOURCE[kind], pausedBy, wantedLayer: wantedSpatialLayer };
    });
  }

  get direction(): Direction {
    return {
      connection: this.#transport?.connectionState ?? null,
      used: this.#toSend().length > 0,
    };
  }

  /** Whether everything there is to send is sent, as far as this end can tell. */
  get ready(): boolean {
    const toSend = this.#toSend();
    if (toSend.length === 0) return this.#transport !== null;
    return this.#transport?.connectionState === 'connected' && toSend.every((kind) => this.#sent.has(kind));
  }

  /** Whether the media server is reached: something is sent, or there is nothing to send. */
  get begun(): boolean {
    return this.ready || (this.#transport?.connectionState === 'connected' && this.#sent.size > 0);
  }

  /** From now on it is sent. What the media server said before, while nobody received anything, is out of date. */
  activate(): void {
    this.#standby = false;
    this.sendEverything();
  }

  /** The media server tells what of a producer somebody receives; the rest is not sent. At once, whatever else is under way. */
  follow(producerId: string, change: Partial<ProducerDemand>): void {
    const demand = { ...(this.#demands.get(producerId) ?? EVERYTHING), ...change };
    this.#demands.set(producerId, demand);
    if (this.#standby) return;
    for (const { id, encodings } of this.#sent.values()) if (id === producerId) encodings?.follow(demand);
    this.#options.events.changed();
  }

  /** The media server can tell nothing for now: whoever begins to receive must not wait for that. */
  sendEverything(): void {
    this.#demands.clear();
    if (this.#standby) return;
    for (const { encodings } of this.#sent.values()) encodings?.follow(EVERYTHING);
  }

  /** Brings what is sent in line with what the local media say now. */
  sync(): void {
    for (const kind of KINDS) {
      if (this.#busy.has(kind)) this.#again.add(kind);
      else void this.#settle(kind);
    }
  }

  close(): void {
    this.#closed = true;
    for (const { encodings } of this.#sent.values()) encodings?.close();
    this.#options.transport.then((transport) => transport.close()).catch(() => undefined);
  }

  #toSend(): readonly TrackKind[] {
    return KINDS.filter((kind) => this.#options.local.track(kind) !== null && !this.#barred.has(kind));
  }

  async #settle(kind: TrackKind): Promise<void> {
    this.#busy.add(kind);
    try {
      do {
        this.#again.delete(kind);
        await this.#settleOnce(kind);
      } while (this.#again.has(kind) && !this.#closed);
    } catch (error) {
      if (error instanceof CodedError && error.retryable) {
        setTimeout(() => {
          if (!this.#closed) this.sync();
        }, RETRY_MS);
      } else this.#fail(error);
    } finally {
      this.#busy.delete(kind);
    }
    this.#options.events.changed();
  }

  async #settleOnce(kind: TrackKind): Promise<void> {
    const { local, request, callId, epoch } = this.#options;
    const [transport, device] = await Promise.all([this.#options.transport, this.#options.device]);
    const track = local.track(kind);
    const sent = this.#sent.get(kind);
    if (!sent) {
      if (track && !this.#barred.has(kind)) await this.#produce(transport, device, kind, track);
      return;
    }
    // Shared again before its end could be told: that comes first.
    if (isOfScreen(kind) && (!track || sent.producer.closed)) {
      await this.#endProducer(kind, sent);
      return;
    }
    if (track && sent.producer.track !== track) await sent.producer.replaceTrack({ track });
    const paused = this.#isPaused(kind);
    if (sent.paused === paused) return;
    const name = paused ? 'media:pause-producer' : 'media:resume-producer';
    try {
      await request(name, { callId, epoch, producerId: sent.id });
    } catch (error) {
      // A moderator was quicker; what is allowed now is about to be told, and then this is settled again.
      if (error instanceof CodedError && error.code === 'blocked-by-moderator') return;
      // It flows once this participant has the floor; the gateway sees to that.
      if (!(error instanceof CodedError && error.code === 'not-floor-holder')) throw error;
    }
    this.#sent.set(kind, { ...sent, paused });
    this.#again.add(kind);
  }

  async #produce(
    transport: types.Transport,
    device: types.Device,
    kind: TrackKind,
    track: MediaStreamTrack,
  ): Promise<void> {
    const paused = this.#isPaused(kind);
    const answered = Promise.withResolvers<string>();
    // The rejection is seen below; without this it would count as unhandled until then.
    answered.promise.catch(() => undefined);
    const ticket: ProduceTicket = { kind, answered, paused };
    const producer = await transport.produce({
      track,
      // The tracks belong to the local media: neither stopped nor switched off by a path.
      stopTracks: false,
      disableTrackOnPause: false,
      ...(mediumOf(kind) === 'audio'
        ? { codecOptions: { opusFec: true } }
        : {
            ...this.#asVideo(kind, track, device),
            codecOptions: { videoGoogleStartBitrate: VIDEO_START_KBPS },
          }),
      appData: { ...ticket },
    });
    const id = await answered.promise.catch((error: unknown) => {
      producer.close();
      if (error instanceof CodedError && error.code === 'blocked-by-moderator') return null;
      if (!(error instanceof CodedError && error.code === 'forbidden')) throw error;
      this.#barred.add(kind);
      this.#options.events.barred();
      return null;
    });
    if (id === null) return;
    const encodings = producer.rtpSender ? new SentEncodings(producer.rtpSender) : null;
    this.#sent.set(kind, { producer, id, paused, encodings });
    // It may have been told before its id was known here.
    const demand = this.#standby ? NOTHING : this.#demands.get(id);
    if (demand) encodings?.follow(demand);
    // Muting or another device may have been chosen meanwhile.
    this.#again.add(kind);
  }

  /**
   * Repeats the request until it is known what became of it. A second producer in its place would leave the first one behind,
   * whom others might take for this track, and hear nothing.
   */
  async #askToProduce(asked: ClientRequest<'media:produce'>): Promise<string> {
    while (!this.#closed) {
      try {
        return (await this.#options.request('media:produce', asked)).id;
      } catch (error) {
        if (!(error instanceof CodedError && error.retryable)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    throw new CodedError('transition-over');
  }

  #isPaused(kind: TrackKind): boolean {
    return !isOfScreen(kind) && !this.#options.local.state[kind];
  }

  /** A screen that is not shared any more is gone, not muted: the next one is another. */
  async #endProducer(kind: TrackKind, { producer, id, encodings }: Sent): Promise<void> {
    const { request, callId, epoch } = this.#options;
    encodings?.close();
    producer.close();
    try {
      await request('media:close-producer', { callId, epoch, producerId: id });
    } catch (error) {
      // A moderator's word has closed it already.
      if (!(error instanceof CodedError && error.code === 'producer-not-found')) throw error;
    }
    this.#sent.delete(kind);
    this.#again.add(kind);
  }

  #asVideo(kind: TrackKind, track: MediaStreamTrack, device: types.Device) {
    const codec = videoCodec(device);
    if (kind === 'screen') return { encodings: [{ ...SCREEN_ENCODING }], ...(codec && { codec }) };
    const several = this.#options.simulcast;
    const encodings = cameraEncodings(track.getSettings(), { mimeType: codec?.mimeType ?? '', several });
    return { encodings, ...(codec && { codec }) };
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    const detail = error instanceof CodedError ? error.code : String(error);
    this.#options.events.failed(`sending: ${detail}`);
  }
}

/** Travels through mediasoup-client's `produce` to its event. */
interface ProduceTicket {
  kind: TrackKind;
  answered: PromiseWithResolvers<string>;
  paused: boolean;
}

/** What every client decodes; the device's first choice if it has no VP8. */
function videoCodec({ sendRtpCapabilities }: types.Device): types.RtpCodecCapability | undefined {
  const codecs = (sendRtpCapabilities.codecs ?? []).filter(
    ({ kind, mimeType }) => kind === 'video' && !mimeType.toLowerCase().endsWith('/rtx'),
  );
  return codecs.find(({ mimeType }) => mimeType.toLowerCase() === 'video/vp8') ?? codecs[0];
}
