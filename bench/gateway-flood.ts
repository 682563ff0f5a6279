/**
 * What others at a gateway notice of a socket that sends 1,000 events a second until it is limited and closed. Gateway, media
 * server and flood are processes of their own; the limits are the defaults.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { BenchClient, startGateway, startMediaServerProcess, userToken } from './gateway-parts.ts';
import { INTERVAL_MS, meanwhile, type Measured } from './meanwhile.ts';
import { ms, percentile, table } from './statistics.ts';

/** The figure asked for: p99 of the others, milliseconds. */
const LIMIT_MS = 100;
/** Requests of the others before they count: code is compiled. */
const WARM_UP = 500;
/** Milliseconds without a flood, for comparison. */
const QUIET_MS = 5_000;
/** Floods one after the other: each is over after a few seconds. */
const FLOODS = 3;

const media = { audio: true, video: true, screen: false };
const callId = 'beside-a-flood';

/** Sends the rate named until it is disconnected; prints how many were sent, refused, and what it was told. Arguments: address, token, events a second. */
const FLOOD = `
const { io } = require('socket.io-client');
const [url, token, rate] = process.argv.slice(1);
const socket = io(url, { auth: { token }, transports: ['websocket'], reconnection: false });
let sent = 0, refused = 0, told = 'nothing';
socket.on('connection:closing', ({ error }) => { told = error.code; });
socket.on('connect', () => {
  const started = Date.now();
  const flood = setInterval(() => {
    const due = (Date.now() - started) * Number(rate) / 1_000;
    for (; sent < due; sent += 1)
      socket.emit('call:signal', { callId: 'nowhere', to: 'nobody', epoch: 0, candidate: null },
        ({ error }) => { if (error?.code === 'rate-limited') refused += 1; });
  }, 10);
  socket.on('disconnect', () => {
    clearInterval(flood);
    console.log(JSON.stringify({ sent, refused, told }));
  });
});
`;

/** Prints a table; tells whether the figure is met. */
export async function benchGatewayFlood(): Promise<boolean> {
  const server = await startMediaServerProcess();
  const gateway = await startGateway({
    MEDIA_SERVER_URLS: server.url,
    MAX_SOCKET_MESSAGES_PER_SECOND: '100',
    MAX_SIGNALS_PER_SECOND: '1000',
  });
  try {
    const [ann, ben] = [
      await BenchClient.connect(gateway.url, 'ann'),
      await BenchClient.connect(gateway.url, 'ben'),
    ];
    const { participantId: to } = await ann
      .must('call:join', { callId, media })
      .then(() => ben.must('call:join', { callId, media }));
    /** One signal: until it is answered, and until it is there. Paced to stay under the limits. */
    const ask = async (): Promise<number[]> => {
      const begun = performance.now();
      const heard = once(ben.socket as never, 'call:signal').then(() => performance.now() - begun);
      await ann.must('call:signal', { callId, to, epoch: 0, candidate: null });
      return [performance.now() - begun, await heard];
    };
    const during = (work: () => Promise<unknown>) => meanwhile(work, ask);
    for (let count = 0; count < WARM_UP; count += 1) {
      await ask();
      await pause(INTERVAL_MS * 2);
    }
    const quiet = await during(() => pause(QUIET_MS));
    const floods: (Measured & Ended)[] = [];
    for (let count = 0; count < FLOODS; count += 1) {
      let ended: Ended | undefined;
      const measured = await during(async () => {
        ended = await floodUntilClosed(gateway.url, `rude-${String(count)}`, 1_000);
      });
      if (!ended) throw new Error('The flood did not end.');
      floods.push({ ...measured, ...ended });
    }
    const beside = floods.flatMap(({ latencies }) => latencies);
    const p99 = percentile(beside, 0.99);
    console.log('\nOthers beside a flood at the gateway\n');
    console.log(
      table([
        ['neighbour', 'ended after', 'sent', 'refused', 'told', 'others p50', 'others p99', 'limit'],
        [
          'none',
          '',
          '',
          '',
          '',
          ms(percentile(quiet.latencies, 0.5)),
          ms(percentile(quiet.latencies, 0.99)),
          '',
        ],
        ...floods.map(({ latencies, tookMs, sent, refused, told }) => [
          '1,000 events a second',
          `${(tookMs / 1_000).toFixed(1)} s`,
          String(sent),
          String(refused),
          told,
          ms(percentile(latencies, 0.5)),
          ms(percentile(latencies, 0.99)),
          ms(LIMIT_MS),
        ]),
      ]),
    );
    for (const client of [ann, ben]) client.close();
    return p99 <= LIMIT_MS && floods.every(({ refused, told }) => refused > 0 && told === 'rate-limited');
  } finally {
    await gateway.stop();
    await server.stop();
  }
}

interface Ended {
  sent: number;
  refused: number;
  told: string;
}

async function floodUntilClosed(url: string, name: string, rate: number): Promise<Ended> {
  const flood = spawn(process.execPath, ['-e', FLOOD, url, userToken(name), String(rate)], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(await text(flood.stdout)) as Ended;
}
