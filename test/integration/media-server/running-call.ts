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
 * Sends a packet every 20 ms to the port it is told, and measures what comes back: the longest time between two, without that
 * for which the machine is to blame: the time that the worker or this thread stood in line for a processor, as the
 * scheduler counts it (`schedstat`, nanoseconds), the time for which the hypervisor gave the processors to other machines
 * (the eighth figure of `/proc/stat`, hundredths of a second), and the time by which this thread sent late.
 */
const THREAD = `
const dgram = require('node:dgram');
const { readFileSync } = require('node:fs');
const { parentPort, workerData } = require('node:worker_threads');
const waitedMs = (path) => Number(readFileSync(path, 'utf8').split(' ')[1]) / 1e6;
const stolenMs = () => Number(readFileSync('/proc/stat', 'utf8').split('\\n', 1)[0].trim().split(/ +/)[8]) * 10;
const inLine = () => {
  try {
    const waited = waitedMs('/proc/' + workerData.pid + '/schedstat') + waitedMs('/proc/thread-self/schedstat');
    return waited + stolenMs();
  } catch {
    return 0;
  }
};
const out = dgram.createSocket('udp4');
const back = dgram.createSocket('udp4');
const sent = new Map();
let gap = 0;
let received = 0;
let last;
back.on('message', (packet) => {
  if (packet.length < 52) return;
  const now = { at: performance.now(), inLine: inLine(), sentAt: sent.get(packet.readUInt32BE(packet.length - 4)) };
  received += 1;
  if (last) {
    const late = Math.max(0, now.sentAt - last.sentAt - ${String(PACKET_MS)});
    gap = Math.max(gap, now.at - last.at - late - (now.inLine - last.inLine));
  }
  last = now;
});
back.bind(0, '127.0.0.1', () => parentPort.postMessage({ port: back.address().port }));
parentPort.on('message', ({ port }) => {
  if (port === undefined) {
    // A call that stands still has a gap that has not ended yet.
    const waiting = last ? performance.now() - last.at - ${String(PACKET_MS)} - (inLine() - last.inLine) : Infinity;
    parentPort.postMessage({ gap: Math.max(gap, waiting), received });
    gap = 0;
    received = 0;
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
    // The sequence numbers of a consumer are its own: packets carry their number in the payload.
    packet.writeUInt32BE(seq, 48);
    sent.set(seq, performance.now());
    sent.delete(seq - 1000);
    out.send(packet, port, '127.0.0.1');
  }, ${String(PACKET_MS)});
});
`;

/** A router, and the process it is in. */
export interface RunningRouter {
  router: Router;
  pid: number;
}

/** The routers of this process, latest last; begin before the server starts. */
export function watchRouters(): RunningRouter[] {
  const routers: RunningRouter[] = [];
  observer.on('newworker', ({ pid, observer: events }) => {
    events.on('newrouter', (router) => {
      routers.push({ router, pid });
    });
  });
  return routers;
}

export interface Look {
  /** The longest time without a packet since the last look, without that for which the machine is to blame; milliseconds. */
  gap: number;
  received: number;
}

export interface RunningCall {
  look: () => Promise<Look>;
  stop: () => Promise<void>;
}

export async function startRunningCall({ router, pid }: RunningRouter): Promise<RunningCall> {
  const thread = new Worker(THREAD, { eval: true, workerData: { pid } });
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
