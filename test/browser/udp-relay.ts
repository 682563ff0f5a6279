/** Passes datagrams on between whoever sends to it and one address, like a router that can be unplugged. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface Target {
  readonly address: string;
  readonly port: number;
}

export class UdpRelay {
  readonly #front: Socket;
  /** Whether datagrams get through at the moment. */
  readonly #open: () => boolean;
  /** For each sender a socket of its own, so that the target can answer each. */
  readonly #senders = new Map<string, Socket>();

  private constructor(front: Socket, target: Target, open: () => boolean) {
    this.#front = front;
    this.#open = open;
    front.on('message', (datagram, sender) => {
      if (open()) this.#towardsTarget(sender).send(datagram, target.port, target.address);
    });
  }

  static async start(target: Target, open: () => boolean): Promise<UdpRelay> {
    const front = createSocket('udp4').bind(0, '127.0.0.1');
    await once(front, 'listening');
    return new UdpRelay(front, target, open);
  }

  get port(): number {
    return this.#front.address().port;
  }

  stop(): void {
    this.#front.close();
    for (const socket of this.#senders.values()) socket.close();
  }

  #towardsTarget({ address, port }: RemoteInfo): Socket {
    const key = `${address} ${String(port)}`;
    const known = this.#senders.get(key);
    if (known) return known;
    const socket = createSocket('udp4');
    this.#senders.set(key, socket);
    socket.on('message', (datagram) => {
      if (this.#open()) this.#front.send(datagram, port, address);
    });
    // Nobody listens at the target any more.
    socket.on('error', () => undefined);
    return socket;
  }
}
