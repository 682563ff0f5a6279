/**
 * Two gateways race mode switches: at the same moment somebody joins at each of them, and somebody leaves at each of them.
 * Every switch has to have one winner an epoch, everyone has to hear the same, and no room may be left over.
 */
import { signServiceToken } from '@crossfade/service/tokens';
import { RedisServer } from '../test/integration/gateway/redis.ts';
import { BenchClient, serviceKey, startGateway, startMediaServerProcess } from './gateway-parts.ts';
import { median, ms, percentile, table } from './statistics.ts';

/** Switches in all: half of them up, half of them down. */
const SWITCHES = 1_000;
/** Calls that race side by side. */
const CALLS = 10;
const ROOMS_GONE_WITHIN_MS = 5_000;
/** A switch that takes longer than this will not come, milliseconds. */
const SWITCH_LIMIT_MS = 20_000;

const media = { audio: true, video: true, screen: false };

interface Heard {
  commits: Map<number, { transitionId: string; mode: string }>;
}

/** Prints a table; tells whether it is as it has to be. */
export async function benchRace(): Promise<boolean> {
  const redis = await RedisServer.start();
  const server = await startMediaServerProcess();
  const settings = {
    REDIS_URL: redis.url,
    MEDIA_SERVER_URLS: server.url,
    BACK_TO_P2P_DELAY_MS: '0',
    SWITCH_TIMEOUT_MS: '10000',
  };
  const gateways = [await startGateway(settings), await startGateway(settings)];
  const [first = '', second = ''] = gateways.map(({ url }) => url);
  const figures = { durations: [] as number[], wrong: 0, aborted: 0, switches: 0, retries: 0 };
  try {
    await Promise.all(
      Array.from({ length: CALLS }, (_, i) => race(`race-${String(i)}`, first, second, figures)),
    );
    const left = await roomsLeft(server.url);
    console.log(
      table([
        ['what', 'figure', 'asked for'],
        ['switches committed', String(figures.switches), String(SWITCHES)],
        ['aborted', String(figures.aborted), ''],
        ['epochs with more than one winner, or heard differently', String(figures.wrong), '0'],
        ['requests made again (Redis took too long)', String(figures.retries), ''],
        ['rooms left over', String(left), '0'],
        ['trigger to commit, median', ms(median(figures.durations)), ''],
        ['trigger to commit, p95', ms(percentile(figures.durations, 0.95)), ''],
      ]),
    );
    return figures.wrong === 0 && left === 0 && figures.switches >= SWITCHES;
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await server.stop();
    await redis.stop();
  }
}

/** Two who stay, one at each gateway, and two who come and go at the same moment. */
async function race(
  callId: string,
  first: string,
  second: string,
  figures: { durations: number[]; wrong: number; aborted: number; switches: number; retries: number },
): Promise<void> {
  const stay = [
    await BenchClient.connect(first, `${callId}-a`),
    await BenchClient.connect(second, `${callId}-b`),
  ];
  const go = [
    await BenchClient.connect(first, `${callId}-c`),
    await BenchClient.connect(second, `${callId}-d`),
  ];
  const heard: Heard[] = stay.map(() => ({ commits: new Map() }));
  let aborted = 0;
  const log: string[] = [];
  const waiting = new Set<() => void>();
  for (const [i, client] of [...stay, ...go].entries()) {
    client.on('call:mode-switch', ({ phase, transitionId, epoch, mode }) => {
      log.push(`${i}:${phase}:${mode}:${epoch}:${transitionId.slice(37)}`);
      if (phase === 'prepare')
        void client.ask('call:mode-switched', { callId, transitionId, success: true }).catch(() => undefined);
      if (phase === 'abort' && i === 0) aborted += 1;
      if (phase !== 'commit') return;
      const seen = heard[i]?.commits;
      const before = seen?.get(epoch);
      if (before && before.transitionId !== transitionId) figures.wrong += 1;
      seen?.set(epoch, { transitionId, mode });
      for (const look of [...waiting]) look();
    });
  }
  for (const client of stay) await client.must('call:join', { callId, media });
  let epoch = 0;
  const committed = (mode: string) =>
    new Promise<number>((resolve, reject) => {
      const limit = setTimeout(() => {
        const told = stay.map((_, i) => JSON.stringify([...(heard[i]?.commits ?? [])].slice(-2)));
        reject(
          new Error(
            `${callId}: no switch to ${mode} after epoch ${String(epoch)}: ${told.join(' ')} ${log.slice(-12).join(' ')}`,
          ),
        );
      }, SWITCH_LIMIT_MS);
      const look = () => {
        const epochs = heard.map(({ commits }) =>
          [...commits].filter(([at, commit]) => at > epoch && commit.mode === mode).map(([at]) => at),
        );
        const both = epochs[0]?.find((at) => epochs[1]?.includes(at) === true);
        if (both === undefined) return;
        waiting.delete(look);
        clearTimeout(limit);
        resolve(both);
      };
      waiting.add(look);
      look();
    });
  const rounds = SWITCHES / CALLS / 2;
  for (let round = 0; round < rounds; round += 1) {
    for (const mode of ['sfu', 'p2p'] as const) {
      const since = performance.now();
      const done = committed(mode);
      if (mode === 'sfu') {
        const answers = await Promise.all(go.map((client) => client.must('call:join', { callId, media })));
        for (const [i, { transition }] of answers.entries()) {
          if (!transition) continue;
          const { transitionId } = transition;
          void go[i]
            ?.ask('call:mode-switched', { callId, transitionId, success: true })
            .catch(() => undefined);
        }
      } else {
        await Promise.all(go.map((client) => client.ask('call:leave', { callId })));
      }
      epoch = await done;
      figures.durations.push(performance.now() - since);
      figures.switches += 1;
    }
  }
  const [one, other] = heard as [Heard, Heard];
  for (const [at, { transitionId, mode }] of one.commits) {
    const same = other.commits.get(at);
    if (same?.transitionId !== transitionId || same.mode !== mode) figures.wrong += 1;
  }
  figures.aborted += aborted;
  await Promise.all(stay.map((client) => client.ask('call:leave', { callId })));
  for (const client of [...stay, ...go]) {
    figures.retries += client.retries;
    client.close();
  }
}

async function roomsLeft(url: string): Promise<number> {
  const token = signServiceToken(serviceKey, { subject: 'bench', lifetimeS: 60 });
  for (const until = performance.now() + ROOMS_GONE_WITHIN_MS; ;) {
    const answer = await fetch(`${url}/api/rooms`, { headers: { authorization: `Bearer ${token}` } });
    const { rooms } = (await answer.json()) as { rooms: unknown[] };
    if (rooms.length === 0 || performance.now() > until) return rooms.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
