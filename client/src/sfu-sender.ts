/**
 * What this client sends to the media server. Wishes (a track, another track, muted or not) come at any moment; one
 * loop per kind brings the media server's side in line with the newest. Owned and closed by its path.
 */
import type { types } from 'mediasoup-client';
import { CodedError } from '@crossfade/shared/errors';
import type { ProducerDemand } from '@crossfade/shared/media-api';
import type { RtpParameters } from '@crossfade/shared/rtp';
import { cameraEncodings } from './camera-encodings.ts';
import type { LocalTracks, PathEvents } from './path.ts';
import type { TrackKind } from './received-tracks.ts';
import { EVERYTHING, SentEncodings } from './sent-encodings.ts';
import type { Request } from './signalling.ts';

export interface SenderOptions {
  callId: string;
  epoch: number;
  local: LocalTracks;
  /** Whether the camera is sent in several sizes, if the codec can. */
  simulcast: boolean;
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
const KINDS = ['video', 'audio'] as const;
const SOURCE = { audio: 'microphone', video: 'camera' } as const;
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
  #closed = false;

  constructor(options: SenderOptions) {
    this.#options = options;
    options.transport.then(
      (transport) => {
        this.#transport = transport;
        transport.on('produce', ({ kind, rtpParameters, appData }, done) => {
          const { answered, paused } = appData as unknown as ProduceTicket;
          const { callId, epoch, request } = this.#options;
          answered.resolve(
            request('media:produce', {
              callId,
              epoch,
              transportId: transport.id,
              kind,
              rtpParameters: rtpParameters as RtpParameters,
              source: SOURCE[kind],
              paused,
            }).then(({ id }) => id),
          );
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

  /** Whether everything there is to send is sent, as far as this end can tell. */
  get ready(): boolean {
    const toSend = KINDS.filter(
      (kind) => this.#options.local.track(kind) !== null && !this.#barred.has(kind),
    );
    if (toSend.length === 0) return this.#transport !== null;
    return this.#transport?.connectionState === 'connected' && toSend.every((kind) => this.#sent.has(kind));
  }

  /** The media server tells what of a producer somebody receives; the rest is not sent. At once, whatever else is under way. */
  follow(producerId: string, change: Partial<ProducerDemand>): void {
    const demand = { ...(this.#demands.get(producerId) ?? EVERYTHING), ...change };
    this.#demands.set(producerId, demand);
    for (const { id, encodings } of this.#sent.values()) if (id === producerId) encodings?.follow(demand);
  }

  /** The media server can tell nothing for now: whoever begins to receive must not wait for that. */
  sendEverything(): void {
    this.#demands.clear();
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

  async #settle(kind: TrackKind): Promise<void> {
    this.#busy.add(kind);
    try {
      do {
        this.#again.delete(kind);
        await this.#settleOnce(kind);
      } while (this.#again.has(kind) && !this.#closed);
    } catch (error) {
      if (error instanceof CodedError && error.retryable && this.#sent.has(kind)) {
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
    if (track && sent.producer.track !== track) await sent.producer.replaceTrack({ track });
    const paused = !local.state[kind];
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
    const paused = !this.#options.local.state[kind];
    const answered = Promise.withResolvers<string>();
    // The rejection is seen below; without this it would count as unhandled until then.
    answered.promise.catch(() => undefined);
    const ticket: ProduceTicket = { answered, paused };
    const producer = await transport.produce({
      track,
      // The tracks belong to the local media: neither stopped nor switched off by a path.
      stopTracks: false,
      disableTrackOnPause: false,
      ...(kind === 'audio'
        ? { codecOptions: { opusFec: true } }
        : {
            ...this.#asVideo(track, device),
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
    const demand = this.#demands.get(id);
    if (demand) encodings?.follow(demand);
    // Muting or another device may have been chosen meanwhile.
    this.#again.add(kind);
  }

  #asVideo(track: MediaStreamTrack, device: types.Device) {
    const codec = videoCodec(device);
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
