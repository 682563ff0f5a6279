/**
 * A call that runs while something else is done to its worker: RTP goes in over a plain transport of its own and comes
 * out over another, sent and received on a thread of its own, so that nothing this process does delays either. What is
 * measured is the worker.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { observer } from 'mediasoup';
import type { Router } from 'mediasoup/types';

/** Milliseconds between two packets. */
const PACKET_MS = 20;
const SSRC = 4_242;
const PAYLOAD_TYPE = 111;

/** Sends a packet every 20 ms to the port it is told, and measures what comes back. */
const THREAD = `
const dgram = require('node:dgram');
const { parentPort } = require('node:worker_threads');
const out = dgram.createSocket('udp4');
const back = dgram.createSocket('udp4');
const sent = new Map();
let seq = 0;
let last;
let gap = 0;
let received = 0;
back.on('message', (packet) => {
  const at = performance.now();
  // The sequence numbers of a consumer are its own: packets carry their number in the payload.
  if (packet.length < 52) return;
  const number = packet.readUInt32BE(packet.length - 4);
  const sentAt = sent.get(number);
  sent.delete(number);
  received += 1;
  // When this thread itself was late with sending, the call is not to blame for it.
  if (last) gap = Math.max(gap, at - last.at - Math.max(0, sentAt - last.sentAt - ${String(PACKET_MS)}));
  last = { at, sentAt };
});
back.bind(0, '127.0.0.1', () => parentPort.postMessage({ port: back.address().port }));
parentPort.on('message', ({ port }) => {
  if (port === undefined) {
    // A call that stands still has a gap that has not ended yet.
    const waiting = last === undefined ? Infinity : performance.now() - last.at;
    parentPort.postMessage({ gap: Math.max(gap, waiting - ${String(PACKET_MS)}), received });
    gap = 0;
    received = 0;
    return;
  }
  setInterval(() => {
    seq += 1;
    const packet = Buffer.alloc(52);
    packet[0] = 0x80;
    packet[1] = ${String(PAYLOAD_TYPE)};
    packet.writeUInt16BE(seq & 0xffff, 2);
    packet.writeUInt32BE(seq * 960, 4);
    packet.writeUInt32BE(${String(SSRC)}, 8);
    packet.writeUInt32BE(seq, 48);
    sent.set(seq, performance.now());
    out.send(packet, port, '127.0.0.1');
  }, ${String(PACKET_MS)});
});
`;

/** The routers of this process, latest last; begin before the server starts. */
export function watchRouters(): Router[] {
  const routers: Router[] = [];
  observer.on('newworker', (worker) => {
    worker.observer.on('newrouter', (router) => {
      routers.push(router);
    });
  });
  return routers;
}

export interface RunningCall {
  /** The longest time without a packet since the last look, milliseconds, and how many packets came. */
  look: () => Promise<{ gap: number; received: number }>;
  stop: () => Promise<void>;
}

export async function startRunningCall(router: Router): Promise<RunningCall> {
  const thread = new Worker(THREAD, { eval: true });
  const answer = async <T>(): Promise<T> => ((await once(thread, 'message')) as [T])[0];
  const { port } = await answer<{ port: number }>();
  const listenInfo = { protocol: 'udp', ip: '127.0.0.1' } as const;
  const into = await router.createPlainTransport({ listenInfo, comedia: true });
  const producer = await into.produce({
    kind: 'audio',
    rtpParameters: {
      codecs: [{ mimeType: 'audio/opus', payloadType: PAYLOAD_TYPE, clockRate: 48_000, channels: 2 }],
      encodings: [{ ssrc: SSRC }],
    },
  });
  const outOf = await router.createPlainTransport({ listenInfo });
  await outOf.connect({ ip: '127.0.0.1', port });
  await outOf.consume({ producerId: producer.id, rtpCapabilities: router.rtpCapabilities });
  const flowing = once(producer.observer, 'score');
  thread.postMessage({ port: into.tuple.localPort });
  await flowing;
  const look = async () => {
    thread.postMessage({});
    return answer<{ gap: number; received: number }>();
  };
  while ((await look()).received === 0) await new Promise((resolve) => setTimeout(resolve, PACKET_MS));
  return {
    look,
    stop: async () => {
      await thread.terminate();
    },
  };
}
