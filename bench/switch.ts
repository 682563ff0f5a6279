/**
 * How long a mode switch takes without browsers: a third person joins and leaves a call of two on one gateway with one media
 * server; clients that speak the signalling confirm at once. What is left is the gateway, the room and the messages.
 */
import { BenchClient, startGateway, startMediaServerProcess } from './gateway-parts.ts';
import { median, ms, percentile, table } from './statistics.ts';

const ROUNDS = 120;
/** Rounds before the measured ones: code is compiled, connections are made. */
const WARM_UP = 20;
/** The figure asked for: the 95th percentile, milliseconds. */
const LIMIT_MS = 500;
const SWITCH_LIMIT_MS = 20_000;

const media = { audio: true, video: true, screen: false };
const callId = 'switch';

/** Prints a table; tells whether the figure is met. */
export async function benchSwitch(): Promise<boolean> {
  const server = await startMediaServerProcess();
  const gateway = await startGateway({
    MEDIA_SERVER_URLS: server.url,
    BACK_TO_P2P_DELAY_MS: '0',
    SWITCH_TIMEOUT_MS: '10000',
  });
  try {
    const durations = await switches(gateway.url);
    const rows = (['sfu', 'p2p'] as const).map((mode) => ({ mode, values: durations[mode] }));
    console.log(
      table([
        ['a switch to', 'median', 'p95', 'limit (p95)'],
        ...rows.map(({ mode, values }) => [
          mode,
          ms(median(values)),
          ms(percentile(values, 0.95)),
          ms(LIMIT_MS),
        ]),
      ]),
    );
    return rows.every(({ values }) => percentile(values, 0.95) <= LIMIT_MS);
  } finally {
    await gateway.stop();
    await server.stop();
  }
}

async function switches(url: string): Promise<Record<'sfu' | 'p2p', number[]>> {
  const [ann, ben, cleo] = await Promise.all(
    ['ann', 'ben', 'cleo'].map((name) => BenchClient.connect(url, name)),
  );
  if (!ann || !ben || !cleo) throw new Error('nobody came');
  const everyone = [ann, ben, cleo];
  const commits = everyone.map(() => new Set<string>());
  let look: () => void = () => undefined;
  const confirm = (client: BenchClient, transitionId: string) => {
    client.ask('call:mode-switched', { callId, transitionId, success: true }).catch(() => undefined);
  };
  for (const [i, client] of everyone.entries()) {
    client.on('call:mode-switch', ({ phase, transitionId, epoch, mode }) => {
      if (phase === 'prepare') confirm(client, transitionId);
      if (phase === 'commit') commits[i]?.add(`${String(epoch)} ${mode}`);
      look();
    });
  }
  /** When the two who stay have heard of the commit. */
  const committed = (what: string) =>
    new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`no ${what}`)), SWITCH_LIMIT_MS);
      look = () => {
        if (commits.slice(0, 2).some((heard) => !heard.has(what))) return;
        clearTimeout(limit);
        resolve();
      };
      look();
    });
  await ann.must('call:join', { callId, media });
  await ben.must('call:join', { callId, media });
  const durations = { sfu: [] as number[], p2p: [] as number[] };
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    const epoch = 2 * (round + WARM_UP);
    const joined = performance.now();
    const up = committed(`${String(epoch + 1)} sfu`);
    const { transition } = await cleo.must('call:join', { callId, media });
    if (transition) confirm(cleo, transition.transitionId);
    await up;
    const left = performance.now();
    const down = committed(`${String(epoch + 2)} p2p`);
    await cleo.must('call:leave', { callId });
    await down;
    if (round < 0) continue;
    durations.sfu.push(left - joined);
    durations.p2p.push(performance.now() - left);
  }
  for (const client of everyone) client.close();
  return durations;
}
