/**
 * One media worker process and its WebRtcServer (one port, UDP and TCP). The pool spawns it, closes it, and replaces
 * it when it died.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Log } from '@crossfade/service/log';
import { SettingError } from '@crossfade/service/settings';
import { inSpan } from '@crossfade/service/tracing';
import { createWorker } from 'mediasoup';
import type {
  Router,
  RouterRtpCodecCapability,
  TransportListenInfo,
  WebRtcServer,
  Worker,
  WorkerResourceUsage,
} from 'mediasoup/types';
import { Emitter } from '../emitter.ts';
import { ask } from './ask.ts';
import { mustHaveDescriptors } from './descriptors.ts';
import { startHeartbeat } from './heartbeat.ts';

/** Milliseconds between a worker's answer and the next question; with the silence below: dead within 7 s. */
const HEARTBEAT_INTERVAL_MS = 2_000;
/** Milliseconds without an answer after which a worker is killed. */
const SILENCE_LIMIT_MS = 5_000;
/** Milliseconds a worker process may take to start. */
const START_LIMIT_MS = 10_000;
/** Milliseconds a worker process gets to end by itself. */
const END_LIMIT_MS = 500;

export interface MediaWorkerOptions {
  /** Which of the pool's places it takes. */
  index: number;
  /** The worker program; undefined: mediasoup's own. */
  bin: string | undefined;
  listenIp: string;
  announcedAddress: string | undefined;
  /** UDP and TCP; 0: any free port. */
  port: number;
  log: Log;
}

export class MediaWorker extends Emitter<{ died: [] }> {
  readonly index: number;
  readonly webRtcServer: WebRtcServer;
  readonly #worker: Worker;
  readonly #stopHeartbeat: () => void;
  #usage: { cpuMs: number; at: number } | undefined;
  #cpu = 0;

  /** @throws SettingError if the program does not start or its port is taken; Error if there are no descriptors left */
  static async spawn(options: MediaWorkerOptions): Promise<MediaWorker> {
    const worker = await startProcess(options.bin);
    leaveSignalsToUs(worker);
    try {
      const webRtcServer = await ask(worker.createWebRtcServer({ listenInfos: listenInfos(options) }));
      return new MediaWorker(worker, webRtcServer, options);
    } catch (cause) {
      worker.close();
      throw await culprit(options, cause);
    }
  }

  private constructor(worker: Worker, webRtcServer: WebRtcServer, options: MediaWorkerOptions) {
    super(options.log);
    this.index = options.index;
    this.webRtcServer = webRtcServer;
    this.#worker = worker;
    this.#stopHeartbeat = startHeartbeat({
      beat: () => worker.getResourceUsage(),
      intervalMs: HEARTBEAT_INTERVAL_MS,
      silenceMs: SILENCE_LIMIT_MS,
      onBeat: (usage) => this.#measure(usage),
      onSilent: () => {
        options.log.error('killing a worker that does not answer', {
          pid: worker.pid,
          worker: options.index,
        });
        killProcess(worker);
      },
    });
    worker.on('died', (error) => {
      this.#stopHeartbeat();
      options.log.error('a worker died', { pid: worker.pid, worker: options.index, error });
      this.emit('died');
    });
  }

  /** Whether it died before anyone could listen. */
  get dead(): boolean {
    return this.#worker.died;
  }

  get pid(): number {
    return this.#worker.pid;
  }

  /** Share of one core used between the last two heartbeats, 0 to 1. */
  get cpu(): number {
    return this.#cpu;
  }

  /** @throws CodedError `timeout` or `no-capacity` */
  createRouter(mediaCodecs: RouterRtpCodecCapability[]): Promise<Router> {
    return ask(
      inSpan('worker createRouter', () => this.#worker.createRouter({ mediaCodecs })),
      (late) => {
        late.close();
      },
    );
  }

  /** Ends the process; resolves when it is gone. */
  async close(): Promise<void> {
    this.#stopHeartbeat();
    const worker = this.#worker;
    if (worker.subprocessClosed) return;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(() => killProcess(worker), END_LIMIT_MS);
      worker.on('subprocessclose', () => {
        clearTimeout(limit);
        resolve();
      });
      worker.close();
    });
  }

  #measure(usage: WorkerResourceUsage): void {
    const now = { cpuMs: usage.ru_utime + usage.ru_stime, at: performance.now() };
    if (this.#usage) this.#cpu = Math.min(1, (now.cpuMs - this.#usage.cpuMs) / (now.at - this.#usage.at));
    this.#usage = now;
  }
}

/** Which setting it was that a worker cannot listen with. */
async function culprit({ listenIp, port }: MediaWorkerOptions, cause: unknown): Promise<SettingError> {
  return (await isOfThisMachine(listenIp))
    ? new SettingError(
        `Setting RTC_BASE_PORT cannot be used: a worker cannot listen on ${listenIp}:${port}, UDP and TCP.`,
        { cause },
      )
    : new SettingError(
        `Setting MEDIASOUP_LISTEN_IP cannot be used: ${listenIp} is not an address of this machine.`,
        { cause },
      );
}

async function isOfThisMachine(ip: string): Promise<boolean> {
  const socket = createSocket(isIPv6(ip) ? 'udp6' : 'udp4');
  try {
    socket.bind(0, ip);
    await once(socket, 'listening');
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL';
  } finally {
    socket.close();
  }
}

async function startProcess(bin: string | undefined): Promise<Worker> {
  mustHaveDescriptors();
  try {
    return await ask(
      createWorker({ logLevel: 'warn', ...(bin !== undefined && { workerBin: bin }) }),
      (late) => late.close(),
      START_LIMIT_MS,
    );
  } catch (cause) {
    throw new SettingError(
      bin === undefined
        ? "Setting MEDIASOUP_WORKER_BIN is not set, and mediasoup's own worker program does not start."
        : 'Setting MEDIASOUP_WORKER_BIN names a program that does not start as a mediasoup worker.',
      { cause },
    );
  }
}

/**
 * mediasoup closes every worker at once on SIGTERM and SIGINT, before the rooms could be closed in order. Its handler
 * is not in the public types; a test holds that none is left.
 */
function leaveSignalsToUs(worker: Worker): void {
  const { onSignal } = worker as Worker & { onSignal?: NodeJS.SignalsListener };
  if (!onSignal) return;
  process.removeListener('SIGTERM', onSignal);
  process.removeListener('SIGINT', onSignal);
}

function listenInfos(options: MediaWorkerOptions): TransportListenInfo[] {
  return (['udp', 'tcp'] as const).map((protocol) => ({
    protocol,
    ip: options.listenIp,
    ...(options.announcedAddress !== undefined && { announcedAddress: options.announcedAddress }),
    ...(options.port !== 0 && { port: options.port }),
  }));
}

function killProcess(worker: Worker): void {
  try {
    process.kill(worker.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
