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

/**
 * Sends a packet every 20 ms to the port it is told, and measures what comes back. The same packets go to an echo on
 * another thread: how late those are is what the machine itself is to blame for, when it has too much to do.
 */
const THREAD = `
const dgram = require('node:dgram');
const { parentPort, Worker } = require('node:worker_threads');
const out = dgram.createSocket('udp4');
const sent = new Map();

function watch(socket) {
  const seen = { gap: 0, received: 0, last: undefined };
  socket.on('message', (packet) => {
    const at = performance.now();
    if (packet.length < 52) return;
    // The sequence numbers of a consumer are its own: packets carry their number in the payload.
    const sentAt = sent.get(packet.readUInt32BE(packet.length - 4));
    seen.received += 1;
    // When this thread itself was late with sending, the call is not to blame for it.
    const { last } = seen;
    if (last) seen.gap = Math.max(seen.gap, at - last.at - Math.max(0, sentAt - last.sentAt - ${String(PACKET_MS)}));
    seen.last = { at, sentAt };
  });
  return seen;
}
function look(seen) {
  // A call that stands still has a gap that has not ended yet.
  const waiting = seen.last === undefined ? Infinity : performance.now() - seen.last.at - ${String(PACKET_MS)};
  const told = { gap: Math.max(seen.gap, waiting), received: seen.received };
  seen.gap = 0;
  seen.received = 0;
  return told;
}

const back = dgram.createSocket('udp4');
const call = watch(back);
const control = dgram.createSocket('udp4');
const machine = watch(control);
const echo = new Worker(
  "const socket = require('node:dgram').createSocket('udp4');" +
    "socket.on('message', (packet, { port }) => socket.send(packet, port, '127.0.0.1'));" +
    "socket.bind(0, '127.0.0.1', () => require('node:worker_threads').parentPort.postMessage(socket.address().port));",
  { eval: true },
);
echo.once('message', (echoPort) => {
  back.bind(0, '127.0.0.1', () => parentPort.postMessage({ port: back.address().port }));
  parentPort.on('message', ({ port }) => {
    if (port === undefined) {
      const seen = look(call);
      parentPort.postMessage({ ...seen, machine: look(machine).gap });
      return;
    }
    let seq = 0;
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
      sent.delete(seq - 1000);
      out.send(packet, port, '127.0.0.1');
      control.send(packet, echoPort, '127.0.0.1');
    }, ${String(PACKET_MS)});
  });
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

export interface Look {
  /** The longest time without a packet since the last look, milliseconds. */
  gap: number;
  /** How much of that an echo without any media server would have had: this machine was busy. */
  machine: number;
  received: number;
}

export interface RunningCall {
  look: () => Promise<Look>;
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
    return answer<Look>();
  };
  while ((await look()).received === 0) await new Promise((resolve) => setTimeout(resolve, PACKET_MS));
  return {
    look,
    stop: async () => {
      await thread.terminate();
    },
  };
}
