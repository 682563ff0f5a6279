/** Who is heard, and who is forwarded: real routers, and sound packets put into them that say how loud they are. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import type {
  DirectTransport,
  Producer as MediasoupProducer,
  Router,
  Consumer as MediasoupConsumer,
} from 'mediasoup/types';
import { Consumer } from '../../../media-server/src/consumers/consumer.ts';
import type { ParticipantLevel } from '../../../media-server/src/observers/levels.ts';
import { RoomAudio, type Speaker } from '../../../media-server/src/observers/room-audio.ts';
import { Producer } from '../../../media-server/src/producers/producer.ts';
import { codecsOf } from '../../../media-server/src/rooms/codecs.ts';
import { MediaWorker } from '../../../media-server/src/workers/worker.ts';
import { until } from '../../browser/until.ts';
import { opusParameters } from './media-parameters.ts';

const LIMIT_MS = 15_000;
const PACKET_MS = 20;

let worker: MediaWorker;
let router: Router;
let transport: DirectTransport;
const stops: (() => void)[] = [];

beforeAll(async () => {
  worker = await MediaWorker.spawn({
    index: 0,
    bin: process.env['MEDIASOUP_WORKER_BIN'],
    listenIp: '127.0.0.1',
    announcedAddress: undefined,
    port: 0,
    log: silentLog,
  });
});
afterAll(() => worker.close());

beforeEach(async () => {
  router = await worker.createRouter(codecsOf('conference'));
  transport = await router.createDirectTransport();
});
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  router.close();
});

/** Somebody with a microphone, whose loudness is set from here; -127 is silence. */
async function microphone(participantId: string, into = transport) {
  const rtpParameters = opusParameters();
  const ssrc = rtpParameters.encodings?.[0]?.ssrc ?? 0;
  const media: MediasoupProducer = await into.produce({ kind: 'audio', rtpParameters });
  const producer = new Producer(media, {
    participantId,
    source: 'microphone',
    log: silentLog,
    unwatchedPauseMs: 0,
    unwantedLayersMs: 0,
  });
  const sound = { dbov: -127 };
  let sequence = 0;
  const timer = setInterval(() => {
    sequence += 1;
    media.send(soundPacket(ssrc, sequence, sound.dbov));
  }, PACKET_MS);
  stops.push(() => clearInterval(timer));
  return { producer, sound };
}

/** RTP (RFC 3550) with the audio level (RFC 6464) in a one-byte header extension (RFC 8285) of id 1. */
function soundPacket(ssrc: number, sequence: number, dbov: number): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt8(0x90, 0);
  header.writeUInt8(111, 1);
  header.writeUInt16BE(sequence % 65_536, 2);
  header.writeUInt32BE(sequence * 960, 4);
  header.writeUInt32BE(ssrc, 8);
  header.writeUInt16BE(0xbede, 12);
  header.writeUInt16BE(1, 14);
  header.writeUInt8(0x10, 16);
  header.writeUInt8(-dbov, 17);
  return Buffer.concat([header, Buffer.alloc(20, 0xab)]);
}

/** Somebody who hears a producer; `packets` counts what arrives. */
async function listener(producer: Producer) {
  const media: MediasoupConsumer = await transport.consume({
    producerId: producer.id,
    rtpCapabilities: router.rtpCapabilities,
    paused: true,
  });
  const consumer = new Consumer(media, { participantId: 'listener', producer, log: silentLog });
  const heard = { packets: 0 };
  media.on('rtp', () => (heard.packets += 1));
  producer.addConsumer(consumer);
  await consumer.resume();
  return { consumer, heard };
}

function roomAudio(maxAudible?: number) {
  const audio = new RoomAudio({ maxAudible, log: silentLog });
  const told = { levels: [] as ParticipantLevel[][], speakers: [] as (Speaker | null)[] };
  audio
    .on('levels', (levels) => told.levels.push(levels))
    .on('speaker', (speaker) => told.speakers.push(speaker));
  stops.push(() => audio.stop());
  return { audio, told };
}

const becomes = (what: string, fits: () => boolean, seen: () => unknown) =>
  until(what, LIMIT_MS, () => Promise.resolve(fits() ? { done: true } : { pending: seen() }));

/** Whether packets arrive at this moment. */
async function arrives(heard: { packets: number }): Promise<boolean> {
  const before = heard.packets;
  await new Promise((resolve) => setTimeout(resolve, 10 * PACKET_MS));
  return heard.packets - before > 2;
}

it('tells who is heard, how loud, and who speaks; and when it is quiet', async () => {
  const { audio, told } = roomAudio();
  const [ann, ben] = await Promise.all([microphone('ann'), microphone('ben')]);
  audio.add(router, ann.producer);
  audio.add(router, ben.producer);
  ann.sound.dbov = -20;
  ben.sound.dbov = -100;
  const last = () => told.levels.at(-1);
  await becomes(
    'Ann is heard',
    () => last()?.[0]?.participantId === 'ann',
    () => told,
  );
  expect(last()).toEqual([{ participantId: 'ann', dbov: expect.any(Number) }]);
  await becomes(
    'Ann at -20',
    () => Math.abs((last()?.[0]?.dbov ?? 0) + 20) < 3,
    () => told,
  );
  await becomes(
    'Ann speaks',
    () => told.speakers.at(-1)?.producerId === ann.producer.id,
    () => told,
  );
  const events = told.levels.length;
  // The same is not told again.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(told.levels.length).toBeLessThanOrEqual(events + 1);

  ann.sound.dbov = -127;
  ben.sound.dbov = -30;
  await becomes(
    'Ben speaks',
    () => told.speakers.at(-1)?.participantId === 'ben',
    () => told,
  );
  ben.sound.dbov = -127;
  await becomes(
    'nobody is heard',
    () => last()?.length === 0,
    () => told,
  );
  await becomes(
    'nobody speaks',
    () => told.speakers.at(-1) === null,
    () => told,
  );
  // The same one as before, though for mediasoup nothing has changed.
  ben.sound.dbov = -30;
  await becomes(
    'Ben speaks again',
    () => told.speakers.at(-1)?.participantId === 'ben',
    () => told,
  );
}, 90_000);

it('forgets who leaves while speaking', async () => {
  const { audio, told } = roomAudio();
  const ann = await microphone('ann');
  audio.add(router, ann.producer);
  ann.sound.dbov = -20;
  await becomes(
    'Ann speaks',
    () => told.speakers.at(-1)?.participantId === 'ann',
    () => told,
  );
  ann.producer.close();
  audio.remove(ann.producer.id);
  await becomes(
    'nobody speaks',
    () => told.speakers.at(-1) === null,
    () => told,
  );
  await becomes(
    'nobody is heard',
    () => told.levels.at(-1)?.length === 0,
    () => told,
  );
}, 60_000);

it('forwards the loudest only, apart from what receivers want', async () => {
  const { audio } = roomAudio(1);
  const [ann, ben] = await Promise.all([microphone('ann'), microphone('ben')]);
  const [annHeard, benHeard] = await Promise.all([listener(ann.producer), listener(ben.producer)]);
  audio.add(router, ann.producer);
  audio.add(router, ben.producer);
  ann.sound.dbov = -30;
  await becomes(
    'Ann is heard',
    () => annHeard.heard.packets > 5,
    () => annHeard.heard,
  );
  expect(await arrives(benHeard.heard)).toBe(false);
  // To those who receive Ben nothing has happened: they want him, and he counts as received.
  expect([benHeard.consumer.paused, benHeard.consumer.wanted]).toEqual([false, true]);

  ann.sound.dbov = -127;
  ben.sound.dbov = -30;
  const before = benHeard.heard.packets;
  await becomes(
    'Ben is heard',
    () => benHeard.heard.packets > before,
    () => benHeard.heard,
  );
  expect(await arrives(annHeard.heard)).toBe(false);

  // Who joins now hears Ben only, too.
  const late = await listener(ann.producer);
  expect(await arrives(late.heard)).toBe(false);

  // A receiver's own pause outlasts that Ann is loud again.
  await annHeard.consumer.pause();
  ben.sound.dbov = -127;
  ann.sound.dbov = -30;
  await becomes(
    'Ann is heard by the other',
    () => late.heard.packets > 0,
    () => late.heard,
  );
  expect(await arrives(annHeard.heard)).toBe(false);
  await annHeard.consumer.resume();
  expect(await arrives(annHeard.heard)).toBe(true);
}, 90_000);

it('compares those who enter different routers, and forgets a router with those in it', async () => {
  const { audio, told } = roomAudio(1);
  const other = await worker.createRouter(codecsOf('conference'));
  const [ann, ben] = await Promise.all([
    microphone('ann'),
    microphone('ben', await other.createDirectTransport()),
  ]);
  const { heard } = await listener(ann.producer);
  audio.add(router, ann.producer);
  audio.add(other, ben.producer);
  ann.sound.dbov = -40;
  await becomes(
    'Ann is heard',
    () => heard.packets > 0,
    () => heard,
  );
  ben.sound.dbov = -20;
  const latest = () => told.levels.at(-1)?.map(({ participantId }) => participantId);
  await becomes(
    'both are heard, Ben louder',
    () => latest()?.join() === 'ben,ann',
    () => told,
  );
  await becomes(
    'Ben speaks',
    () => told.speakers.at(-1)?.participantId === 'ben',
    () => told,
  );
  // There is one place, and Ben has it.
  expect(await arrives(heard)).toBe(false);

  other.close();
  audio.remove(ben.producer.id);
  const before = heard.packets;
  await becomes(
    'Ann is heard again',
    () => heard.packets > before && latest()?.join() === 'ann',
    () => told,
  );
  expect(await arrives(heard)).toBe(true);
}, 90_000);
