/**
 * Fifty people at two gateways press to talk at the same moment, round after round. Each round has to have exactly one grant,
 * and the one who has it has to be heard soon: the media server lets their microphone through, and nobody else's.
 */
import { RedisServer } from '../test/integration/gateway/redis.ts';
import { opus } from '../test/integration/gateway/media.ts';
import { BenchClient, startGateway, startMediaServerProcess } from './gateway-parts.ts';
import { median, ms, percentile, table } from './statistics.ts';

const CONTENDERS = 50;
const ROUNDS = 1_000;
/** No round is begun after this time, milliseconds. */
const LONGEST_MS = 180_000;
/** A microphone that does not flow by then never will, milliseconds. */
const HEARD_LIMIT_MS = 5_000;
/** A call that is not on the media server by then has been given up, milliseconds. */
const SWITCH_LIMIT_MS = 30_000;
const callId = 'floor';
const media = { audio: true, video: false, screen: false };

interface Contender {
  client: BenchClient;
  participantId: string;
}

/** Prints a table; tells whether it is as it has to be. */
export async function benchFloor(): Promise<boolean> {
  /** What is running: whatever happens, it is ended, the last one first. */
  const running: { stop: () => Promise<void> }[] = [];
  const started = <T extends { stop: () => Promise<void> }>(it: T): T => {
    running.unshift(it);
    return it;
  };
  const contenders: Contender[] = [];
  const figures = { rounds: 0, wrong: 0, sunk: 0, unheard: 0, several: 0 };
  const granted: number[] = [];
  const answered: number[] = [];
  const audible: number[] = [];
  try {
    const redis = started(await RedisServer.start());
    const server = started(await startMediaServerProcess());
    const settings = {
      REDIS_URL: redis.url,
      MEDIA_SERVER_URLS: server.url,
      SWITCH_TIMEOUT_MS: '10000',
      MAX_REQUESTS_PER_SECOND: '10000',
    };
    const gateways = [started(await startGateway(settings)), started(await startGateway(settings))];
    for (let i = 0; i < CONTENDERS; i += 1) {
      contenders.push(await enter(gateways[i % gateways.length]?.url ?? '', i));
    }
    const flow = watchFlow(contenders[0]);
    const began = performance.now();
    let fence = 0;
    while (figures.rounds < ROUNDS && performance.now() - began < LONGEST_MS) {
      figures.rounds += 1;
      const since = performance.now();
      const answers = await Promise.all(
        contenders.map(async ({ client }) => {
          const answer = await client.must('floor:request', { callId, queue: false });
          const tookMs = performance.now() - since;
          answered.push(tookMs);
          if (answer.granted) granted.push(tookMs);
          return answer;
        }),
      );
      const winners = contenders.filter((_, i) => answers[i]?.granted === true);
      const [winner] = winners;
      if (winners.length !== 1 || !winner) figures.wrong += 1;
      const told = answers.find((answer) => answer.granted)?.fence ?? 0;
      if (told <= fence) figures.sunk += 1;
      fence = told;
      // The one who listens is told of everybody else's microphone.
      if (winner && winner !== contenders[0]) {
        const at = await flow.heard(winner.participantId);
        if (at === null) figures.unheard += 1;
        else audible.push(Math.max(0, at - since));
      }
      if (flow.flowing() > 1) figures.several += 1;
      await Promise.all(winners.map(({ client }) => client.must('floor:release', { callId })));
    }
    const retries = contenders.reduce((sum, { client }) => sum + client.retries, 0);
    console.log(
      table([
        ['what', 'figure', 'asked for'],
        ['rounds', String(figures.rounds), String(ROUNDS)],
        ['rounds without exactly one grant', String(figures.wrong), '0'],
        ['fences that did not grow', String(figures.sunk), '0'],
        ['grants after which nobody was heard', String(figures.unheard), '0'],
        ['rounds in which two were heard', String(figures.several), '0'],
        ['requests made again (Redis took too long)', String(retries), ''],
        ['press to grant, median', ms(median(granted)), ''],
        ['press to grant, p95', ms(percentile(granted, 0.95)), '< 100 ms'],
        ['press to answer, granted or not, p95', ms(percentile(answered, 0.95)), ''],
        ['press until the microphone flows, median', ms(median(audible)), ''],
        ['press until the microphone flows, p95', ms(percentile(audible, 0.95)), '< 300 ms'],
      ]),
    );
    return (
      figures.rounds === ROUNDS &&
      figures.wrong + figures.sunk + figures.unheard + figures.several === 0 &&
      percentile(granted, 0.95) < 100 &&
      percentile(audible, 0.95) < 300
    );
  } finally {
    for (const { client } of contenders) client.close();
    for (const it of running) await it.stop();
  }
}

/** Joins, and has a microphone on the media server. */
async function enter(url: string, i: number): Promise<Contender> {
  const policy = { requires: ['push-to-talk' as const] };
  const client = await BenchClient.connect(url, `presser-${String(i)}`, { policy });
  const prepared = Promise.withResolvers<string>();
  const committed = Promise.withResolvers<undefined>();
  client.on('call:mode-switch', ({ phase, transitionId }) => {
    if (phase === 'prepare') prepared.resolve(transitionId);
    if (phase === 'commit') committed.resolve(undefined);
  });
  const me = await client.must('call:join', { callId, media });
  if (i === 0) {
    const transitionId = me.transition?.transitionId ?? (await soonEnough(prepared.promise));
    await client.must('call:mode-switched', { callId, transitionId, success: true });
    await soonEnough(committed.promise);
  }
  const epoch = 1;
  const transport = await client.must('media:create-transport', { callId, epoch, direction: 'send' });
  await client.must('media:produce', {
    callId,
    epoch,
    transportId: transport.id,
    kind: 'audio',
    source: 'microphone',
    rtpParameters: opus(1_000 + i),
  });
  return { client, participantId: me.participantId };
}

/** A switch that was given up is told in another way: nobody waits for it for ever. */
async function soonEnough<T>(step: Promise<T>): Promise<T> {
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    limit = setTimeout(() => reject(new Error('the call did not get to the media server')), SWITCH_LIMIT_MS);
  });
  try {
    return await Promise.race([step, late]);
  } finally {
    clearTimeout(limit);
  }
}

/** What the media server tells one of them of the others' microphones. */
function watchFlow(listener: Contender | undefined) {
  const since = new Map<string, number>();
  const waiting = new Map<string, (at: number) => void>();
  listener?.client.on('producer-resumed', ({ participantId }) => {
    const at = performance.now();
    since.set(participantId, at);
    waiting.get(participantId)?.(at);
  });
  listener?.client.on('producer-paused', ({ participantId }) => since.delete(participantId));
  return {
    flowing: () => since.size,
    /** When it began to flow; null: it does not. */
    heard: (participantId: string) =>
      new Promise<number | null>((resolve) => {
        const done = (at: number | null) => {
          clearTimeout(limit);
          waiting.delete(participantId);
          resolve(at);
        };
        const limit = setTimeout(() => done(null), HEARD_LIMIT_MS);
        const at = since.get(participantId);
        if (at === undefined) waiting.set(participantId, done);
        else done(at);
      }),
  };
}
