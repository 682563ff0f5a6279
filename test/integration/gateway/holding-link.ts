/** A TCP relay that holds back the answer to a certain request: what asked has its answer when the test wants it to. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface HoldingLink {
  port: number;
  /** What the far end answered so far. */
  answers: () => string;
  /** Holds back what is answered from the next request on that contains all of these. @returns when it was asked */
  hold(...words: string[]): Promise<void>;
  /** Gives what was held back, and holds no more. */
  release(): void;
  close(): Promise<void>;
}

export async function startHoldingLink(target: string): Promise<HoldingLink> {
  const { port, hostname } = new URL(target);
  const open = new Set<Socket>();
  const heard: string[] = [];
  let armed: { words: string[]; asked: () => void } | null = null;
  let held: { to: Socket; chunks: Buffer[] } | null = null;
  const server = createServer((incoming) => {
    const outgoing = connect(Number(port), hostname);
    incoming.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      if (armed?.words.every((word) => text.includes(word)) === true) {
        held = { to: incoming, chunks: [] };
        armed.asked();
        armed = null;
      }
      outgoing.write(chunk);
    });
    outgoing.on('data', (chunk: Buffer) => {
      heard.push(chunk.toString('latin1'));
      if (held?.to === incoming) held.chunks.push(chunk);
      else incoming.write(chunk);
    });
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.once('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    answers: () => heard.join(''),
    hold: (...words) =>
      new Promise((asked) => {
        armed = { words, asked };
      }),
    release: () => {
      for (const chunk of held?.chunks ?? []) held?.to.write(chunk);
      held = null;
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
