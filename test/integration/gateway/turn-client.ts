/** As much of a TURN client (RFC 8656) as it takes to see whether credentials are good, and what may be reached. */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';

const MAGIC = 0x2112a442;
const BINDING = 0x0001;
const ALLOCATE = 0x0003;
const CREATE_PERMISSION = 0x0008;
const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const ERROR_CODE = 0x0009;
const XOR_PEER_ADDRESS = 0x0012;
const REALM = 0x0014;
const NONCE = 0x0015;
const REQUESTED_TRANSPORT = 0x0019;
const UDP = 17;

interface Answer {
  /** 0: it succeeded. */
  error: number;
  attributes: Map<number, Buffer>;
}

export class TurnClient {
  readonly #socket: Socket;
  readonly #port: number;
  readonly #user: { username: string; credential: string };
  #realm: Buffer = Buffer.alloc(0);
  #nonce: Buffer = Buffer.alloc(0);

  constructor(port: number, user: { username: string; credential: string }) {
    this.#socket = createSocket('udp4');
    this.#port = port;
    this.#user = user;
  }

  /** Whether there is a STUN server. */
  static async answers(port: number): Promise<boolean> {
    const client = new TurnClient(port, { username: '', credential: '' });
    try {
      return (await client.#ask(BINDING, [], false, 500)).error === 0;
    } catch {
      return false;
    } finally {
      client.close();
    }
  }

  /** @returns the code of the error; 0 if there is a relay now */
  async allocate(): Promise<number> {
    const transport: [number, Buffer] = [REQUESTED_TRANSPORT, Buffer.from([UDP, 0, 0, 0])];
    const challenge = await this.#ask(ALLOCATE, [transport], false);
    if (challenge.error !== 401) return challenge.error;
    this.#realm = challenge.attributes.get(REALM) ?? this.#realm;
    this.#nonce = challenge.attributes.get(NONCE) ?? this.#nonce;
    return (await this.#ask(ALLOCATE, [transport], true)).error;
  }

  /** @returns the code of the error; 0 if this IPv4 address may be sent to through the relay */
  async permit(address: string): Promise<number> {
    const peer = Buffer.alloc(8);
    peer[1] = 1;
    peer.writeUInt16BE(9 ^ (MAGIC >>> 16), 2);
    const octets = Buffer.from(address.split('.').map(Number));
    peer.writeUInt32BE((octets.readUInt32BE() ^ MAGIC) >>> 0, 4);
    return (await this.#ask(CREATE_PERMISSION, [[XOR_PEER_ADDRESS, peer]], true)).error;
  }

  close(): void {
    this.#socket.close();
  }

  async #ask(
    method: number,
    attributes: [number, Buffer][],
    signed: boolean,
    limitMs = 3_000,
  ): Promise<Answer> {
    const id = randomBytes(12);
    const credentials: [number, Buffer][] = signed
      ? [
          [USERNAME, Buffer.from(this.#user.username)],
          [REALM, this.#realm],
          [NONCE, this.#nonce],
        ]
      : [];
    let body = Buffer.concat([...attributes, ...credentials].map(([type, value]) => attribute(type, value)));
    if (signed) {
      const { username, credential } = this.#user;
      const key = createHash('md5').update(`${username}:${this.#realm.toString()}:${credential}`).digest();
      // The length it covers is that with the signature itself, 24 bytes.
      const covered = Buffer.concat([header(method, body.length + 24, id), body]);
      const signature = createHmac('sha1', key).update(covered).digest();
      body = Buffer.concat([body, attribute(MESSAGE_INTEGRITY, signature)]);
    }
    const answered = once(this.#socket, 'message', { signal: AbortSignal.timeout(limitMs) });
    this.#socket.send(Buffer.concat([header(method, body.length, id), body]), this.#port, '127.0.0.1');
    const [data] = (await Promise.race([answered, setTimeout(limitMs, [], { ref: false })])) as [Buffer?];
    if (!data) throw new Error('no answer');
    return parse(data);
  }
}

function header(type: number, length: number, id: Buffer): Buffer {
  const start = Buffer.alloc(8);
  start.writeUInt16BE(type, 0);
  start.writeUInt16BE(length, 2);
  start.writeUInt32BE(MAGIC, 4);
  return Buffer.concat([start, id]);
}

function attribute(type: number, value: Buffer): Buffer {
  const start = Buffer.alloc(4);
  start.writeUInt16BE(type, 0);
  start.writeUInt16BE(value.length, 2);
  return Buffer.concat([start, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

function parse(data: Buffer): Answer {
  const attributes = new Map<number, Buffer>();
  for (let at = 20; at + 4 <= data.length;) {
    const length = data.readUInt16BE(at + 2);
    attributes.set(data.readUInt16BE(at), data.subarray(at + 4, at + 4 + length));
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  const code = attributes.get(ERROR_CODE);
  return { error: code ? (code[2] ?? 0) * 100 + (code[3] ?? 0) : 0, attributes };
}
