/**
 * What others notice of a bad neighbour on the event feed: one that floods it until it is limited and closed, and one that
 * stops reading until it is cut off. The media server is a process of its own; so is the flood, whose work is not to be
 * taken for the server's.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket as TcpSocket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { FEED_NAMESPACE } from '@crossfade/shared/media-events';
import { io, type Socket } from 'socket.io-client';
import { opus } from './media-parameters.ts';
import { meanwhile, type Measured } from './meanwhile.ts';
import { startRestServer, type RestServer } from './rest-server.ts';
import { ms, percentile, table } from './statistics.ts';

/** The figures asked for: p99 of the others, milliseconds; growth of Node's memory, bytes. */
const LIMITS = { flood: 100, stalled: 50, memory: 20 * 1024 * 1024 };
/** Requests of the others before they count: code is compiled. */
const WARM_UP = 1_000;
/** Milliseconds without a bad neighbour, for comparison. */
const QUIET_MS = 5_000;

/** Floods the feed at the rate named until it is disconnected. Arguments: address, token, messages a second. */
const FLOOD = `
const { io } = require('socket.io-client');
const [url, token, rate] = process.argv.slice(1);
const socket = io(url, { auth: { token }, transports: ['websocket'], reconnection: false });
socket.on('connect', () => {
  const started = Date.now();
  let sent = 0;
  const flood = setInterval(() => {
    const due = (Date.now() - started) * Number(rate) / 1_000;
    for (; sent < due; sent += 1) socket.emit('join-room', { roomId: 'nowhere' }, () => {});
  }, 10);
  socket.on('disconnect', () => {
    clearInterval(flood);
    console.log(sent + ' ' + (Date.now() - started));
  });
});
`;

/** Prints a table; tells whether the figures are met. */
export async function benchNeighbours(): Promise<boolean> {
  const server = await startRestServer();
  try {
    const others = await startOthers(server);
    for (let count = 0; count < WARM_UP; count += 1) await others.once();
    const quiet = await others.during(() => pause(QUIET_MS));
    const flood = await others.during(() => floodUntilClosed(server, 1_000));
    await pause(1_000);
    const before = (await server.memory()).node;
    let most = before;
    const stalled = await others.during(() =>
      stallUntilCutOff(server, async () => {
        most = Math.max(most, (await server.memory()).node);
      }),
    );
    others.stop();
    const growth = most - before;
    console.log('\nOthers beside a bad neighbour on the feed\n');
    console.log(
      table([
        ['neighbour', 'ended after', 'requests', 'others p50', 'others p99', 'limit'],
        row('none', quiet, undefined),
        row('1,000 messages a second', flood, LIMITS.flood),
        row('stops reading', stalled, LIMITS.stalled),
      ]),
    );
    console.log(
      `\nMemory of Node while one does not read: + ${(growth / 1024 / 1024).toFixed(1)} MB (limit 20 MB)`,
    );
    const p99 = ({ latencies }: Measured) => percentile(latencies, 0.99);
    return p99(flood) <= LIMITS.flood && p99(stalled) <= LIMITS.stalled && growth <= LIMITS.memory;
  } finally {
    await server.stop();
  }
}

function row(name: string, { latencies, tookMs }: Measured, limit: number | undefined): string[] {
  return [
    name,
    ms(tookMs),
    String(latencies.length),
    ms(percentile(latencies, 0.5)),
    ms(percentile(latencies, 0.99)),
    limit === undefined ? '' : ms(limit),
  ];
}

interface Others {
  /** One request each way; milliseconds from asking until the answer, or the event of it, is here. */
  once: () => Promise<number[]>;
  /** Asks again and again until this is over. */
  during: (work: () => Promise<void>) => Promise<Measured>;
  stop: () => void;
}

/** A gateway that asks through REST, and reads in the feed what came of it. */
async function startOthers(server: RestServer): Promise<Others> {
  const { send } = server;
  await send('POST', 'rooms/busy/create', {});
  const { id } = await send('POST', 'rooms/busy/transports', { participantId: 'ann', direction: 'send' });
  const body = { kind: 'audio', source: 'microphone', rtpParameters: opus(1) };
  const producer = await send('POST', `rooms/busy/transports/${String(id)}/produce`, body);
  const path = `rooms/busy/producers/${String(producer['id'])}`;
  const reader = await connectReader(server);
  let paused = false;
  const ask = async () => {
    paused = !paused;
    const start = performance.now();
    const told = once(reader as never, paused ? 'producer-paused' : 'producer-resumed').then(
      () => performance.now() - start,
    );
    await send('POST', `${path}/${paused ? 'pause' : 'resume'}`, {});
    const answered = performance.now() - start;
    const joining = performance.now();
    await reader.emitWithAck('join-room', { roomId: 'busy' });
    return [answered, await told, performance.now() - joining];
  };
  return {
    once: ask,
    during: (work) => meanwhile(work, ask),
    stop: () => reader.disconnect(),
  };
}

async function connectReader({ url, token }: RestServer): Promise<Socket> {
  const socket = io(`${url}${FEED_NAMESPACE}`, {
    auth: { token },
    transports: ['websocket'],
    reconnection: false,
  });
  await once(socket as never, 'connect');
  await socket.emitWithAck('join-room', { roomId: 'busy' });
  return socket;
}

async function floodUntilClosed({ url, token }: RestServer, rate: number): Promise<void> {
  const flood = spawn(process.execPath, ['-e', FLOOD, `${url}${FEED_NAMESPACE}`, token, String(rate)], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(flood, 'exit');
}

/** @param look called now and then meanwhile */
async function stallUntilCutOff(server: RestServer, look: () => Promise<void>): Promise<void> {
  const slow = await connectReader(server);
  // What a Socket.IO client has at the bottom.
  const { transport } = slow.io.engine as unknown as { transport: { ws: { _socket: TcpSocket } } };
  const tcp = transport.ws._socket;
  tcp.pause();
  while (!server.log().includes('does not keep up')) {
    await look();
    await pause(100);
  }
  tcp.destroy();
}
