/**
 * How many people a second join rooms of five: each makes two transports and two producers, and everyone receives
 * everyone (eight consumers a person). Through the REST API of a media server in another process, and on bare mediasoup in
 * this one, taking turns; several rooms fill at the same time.
 */
import { createWorker, type types } from 'mediasoup';
import { codecsOf } from '../media-server/src/rooms/codecs.ts';
import { opus, vp8 } from './media-parameters.ts';
import { cpuSeconds } from './processor-time.ts';
import { startRestServer } from './rest-server.ts';
import { median, table } from './statistics.ts';

const ROUNDS = 12;
/** Rounds before the measured ones: code is compiled for longer than one would think, on both sides. */
const WARM_UP = 8;
const ROOMS_A_ROUND = 12;
/** Rooms that fill at the same time. */
const AT_ONCE = 4;
const PEOPLE = 5;
/** The figure asked for: joins a second through REST, as a share of bare mediasoup's. */
const LIMIT = 0.5;

/** Fills one room and empties it again. */
type FillRoom = (n: number) => Promise<void>;

/** Prints a table; tells whether the figure is met. */
export async function benchJoins(): Promise<boolean> {
  const [bare, rest] = [await bareMediasoup(), await throughRest()];
  const rates = { bare: [] as number[], rest: [] as number[] };
  /** Processor time of the Node process that calls mediasoup, seconds. */
  const cpuS = { bare: 0, rest: 0 };
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    const before = { bare: cpuSeconds(process.pid), rest: rest.cpuSeconds() };
    const bareRate = await joinsASecond(bare.fill);
    const bareS = cpuSeconds(process.pid) - before.bare;
    const restRate = await joinsASecond(rest.fill);
    if (round < 0) continue;
    cpuS.bare += bareS;
    cpuS.rest += rest.cpuSeconds() - before.rest;
    rates.bare.push(bareRate);
    rates.rest.push(restRate);
  }
  await bare.stop();
  await rest.stop();
  const ratio = median(rates.rest) / median(rates.bare);
  const rate = (values: readonly number[]) => `${median(values).toFixed(0)} /s`;
  console.log(
    `\nJoins of rooms of five, ${String(ROUNDS)} rounds taking turns (limit ≥ ${String(LIMIT)}×)\n`,
  );
  console.log(
    table([
      ['what', 'bare', 'REST', 'ratio'],
      ['joins', rate(rates.bare), rate(rates.rest), `${ratio.toFixed(2)}×`],
    ]),
  );
  const perJoin = (seconds: number) => ((seconds * 1_000) / (ROUNDS * ROOMS_A_ROUND * PEOPLE)).toFixed(2);
  console.log(
    `\nProcessor time of Node a join, without the worker: bare ${perJoin(cpuS.bare)} ms, ` +
      `media server ${perJoin(cpuS.rest)} ms`,
  );
  return ratio >= LIMIT;
}

async function joinsASecond(fill: FillRoom): Promise<number> {
  const start = performance.now();
  let next = 0;
  const lane = async () => {
    while (next < ROOMS_A_ROUND) await fill((next += 1));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return (ROOMS_A_ROUND * PEOPLE * 1_000) / (performance.now() - start);
}

async function bareMediasoup(): Promise<{ fill: FillRoom; stop: () => Promise<void> }> {
  const workerBin = process.env['MEDIASOUP_WORKER_BIN'];
  const worker = await createWorker({ logLevel: 'error', ...(workerBin && { workerBin }) });
  const webRtcServer = await worker.createWebRtcServer({
    listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
  });
  const fill: FillRoom = async () => {
    const router = await worker.createRouter({ mediaCodecs: codecsOf('conference') });
    const { rtpCapabilities } = router;
    const present: { receive: types.WebRtcTransport; producers: types.Producer[] }[] = [];
    for (let person = 1; person <= PEOPLE; person += 1) {
      const [send, receive] = await Promise.all([
        router.createWebRtcTransport({ webRtcServer }),
        router.createWebRtcTransport({ webRtcServer }),
      ]);
      const producers = await Promise.all([
        send.produce({ kind: 'audio', rtpParameters: opus(1) }),
        send.produce({ kind: 'video', rtpParameters: vp8(2) }),
      ]);
      const consume = (by: types.WebRtcTransport, { id }: types.Producer) =>
        by.consume({ producerId: id, rtpCapabilities, paused: true });
      await Promise.all([
        ...present.flatMap((other) => other.producers.map((producer) => consume(receive, producer))),
        ...present.flatMap((other) => producers.map((producer) => consume(other.receive, producer))),
      ]);
      present.push({ receive, producers });
    }
    router.close();
  };
  return {
    fill,
    stop: () => {
      worker.close();
      return Promise.resolve();
    },
  };
}

async function throughRest(): Promise<{
  fill: FillRoom;
  cpuSeconds: () => number;
  stop: () => Promise<void>;
}> {
  const { send, cpuSeconds, stop } = await startRestServer();
  const fill: FillRoom = async (n) => {
    const room = `rooms/joins-${String(n)}`;
    const { rtpCapabilities } = await send('POST', `${room}/create`, {});
    const present: { receive: string; producers: string[] }[] = [];
    for (let person = 1; person <= PEOPLE; person += 1) {
      const participantId = `person-${String(person)}`;
      const transport = async (direction: 'send' | 'recv') =>
        String((await send('POST', `${room}/transports`, { participantId, direction }))['id']);
      const [sending, receive] = await Promise.all([transport('send'), transport('recv')]);
      const produce = async (body: object) =>
        String((await send('POST', `${room}/transports/${sending}/produce`, body))['id']);
      const producers = await Promise.all([
        produce({ kind: 'audio', source: 'microphone', rtpParameters: opus(1) }),
        produce({ kind: 'video', source: 'camera', rtpParameters: vp8(2) }),
      ]);
      const consume = (transportId: string, producerIds: readonly string[]) =>
        send('POST', `${room}/consume`, { transportId, producerIds, rtpCapabilities });
      await Promise.all([
        ...(present.length > 0
          ? [
              consume(
                receive,
                present.flatMap((other) => other.producers),
              ),
            ]
          : []),
        ...present.map((other) => consume(other.receive, producers)),
      ]);
      present.push({ receive, producers });
    }
    await send('DELETE', room);
  };
  return { fill, cpuSeconds, stop };
}
