/**
 * Where the participants of a benchmark live: WebRTC peers without a browser. Each side of a connection is mediasoup, which
 * never opens one by itself, so a socket between the two does what a browser's ICE agent does; DTLS and SRTP are real and go
 * from end to end. What is said and heard passes through this process as plain RTP.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createWorker, type types } from 'mediasoup';
import type { CreateTransportAnswer } from '@crossfade/shared/media-api';
import { codecsOf } from '../../media-server/src/rooms/codecs.ts';
import { bindingRequest, isBindingSuccess } from '../../test/integration/media-server/stun.ts';

/** Between two checks of a pair: until it answers, and after that (a browser's are 50 ms and 2.5 s). */
const CHECK_MS = { first: 50, later: 2_500 };
const LOOPBACK = '127.0.0.1';

interface IceEnd {
  address: string;
  port: number;
  usernameFragment: string;
  password: string;
  answered: boolean;
  checkedAt: number;
}

/** Checks both ends, and passes what is not about ICE from one to the other. */
class IceBridge {
  readonly #socket: Socket;
  readonly #ends: IceEnd[] = [];
  readonly #timer: NodeJS.Timeout;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (packet, { port, address }) => {
      const from = this.#ends.findIndex((end) => end.port === port && end.address === address);
      const end = this.#ends[from];
      const other = this.#ends[1 - from];
      if (!end) return;
      if ((packet[0] ?? 0) < 2) end.answered ||= isBindingSuccess(packet);
      else if (other) socket.send(packet, other.port, other.address);
    });
    socket.on('error', () => undefined);
    this.#timer = setInterval(() => this.#check(), CHECK_MS.first);
  }

  static async open(): Promise<IceBridge> {
    const socket = createSocket('udp4').bind(0, LOOPBACK);
    await once(socket, 'listening');
    return new IceBridge(socket);
  }

  /** From now on this end is checked; the first two are connected to each other. */
  add({
    iceParameters,
    iceCandidates,
  }: Pick<CreateTransportAnswer, 'iceParameters' | 'iceCandidates'>): void {
    const udp = iceCandidates.find(({ protocol }) => protocol === 'udp');
    if (!udp) throw new Error('no candidate over UDP');
    const { usernameFragment, password } = iceParameters;
    const { address } = udp;
    this.#ends.push({ address, port: udp.port, usernameFragment, password, answered: false, checkedAt: 0 });
    this.#check();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }

  #check(): void {
    const now = performance.now();
    for (const end of this.#ends) {
      if (end.answered && now - end.checkedAt < CHECK_MS.later) continue;
      end.checkedAt = now;
      this.#socket.send(bindingRequest({ ...end, nominate: true }), end.port, end.address);
    }
  }
}

/** The own end of a transport of the media server. */
export class PeerTransport {
  readonly #own: types.WebRtcTransport;
  readonly #bridge: IceBridge;
  readonly #direct: types.DirectTransport;
  #closed = false;

  private constructor(own: types.WebRtcTransport, bridge: IceBridge, direct: types.DirectTransport) {
    this.#own = own;
    this.#bridge = bridge;
    this.#direct = direct;
  }

  /** @param tell gives the media server this end's DTLS parameters */
  static async connect(
    { router, server, direct }: Pick<Site, 'router' | 'server' | 'direct'>,
    offer: CreateTransportAnswer,
    tell: (dtlsParameters: types.DtlsParameters) => Promise<unknown>,
  ): Promise<PeerTransport> {
    const own = await router.createWebRtcTransport({ webRtcServer: server });
    const bridge = await IceBridge.open();
    const transport = new PeerTransport(own, bridge, direct);
    bridge.add(offer);
    const { fingerprints } = offer.dtlsParameters;
    await own.connect({
      dtlsParameters: { role: 'server', fingerprints: fingerprints },
    });
    try {
      await tell({ ...own.dtlsParameters, role: 'client' });
    } catch (error) {
      transport.close();
      throw error;
    }
    // This end says the first word of DTLS when its ICE is connected: not before the other one can hear it.
    bridge.add(own);
    return transport;
  }

  /** Sends what this producer of the site sends; what the media server is to be told of it. */
  async send(voice: types.Producer, { rtpCapabilities }: types.Router): Promise<types.RtpParameters> {
    return (await this.#own.consume({ producerId: voice.id, rtpCapabilities })).rtpParameters;
  }

  /** Hears what comes under these parameters. */
  async hear(
    kind: types.MediaKind,
    rtpParameters: types.RtpParameters,
    heard: (packet: Buffer) => void,
    { rtpCapabilities }: types.Router,
  ): Promise<void> {
    const { id } = await this.#own.produce({ kind, rtpParameters });
    (await this.#direct.consume({ producerId: id, rtpCapabilities })).on('rtp', heard);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#own.close();
    this.#bridge.close();
  }
}

const SSRC = 1_000;
const PAYLOAD_TYPE = 100;
/** Of a packet of Opus of the usual size: header and payload, bytes. */
const PACKET_BYTES = 92;
export class Site {
  readonly router: types.Router;
  readonly server: types.WebRtcServer;
  readonly direct: types.DirectTransport;
  readonly #worker: types.Worker;
  readonly #voices = new Map<number, types.Producer>();
  readonly #timer: NodeJS.Timeout;
  #count = 0;
  #sequence = 0;

  private constructor(
    worker: types.Worker,
    router: types.Router,
    server: types.WebRtcServer,
    direct: types.DirectTransport,
    packetMs: number,
  ) {
    this.#worker = worker;
    this.router = router;
    this.server = server;
    this.direct = direct;
    this.#timer = setInterval(() => this.#speak(packetMs), packetMs);
  }

  /** @param packetMs milliseconds between two packets of a voice */
  static async open(packetMs = 20): Promise<Site> {
    const workerBin = process.env['MEDIASOUP_WORKER_BIN'];
    const worker = await createWorker({
      logLevel: 'none',
      ...(workerBin !== undefined && { workerBin }),
    });
    const server = await worker.createWebRtcServer({ listenInfos: [{ protocol: 'udp', ip: LOOPBACK }] });
    const mediaCodecs = codecsOf('conference').filter(({ kind }) => kind === 'audio');
    const router = await worker.createRouter({ mediaCodecs });
    const direct = await router.createDirectTransport();
    direct.setMaxListeners(0);
    return new Site(worker, router, server, direct, packetMs);
  }

  /** The process that media passes through at this end. */
  get pid(): number {
    return this.#worker.pid;
  }

  /** Somebody who speaks from now on. */
  async voice(): Promise<types.Producer> {
    const index = this.#count;
    this.#count += 1;
    const producer = await this.direct.produce({
      kind: 'audio',
      rtpParameters: {
        codecs: [{ mimeType: 'audio/opus', payloadType: PAYLOAD_TYPE, clockRate: 48_000, channels: 2 }],
        encodings: [{ ssrc: SSRC + index }],
      },
    });
    this.#voices.set(index, producer);
    producer.observer.once('close', () => this.#voices.delete(index));
    return producer;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#worker.close();
  }

  #speak(packetMs: number): void {
    this.#sequence += 1;
    for (const [index, producer] of this.#voices) {
      const packet = Buffer.alloc(PACKET_BYTES);
      packet[0] = 0x80;
      packet[1] = PAYLOAD_TYPE;
      packet.writeUInt16BE(this.#sequence & 0xffff, 2);
      packet.writeUInt32BE((this.#sequence * packetMs * 48) >>> 0, 4);
      packet.writeUInt32BE(SSRC + index, 8);
      producer.send(packet);
    }
  }
}
