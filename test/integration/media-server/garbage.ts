/** Packets that mean nothing, or half of something, for a port that takes media. Sent from a thread of their own. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Milliseconds between two bursts. */
const BURST_MS = 5;
/** Milliseconds late answers may take. */
const LATE_MS = 200;

const THREAD = `
const dgram = require('node:dgram');
const { randomBytes, randomInt } = require('node:crypto');
const { parentPort, workerData } = require('node:worker_threads');
const { port, packetsPerSecond, seconds } = workerData;

const binding = (attributes) => Buffer.concat([
  Buffer.from([0, 1, attributes.length >> 8, attributes.length & 0xff]),
  Buffer.from('2112a442', 'hex'),
  randomBytes(12),
  attributes,
]);
const username = Buffer.concat([Buffer.from([0, 6, 0, 8]), Buffer.from('abcd:efg')]);
const makers = [
  () => randomBytes(randomInt(1, 1_200)),
  () => binding(Buffer.alloc(0)),
  () => binding(username),
  // Attributes that end beyond the packet.
  () => binding(Buffer.from([0, 6, 0xff, 0xff])),
  // RTP, and RTCP with a length that is not true.
  () => Buffer.concat([Buffer.from([0x80, 111]), randomBytes(160)]),
  () => Buffer.concat([Buffer.from([0x81, 200, 0xff, 0xff]), randomBytes(40)]),
  // The beginning of a DTLS ClientHello.
  () => Buffer.concat([Buffer.from('16feff000000000000000000c8', 'hex'), randomBytes(200)]),
];
// Made beforehand: what is to be busy is who gets them.
const packets = Array.from({ length: 2_100 }, (_, index) => makers[index % makers.length]());
const told = { sent: 0, sentBytes: 0, receivedBytes: 0 };
const socket = dgram.createSocket('udp4');
socket.on('message', (packet) => (told.receivedBytes += packet.length));
socket.bind(0, '127.0.0.1', () => {
  const begin = performance.now();
  const timer = setInterval(() => {
    const elapsed = Math.min(seconds, (performance.now() - begin) / 1_000);
    // What was missed is not made up for all at once.
    const due = Math.min(elapsed * packetsPerSecond - told.sent, 4 * ${String(BURST_MS)} * packetsPerSecond / 1_000);
    for (let count = 0; count < due; count += 1) {
      const packet = packets[told.sent % packets.length];
      socket.send(packet, port, '127.0.0.1');
      told.sent += 1;
      told.sentBytes += packet.length;
    }
    if (elapsed < seconds) return;
    clearInterval(timer);
    setTimeout(() => parentPort.postMessage(told), ${String(LATE_MS)});
  }, ${String(BURST_MS)});
});
`;

export interface GarbageOptions {
  /** On 127.0.0.1. */
  port: number;
  /** As many as this machine gets out, at the most. */
  packetsPerSecond: number;
  seconds: number;
}

export interface GarbageSent {
  sent: number;
  sentBytes: number;
  /** What came back. */
  receivedBytes: number;
}

export async function sendGarbage(options: GarbageOptions): Promise<GarbageSent> {
  const thread = new Worker(THREAD, { eval: true, workerData: options });
  const [told] = (await once(thread, 'message')) as [GarbageSent];
  await thread.terminate();
  return told;
}
