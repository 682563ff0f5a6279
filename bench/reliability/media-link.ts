/** A UDP relay before a media port: goes dead for some of the clients, or gives them another address, as a router does. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface MediaLink {
  /** Those who come from now on are the ones that something happens to. */
  watchNewcomers(): void;
  /** Nothing gets through to them, nor from them, until it is healed. */
  cut(): void;
  heal(): void;
  /** What they send comes from other ports from now on, and the old ones are closed. */
  changeAddresses(): Promise<void>;
  close(): void;
}

/** @param from, to addresses: the same port on both */
export async function startMediaLink(from: string, to: string, port: number): Promise<MediaLink> {
  const door = createSocket('udp4').bind(port, from);
  await once(door, 'listening');
  /** By the client's port: the socket that stands for it towards the media server. */
  const ways = new Map<number, Socket>();
  const settled = new Set<number>();
  let isCut = false;
  const blocked = (client: number) => isCut && !settled.has(client);
  const open = (client: number): Socket => {
    const way = createSocket('udp4').bind(0, to);
    way.on('message', (packet) => {
      if (!blocked(client)) door.send(packet, client, to);
    });
    ways.set(client, way);
    return way;
  };
  door.on('message', (packet, { port: client }) => {
    if (!blocked(client)) (ways.get(client) ?? open(client)).send(packet, port, to);
  });
  return {
    watchNewcomers: () => {
      for (const client of ways.keys()) settled.add(client);
    },
    cut: () => {
      isCut = true;
    },
    heal: () => {
      isCut = false;
    },
    changeAddresses: async () => {
      for (const [client, way] of [...ways]) {
        if (settled.has(client)) continue;
        way.close();
        await once(open(client), 'listening');
      }
    },
    close: () => {
      door.close();
      for (const way of ways.values()) way.close();
    },
  };
}
