/**
 * What the media server's REST API costs over bare mediasoup: the same operations, called on mediasoup in this process
 * and through HTTP on a media server in another, taking turns so that both meet the same machine.
 */
import { randomBytes } from 'node:crypto';
import { createWorker, type types } from 'mediasoup';
import { Pool } from 'undici';
import { signServiceToken } from '@crossfade/service/tokens';
import { codecsOf } from '../media-server/src/rooms/codecs.ts';
import { startServiceProcess } from '../test/browser/service-process.ts';
import { median, ms, percentile, table } from './statistics.ts';

const ROUNDS = 300;
/** Rounds before the measured ones: code is compiled, connections are made. */
const WARM_UP = 60;
/** The figure asked for, and the operations it is asked for. */
const LIMIT = 2;
const ASKED: Operation[] = ['room', 'transport', 'produce', 'consume'];

type Operation = 'room' | 'transport' | 'connect' | 'produce' | 'consume' | 'resume';
const operations: Operation[] = ['room', 'transport', 'connect', 'produce', 'consume', 'resume'];

/** One round: each operation once, timed. */
type Round = (n: number) => Promise<Record<Operation, number>>;

const dtlsParameters: types.DtlsParameters = {
  role: 'client',
  fingerprints: [{ algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') }],
};
const opus = (ssrc: number): types.RtpParameters => ({
  codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 }],
  encodings: [{ ssrc }],
});

async function timed<T>(
  times: Partial<Record<Operation, number>>,
  operation: Operation,
  work: () => Promise<T>,
): Promise<T> {
  const start = performance.now();
  const result = await work();
  times[operation] = performance.now() - start;
  return result;
}

function tell(text: string): void {
  process.stderr.write(text);
}

async function bareMediasoup(): Promise<{ round: Round; stop: () => Promise<void> }> {
  const workerBin = process.env['MEDIASOUP_WORKER_BIN'];
  const worker = await createWorker({ logLevel: 'error', ...(workerBin && { workerBin }) });
  const webRtcServer = await worker.createWebRtcServer({
    listenInfos: [
      { protocol: 'udp', ip: '127.0.0.1' },
      { protocol: 'tcp', ip: '127.0.0.1' },
    ],
  });
  const round: Round = async (n) => {
    const times: Partial<Record<Operation, number>> = {};
    const router = await timed(times, 'room', () =>
      worker.createRouter({ mediaCodecs: codecsOf('conference') }),
    );
    const send = await timed(times, 'transport', () => router.createWebRtcTransport({ webRtcServer }));
    const receive = await router.createWebRtcTransport({ webRtcServer });
    await timed(times, 'connect', () => send.connect({ dtlsParameters }));
    const producer = await timed(times, 'produce', () =>
      send.produce({ kind: 'audio', rtpParameters: opus(n + 1) }),
    );
    const { rtpCapabilities } = router;
    const consumer = await timed(times, 'consume', () =>
      receive.consume({ producerId: producer.id, rtpCapabilities, paused: true }),
    );
    await timed(times, 'resume', () => consumer.resume());
    router.close();
    return times as Record<Operation, number>;
  };
  return {
    round,
    stop: () => {
      worker.close();
      return Promise.resolve();
    },
  };
}

async function throughRest(): Promise<{ round: Round; stop: () => Promise<void> }> {
  const secret = randomBytes(32).toString('hex');
  const settings = {
    PORT: '0',
    METRICS_PORT: '0',
    LOG_LEVEL: 'warn',
    MEDIASOUP_WORKERS: '1',
    RTC_BASE_PORT: '0',
    SERVICE_JWT_SECRET: secret,
    MAX_NEW_ROOMS_PER_SECOND: '10000',
  };
  const server = await startServiceProcess('media-server/dist/main.js', settings, tell);
  const key = { secret, issuer: 'crossfade' };
  const token = signServiceToken(key, { subject: 'bench', lifetimeS: 3_600 });
  const pool = new Pool(server.url, { connections: 8 });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const send = async (
    method: 'POST' | 'DELETE',
    path: string,
    body: object,
  ): Promise<Record<string, unknown>> => {
    const answer = await pool.request({
      method,
      path: `/api/rooms/${path}`,
      headers,
      body: JSON.stringify(body),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 400) throw new Error(`${path}: ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  };
  const round: Round = async (n) => {
    const times: Partial<Record<Operation, number>> = {};
    const room = `bench-${n}`;
    const { rtpCapabilities } = await timed(times, 'room', () => send('POST', `${room}/create`, {}));
    const sender = await timed(times, 'transport', () =>
      send('POST', `${room}/transports`, { participantId: 'a', direction: 'send' }),
    );
    const receiver = await send('POST', `${room}/transports`, { participantId: 'b', direction: 'recv' });
    const transport = `${room}/transports/${String(sender['id'])}`;
    await timed(times, 'connect', () => send('POST', `${transport}/connect`, { dtlsParameters }));
    const producer = await timed(times, 'produce', () =>
      send('POST', `${transport}/produce`, {
        kind: 'audio',
        source: 'microphone',
        rtpParameters: opus(n + 1),
      }),
    );
    const consumer = await timed(times, 'consume', () =>
      send('POST', `${room}/consume`, {
        transportId: receiver['id'],
        producerId: producer['id'],
        rtpCapabilities,
      }),
    );
    await timed(times, 'resume', () =>
      send('POST', `${room}/consumers/${String(consumer['id'])}/resume`, {}),
    );
    await send('DELETE', room, {});
    return times as Record<Operation, number>;
  };
  return {
    round,
    stop: async () => {
      await pool.close();
      await server.stop();
    },
  };
}

/** One request to a server that does nothing, beside each round. */
async function httpFloor(): Promise<{ round: () => Promise<number>; stop: () => Promise<void> }> {
  const server = await startServiceProcess('bench/http-floor.ts', {}, tell);
  const pool = new Pool(server.url, { connections: 8 });
  return {
    round: async () => {
      const start = performance.now();
      const { body } = await pool.request({ method: 'POST', path: '/', body: '{}' });
      await body.text();
      return performance.now() - start;
    },
    stop: async () => {
      await pool.close();
      await server.stop();
    },
  };
}

/** Prints a table; tells whether the figure is met. */
export async function benchRest(): Promise<boolean> {
  const [bare, rest, floor] = [await bareMediasoup(), await throughRest(), await httpFloor()];
  const floors: number[] = [];
  const samples = { bare: [] as Record<Operation, number>[], rest: [] as Record<Operation, number>[] };
  for (let n = -WARM_UP; n < ROUNDS; n += 1) {
    const one = { bare: await bare.round(n + WARM_UP), rest: await rest.round(n + WARM_UP) };
    const http = await floor.round();
    if (n < 0) continue;
    floors.push(http);
    samples.bare.push(one.bare);
    samples.rest.push(one.rest);
  }
  await bare.stop();
  await rest.stop();
  await floor.stop();

  const column = (side: 'bare' | 'rest', operation: Operation) =>
    samples[side].map((round) => round[operation]);
  const rows = operations.map((operation) => {
    const [b, r] = [column('bare', operation), column('rest', operation)];
    return { operation, b, r, ratio: median(r) / median(b) };
  });
  console.log(`\nREST against bare mediasoup, ${ROUNDS} rounds taking turns (limit ${LIMIT}×)\n`);
  console.log(
    table([
      ['operation', 'bare p50', 'REST p50', 'ratio', 'ratio without HTTP', 'bare p99', 'REST p99'],
      ...rows.map(({ operation, b, r, ratio }) => [
        operation,
        ms(median(b)),
        ms(median(r)),
        `${ratio.toFixed(2)}×`,
        `${((median(r) - median(floors)) / median(b)).toFixed(2)}×`,
        ms(percentile(b, 0.99)),
        ms(percentile(r, 0.99)),
      ]),
    ]),
  );
  console.log(
    `\nAn empty HTTP request between two Node processes, in the same run: p50 ${ms(median(floors))}`,
  );
  return rows.filter(({ operation }) => ASKED.includes(operation)).every(({ ratio }) => ratio <= LIMIT);
}
