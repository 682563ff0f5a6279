/** What is between a gateway and a media server, and breaks: a TCP relay that can be cut, and one that loses answers. */
import { once } from 'node:events';
import { createServer as createHttpServer, request, type IncomingMessage } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Link {
  url: string;
  /**
   * Ends every connection, and takes none until it is healed.
   * @param which of them, by what it began with; all by default
   */
  cut(which?: (head: string) => boolean): void;
  heal(): void;
  close(): Promise<void>;
}

export async function startLink(target: string): Promise<Link> {
  const { port, hostname } = new URL(target);
  /** What each connection began with. */
  const open = new Map<Socket, string>();
  let isCut: ((head: string) => boolean) | undefined;
  const server = createServer((incoming) => {
    incoming.once('data', (head: Buffer) => {
      if (isCut?.(head.toString('latin1')) === true) {
        incoming.destroy();
        return;
      }
      const outgoing = connect(Number(port), hostname);
      outgoing.write(head);
      for (const [one, other] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        open.set(one, head.toString('latin1'));
        one.pipe(other);
        one.on('error', () => other.destroy());
        one.once('close', () => {
          open.delete(one);
          other.destroy();
        });
      }
    });
    incoming.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const end = (which: (head: string) => boolean) => {
    for (const [socket, head] of open) if (which(head)) socket.destroy();
  };
  return {
    url: urlOf(server.address()),
    cut: (which = () => true) => {
      isCut = which;
      end(which);
    },
    heal: () => {
      isCut = undefined;
    },
    close: async () => {
      end(() => true);
      server.close();
      await once(server, 'close');
    },
  };
}

export interface LosingLink {
  url: string;
  /** The answer to the first request under each key, which nobody has received. */
  lost: Map<string, string>;
  /** The answer to the second one. */
  repeated: Map<string, string>;
  close(): Promise<void>;
}

/** Passes each request on, and breaks the connection instead of giving the first answer under a key. */
export async function startLosingLink(target: string): Promise<LosingLink> {
  const lost = new Map<string, string>();
  const repeated = new Map<string, string>();
  const server = createHttpServer((incoming, reply) => {
    const forward = request(`${target}${incoming.url ?? ''}`, {
      method: incoming.method ?? 'GET',
      headers: incoming.headers,
    });
    incoming.pipe(forward);
    forward.on('response', (answer: IncomingMessage) => {
      void textOf(answer).then((text) => {
        const key = incoming.headers['idempotency-key'];
        if (typeof key === 'string' && !lost.has(key)) {
          lost.set(key, text);
          incoming.socket.destroy();
          return;
        }
        if (typeof key === 'string') repeated.set(key, text);
        reply.writeHead(answer.statusCode ?? 500, { 'content-type': 'application/json' }).end(text);
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: urlOf(server.address()),
    lost,
    repeated,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function urlOf(address: AddressInfo | string | null): string {
  return `http://127.0.0.1:${String((address as AddressInfo).port)}`;
}
