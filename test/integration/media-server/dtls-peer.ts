/**
 * A peer that connects as a browser does, ICE and then DTLS for SRTP, whose packets pass through our hands one by one: a
 * handshake can be held where somebody else is to interfere. The DTLS is OpenSSL's command.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CreateTransportAnswer } from '@crossfade/shared/media-api';
import type { DtlsParameters } from '@crossfade/shared/rtp';
import { bindingRequest, isBindingSuccess } from './stun.ts';

/** Milliseconds for an answer on the same machine. */
const LIMIT_MS = 5_000;

export async function udpSocket(address = '127.0.0.1'): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, address);
  await once(socket, 'listening');
  return socket;
}

/** Where a transport takes media. */
export function udpPortOf({ iceCandidates }: CreateTransportAnswer): number {
  const candidate = iceCandidates.find(({ protocol }) => protocol === 'udp');
  if (!candidate) throw new Error('no candidate over UDP');
  return candidate.port;
}

/** What DTLS is about: the first byte (RFC 7983). */
const isDtls = (packet: Buffer) => (packet[0] ?? 0) >= 20 && (packet[0] ?? 0) <= 63;

/** OpenSSL's client, talking to a socket of ours. */
class DtlsClient {
  readonly #process: ChildProcess;
  readonly #door: Socket;
  readonly #folder: string;
  /** What it printed. */
  output = '';
  readonly dtlsParameters: DtlsParameters;
  /** Called with each of its datagrams. */
  onDatagram: (datagram: Buffer) => void = () => undefined;
  #port: number | undefined;

  static async start(): Promise<DtlsClient> {
    return new DtlsClient(await udpSocket());
  }

  private constructor(door: Socket) {
    this.#door = door;
    this.#folder = mkdtempSync(path.join(tmpdir(), 'dtls-peer-'));
    const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => path.join(this.#folder, name));
    const files = ['-keyout', key ?? '', '-out', certificate ?? ''];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const name = ['-subj', '/CN=peer', '-days', '1'];
    execFileSync('openssl', ['req', '-x509', ...curve, ...name, ...files], { stdio: 'ignore' });
    const value = new X509Certificate(readFileSync(certificate ?? '')).fingerprint256;
    this.dtlsParameters = { role: 'client', fingerprints: [{ algorithm: 'sha-256', value }] };

    door.on('message', (datagram, { port }) => {
      this.#port = port;
      this.onDatagram(datagram);
    });
    const where = ['-connect', `127.0.0.1:${String(door.address().port)}`];
    const who = ['-cert', certificate ?? '', '-key', key ?? ''];
    const what = ['-dtls1_2', '-use_srtp', 'SRTP_AEAD_AES_128_GCM', '-mtu', '1200'];
    this.#process = spawn('openssl', ['s_client', ...what, ...where, ...who], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const hear = (chunk: Buffer) => (this.output += chunk.toString());
    this.#process.stdout?.on('data', hear);
    this.#process.stderr?.on('data', hear);
  }

  give(datagram: Buffer): void {
    if (this.#port !== undefined) this.#door.send(datagram, this.#port, '127.0.0.1');
  }

  stop(): void {
    this.#process.kill('SIGKILL');
    this.#door.close();
    rmSync(this.#folder, { recursive: true });
  }
}

/** A ClientHello such as OpenSSL sends it. */
export async function clientHello(): Promise<Buffer> {
  const client = await DtlsClient.start();
  try {
    return await new Promise((resolve) => (client.onDatagram = resolve));
  } finally {
    client.stop();
  }
}

export class DtlsPeer {
  readonly #client: DtlsClient;
  readonly #socket: Socket;
  readonly #port: number;
  readonly #ice: CreateTransportAnswer['iceParameters'];
  #stopped = false;

  private constructor(client: DtlsClient, socket: Socket, transport: CreateTransportAnswer) {
    this.#client = client;
    this.#socket = socket;
    this.#port = udpPortOf(transport);
    this.#ice = transport.iceParameters;
  }

  static async create(transport: CreateTransportAnswer): Promise<DtlsPeer> {
    return new DtlsPeer(await DtlsClient.start(), await udpSocket(), transport);
  }

  /** What the server has to be told. */
  get dtlsParameters(): DtlsParameters {
    return this.#client.dtlsParameters;
  }

  /**
   * Connects by ICE, and begins the handshake.
   * @param before called before each datagram of the handshake is sent
   */
  async begin(before: () => Promise<void>): Promise<void> {
    const nominated = once(this.#socket, 'message', { signal: AbortSignal.timeout(LIMIT_MS) });
    this.#send(bindingRequest({ ...this.#ice, nominate: true }));
    const [answer] = (await nominated) as [Buffer];
    if (!isBindingSuccess(answer)) throw new Error('ICE did not connect');

    this.#socket.on('message', (packet) => {
      if (isDtls(packet)) this.#client.give(packet);
    });
    let sending = Promise.resolve();
    this.#client.onDatagram = (datagram) => {
      sending = sending.then(async () => {
        await before();
        if (!this.#stopped) this.#send(datagram);
      });
    };
  }

  /** Begins the handshake, and waits until it is complete as this side sees it. */
  async connect(before: () => Promise<void>): Promise<void> {
    await this.begin(before);
    const limit = performance.now() + 2 * LIMIT_MS;
    while (!this.#client.output.includes('SRTP Extension negotiated, profile=')) {
      if (performance.now() > limit) throw new Error(`no handshake: ${this.#client.output}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#client.stop();
    this.#socket.close();
  }

  #send(packet: Buffer): void {
    this.#socket.send(packet, this.#port, '127.0.0.1');
  }
}
