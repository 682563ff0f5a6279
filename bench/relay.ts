/**
 * How long an event of a media server's feed takes to the clients: 1,000 Socket.IO clients in many calls at one gateway.
 * From the moment the media server stamps it (whole milliseconds, rounded down) to the moment a client has it. Media
 * server, gateway and the clients are three processes.
 */
import { signServiceToken } from '@crossfade/service/tokens';
import { FEED_NAMESPACE } from '@crossfade/shared/media-events';
import { io, type Socket } from 'socket.io-client';
import { Pool } from 'undici';
import { RedisServer, redisProgram } from '../test/integration/gateway/redis.ts';
import { BenchClient, serviceKey, startGateway, startMediaServerProcess } from './gateway-parts.ts';
import { dtlsParameters, opus } from './media-parameters.ts';
import { median, ms, percentile, table } from './statistics.ts';

const CLIENTS = 1_000;
/** People in a call, in turn. */
const SIZES = [5, 6, 7, 8, 9, 10];
/** Events a second in all calls together, each to everyone in its call but one. */
const EVENTS_PER_SECOND = 100;
const SECONDS = 20;
const WARM_UP_EVENTS = 200;
/** The figure asked for, p99, milliseconds. */
const LIMIT_MS = 10;

interface Call {
  callId: string;
  clients: BenchClient[];
  producerId: string;
}

/** Prints a table; tells whether the figure is met. */
export async function benchRelay(): Promise<boolean> {
  const rows = [await measure({})];
  if (redisProgram !== undefined) {
    const redis = await RedisServer.start();
    try {
      rows.push(await measure({ REDIS_URL: redis.url }));
    } finally {
      await redis.stop();
    }
  }
  console.log(
    `\nRelay of feed events to ${String(CLIENTS)} clients, ${String(EVENTS_PER_SECOND)} events a second\n`,
  );
  const cells = rows.map(({ store, latencies, expected }) => [
    store,
    `${String(latencies.length)} of ${String(expected)}`,
    ms(median(latencies)),
    ms(percentile(latencies, 0.99)),
    ms(Math.max(...latencies)),
    ms(LIMIT_MS),
  ]);
  console.log(table([['calls in', 'deliveries', 'p50', 'p99', 'worst', 'limit (p99)'], ...cells]));
  return rows.every(
    ({ latencies, expected }) => latencies.length === expected && percentile(latencies, 0.99) <= LIMIT_MS,
  );
}

async function measure(settings: Record<string, string>) {
  const media = await startMediaServerProcess();
  const gateway = await startGateway({
    MEDIA_SERVER_URLS: media.url,
    SWITCH_TIMEOUT_MS: '60000',
    ...settings,
  });
  const token = signServiceToken(serviceKey, { subject: 'bench', lifetimeS: 3_600 });
  const feed = io(`${media.url}${FEED_NAMESPACE}`, { transports: ['websocket'], auth: { token } });
  const pool = new Pool(media.url, { connections: 8 });
  const send = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await pool.request({
      method: 'POST',
      path: `/api/rooms/${path}`,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 400) throw new Error(`${path}: ${text}`);
    return JSON.parse(text) as Record<string, unknown>;
  };
  const calls: Call[] = [];
  try {
    for (let left = CLIENTS; left > 0;) {
      const size = Math.min(left, SIZES[calls.length % SIZES.length] ?? 5);
      calls.push(await createCall(`relay-${String(calls.length)}`, Math.max(size, 3), gateway.url, send));
      left -= size;
    }
    const latencies = await listen(calls, feed, send);
    return { store: settings['REDIS_URL'] === undefined ? 'memory' : 'Redis', ...latencies };
  } finally {
    for (const { clients } of calls) for (const client of clients) client.close();
    feed.disconnect();
    await pool.close();
    await gateway.stop();
    await media.stop();
  }
}

/** A call on the media server, in which the first person sends a voice. */
async function createCall(
  callId: string,
  size: number,
  url: string,
  send: (path: string, body: object) => Promise<Record<string, unknown>>,
): Promise<Call> {
  const clients = await Promise.all(
    Array.from({ length: size }, (_, i) => BenchClient.connect(url, `${callId}-${String(i)}`)),
  );
  const committed = clients.map(
    (client) =>
      new Promise<void>((resolve) => {
        client.on('call:mode-switch', ({ phase }) => {
          if (phase === 'commit') resolve();
        });
      }),
  );
  const media = { audio: true, video: false, screen: false };
  let participantId = '';
  for (const [i, client] of clients.entries()) {
    client.on('call:mode-switch', (message) => {
      const { phase, transitionId } = message;
      // Too late if the switch is over without it.
      if (phase === 'prepare')
        void client.ask('call:mode-switched', { callId, transitionId, success: true }).catch(() => undefined);
    });
    const answer = await client.must('call:join', { callId, media });
    if (i === 0) participantId = answer.participantId;
    const transitionId = answer.transition?.transitionId;
    if (transitionId !== undefined)
      void client.ask('call:mode-switched', { callId, transitionId, success: true }).catch(() => undefined);
  }
  await Promise.all(committed.slice(0, 2));
  const { id } = await send(`${callId}/transports`, { participantId, direction: 'send' });
  await send(`${callId}/transports/${String(id)}/connect`, { dtlsParameters });
  const producer = await send(`${callId}/transports/${String(id)}/produce`, {
    kind: 'audio',
    source: 'microphone',
    rtpParameters: opus(1),
  });
  return { callId, clients, producerId: String(producer['id']) };
}

/** Mutes and unmutes in one call after the other, and compares when the media server says it was with when clients hear it. */
async function listen(
  calls: readonly Call[],
  feed: Socket,
  send: (path: string, body: object) => Promise<unknown>,
): Promise<{ latencies: number[]; expected: number }> {
  const stamped = new Map<string, number[]>();
  const arrivals = new Map<string, number[][]>();
  const note = (event: { roomId: string; by?: string; at: string }) => {
    if (event.by !== 'server')
      stamped.set(event.roomId, [...(stamped.get(event.roomId) ?? []), Date.parse(event.at)]);
  };
  feed.on('producer-paused', note);
  feed.on('producer-resumed', note);
  for (const { callId, clients } of calls) {
    const answer = (await feed.emitWithAck('join-room', { roomId: callId })) as { ok: boolean };
    if (!answer.ok) throw new Error(`The feed of ${callId} cannot be heard.`);
    arrivals.set(
      callId,
      clients.map((client) => {
        const times: number[] = [];
        const heard = () => times.push(performance.timeOrigin + performance.now());
        client.on('producer-paused', heard);
        client.on('producer-resumed', heard);
        return times;
      }),
    );
  }
  const total = WARM_UP_EVENTS + EVENTS_PER_SECOND * SECONDS;
  const paused = new Set<string>();
  const begun = performance.now();
  const pending: Promise<unknown>[] = [];
  for (let i = 0; i < total; i += 1) {
    const wait = begun + (i * 1_000) / EVENTS_PER_SECOND - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const call = calls[i % calls.length];
    if (!call) throw new Error('no calls');
    const { callId, producerId } = call;
    const verb = paused.delete(callId) ? 'resume' : 'pause';
    if (verb === 'pause') paused.add(callId);
    pending.push(send(`${callId}/producers/${producerId}/${verb}`, {}));
  }
  await Promise.all(pending);
  await new Promise((resolve) => setTimeout(resolve, 1_000));

  const latencies: number[] = [];
  let expected = 0;
  const first = Math.ceil(WARM_UP_EVENTS / calls.length);
  for (const { callId, clients } of calls) {
    const times = stamped.get(callId) ?? [];
    expected += (clients.length - 1) * Math.max(0, times.length - first);
    // Whoever muted is not told.
    for (const heard of (arrivals.get(callId) ?? []).slice(1)) {
      for (let i = first; i < heard.length; i += 1) latencies.push((heard[i] ?? 0) - (times[i] ?? 0));
    }
  }
  return { latencies, expected };
}
