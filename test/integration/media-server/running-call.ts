/**
 * A call that runs while something else is done to its worker: RTP goes in over a plain transport of its own and comes
 * out over another, sent and received on a thread of its own, so that nothing this process does delays either. What is
 * measured is the worker.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createWorker, observer } from 'mediasoup';
import type { Router } from 'mediasoup/types';

/** Milliseconds between two packets. */
const PACKET_MS = 20;
const SSRC = 4_242;
const PAYLOAD_TYPE = 111;

/**
 * Sends a packet every 20 ms through the call and, at the same moment, one through a worker that nobody does anything to.
 * Of each gap in what comes back from the call that is counted for which the machine is not to blame: without the time that
 * the worker or this thread stood in line for a processor, as the scheduler counts it (`schedstat`, nanoseconds), without
 * that for which the hypervisor gave the processors to other machines (the eighth figure of `/proc/stat`, hundredths of a
 * second), and without the longest gap of the other worker in the same time.
 */
const THREAD = `
const dgram = require('node:dgram');
const { readFileSync } = require('node:fs');
const { parentPort, workerData } = require('node:worker_threads');
const waitedMs = (path) => Number(readFileSync(path, 'utf8').split(' ')[1]) / 1e6;
const stolenMs = () => Number(readFileSync('/proc/stat', 'utf8').split('\\n', 1)[0].trim().split(/ +/)[8]) * 10;
const inLine = (pid) => {
  try {
    return waitedMs('/proc/' + pid + '/schedstat') + waitedMs('/proc/thread-self/schedstat') + stolenMs();
  } catch {
    return 0;
  }
};
const out = dgram.createSocket('udp4');

// Gaps shorter than two packets are no gaps.
const NOTED_MS = 2 * ${String(PACKET_MS)};
const streams = workerData.pids.map((pid) => ({ pid, socket: dgram.createSocket('udp4'), gaps: [], received: 0, last: undefined }));
const note = (stream, now) => {
  const ms = now.at - stream.last.at;
  if (ms > NOTED_MS) stream.gaps.push({ from: stream.last.at, to: now.at, ms: ms - (now.inLine - stream.last.inLine) });
};
for (const stream of streams) {
  stream.socket.on('message', (packet) => {
    if (packet.length < 52) return;
    const now = { at: performance.now(), inLine: inLine(stream.pid) };
    stream.received += 1;
    if (stream.last) note(stream, now);
    stream.last = now;
  });
  stream.socket.bind(0, '127.0.0.1');
}
const look = () => {
  const at = performance.now();
  // A stream that stands still has a gap that has not ended yet.
  for (const stream of streams) if (stream.last) note(stream, { at, inLine: inLine(stream.pid) });
  const [call, other] = streams;
  const blameless = (gap) => {
    const meanwhile = other.gaps.filter(({ from, to }) => from < gap.to && to > gap.from);
    return gap.ms - Math.max(0, ...meanwhile.map(({ from, to }) => to - from - ${String(PACKET_MS)}));
  };
  const answer = { gap: call.last ? Math.max(0, ...call.gaps.map(blameless)) : Infinity, received: call.received };
  for (const stream of streams) {
    stream.gaps = [];
    stream.received = 0;
  }
  return answer;
};
parentPort.on('message', ({ ports }) => {
  if (!ports) {
    parentPort.postMessage(look());
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
    for (const port of ports) out.send(packet, port, '127.0.0.1');
  }, ${String(PACKET_MS)});
});
Promise.all(streams.map(({ socket }) => new Promise((resolve) => socket.once('listening', resolve)))).then(() => {
  parentPort.postMessage({ ports: streams.map(({ socket }) => socket.address().port) });
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
  observer.on('newworker', ({ pid, observer: events, appData }) => {
    if (appData === COMPARED) return;
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

/** Marks the worker that the call is compared with. */
const COMPARED = {};

export async function startRunningCall({ router, pid }: RunningRouter): Promise<RunningCall> {
  const workerBin = process.env['MEDIASOUP_WORKER_BIN'];
  const other = await createWorker({ appData: COMPARED, ...(workerBin !== undefined && { workerBin }) });
  const compared = await other.createRouter({
    mediaCodecs: [{ kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 }],
  });
  const thread = new Worker(THREAD, { eval: true, workerData: { pids: [pid, other.pid] } });
  const answer = async <T>(): Promise<T> => ((await once(thread, 'message')) as [T])[0];
  const { ports } = await answer<{ ports: [number, number] }>();
  const streams = [await forward(router, ports[0]), await forward(compared, ports[1])];
  thread.postMessage({ ports: streams.map(({ port }) => port) });
  await Promise.all(streams.map(({ flowing }) => flowing));
  const look = async () => {
    thread.postMessage({});
    return answer<Look>();
  };
  while ((await look()).received === 0) await new Promise((resolve) => setTimeout(resolve, PACKET_MS));
  return {
    look,
    stop: async () => {
      await thread.terminate();
      other.close();
    },
  };
}

/** A stream through this router to a port of this machine; tells where to send it to. */
async function forward(router: Router, to: number): Promise<{ port: number; flowing: Promise<unknown> }> {
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
  await outOf.connect({ ip: '127.0.0.1', port: to });
  await outOf.consume({ producerId: producer.id, rtpCapabilities: router.rtpCapabilities });
  return { port: into.tuple.localPort, flowing: once(producer.observer, 'score') };
}
