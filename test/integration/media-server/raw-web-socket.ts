/** A WebSocket client that does what no library would let it do. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const CLOSE = 8;

export class RawWebSocket {
  readonly socket: Socket;
  /** What came back after the handshake. */
  #received = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    // Whoever is thrown out may see a reset.
    socket.on('error', () => undefined);
  }

  /** Sends this request, and gives what comes back: the head of the answer, and the socket after it. */
  static async upgrade(
    url: string,
    headers: readonly string[] = [],
    path = '/socket.io/?EIO=4&transport=websocket',
  ): Promise<{ head: string; web: RawWebSocket }> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(
      [
        `GET ${path} HTTP/1.1`,
        `Host: ${hostname}:${port}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
        ...headers,
        '\r\n',
      ].join('\r\n'),
    );
    const [first] = (await once(socket, 'data')) as [Buffer];
    const [head = ''] = first.toString('latin1').split('\r\n\r\n');
    return { head, web: new RawWebSocket(socket) };
  }

  send(data: Buffer): void {
    this.socket.write(data);
  }

  /** One text message. */
  say(text: string): void {
    this.send(frame({ first: 0x81, payload: Buffer.from(text) }));
  }

  /** All that came back, frames and all. */
  get text(): string {
    return this.#received.toString('latin1');
  }

  get #closed(): boolean {
    return this.socket.destroyed || this.socket.readableEnded || this.closeCode !== undefined;
  }

  /** Waits until the server has closed the connection, or has said that it does. */
  async gone(): Promise<void> {
    const signal = AbortSignal.timeout(10_000);
    while (!this.#closed) {
      const looked = new AbortController();
      const either = { signal: AbortSignal.any([signal, looked.signal]) };
      await Promise.race([once(this.socket, 'close', either), once(this.socket, 'data', either)]).finally(
        () => {
          looked.abort();
        },
      );
    }
    this.socket.destroy();
  }

  /** The code of the close frame, if there was one. */
  get closeCode(): number | undefined {
    for (let at = 0; at + 2 <= this.#received.length;) {
      const opcode = (this.#received[at] ?? 0) & 0x0f;
      const short = (this.#received[at + 1] ?? 0) & 0x7f;
      const long = short === 126;
      const length = long ? this.#received.readUInt16BE(at + 2) : short;
      const payload = at + (long ? 4 : 2);
      if (opcode === CLOSE) return length >= 2 ? this.#received.readUInt16BE(payload) : 1005;
      at = payload + length;
    }
    return undefined;
  }
}

/** A frame with a mask of zeros: the payload stands in it as it is. */
export function frame({
  first,
  payload,
  masked = true,
}: {
  first: number;
  payload: Buffer;
  masked?: boolean;
}): Buffer {
  const length =
    payload.length < 126
      ? Buffer.from([payload.length])
      : Buffer.from([126, payload.length >> 8, payload.length & 0xff]);
  if (masked) length[0] = (length[0] ?? 0) | 0x80;
  return Buffer.concat([Buffer.from([first]), length, ...(masked ? [Buffer.alloc(4)] : []), payload]);
}
