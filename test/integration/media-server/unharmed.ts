/**
 * A media server for suites of bad input, with one call that runs on it all the time. After each case the worker is the
 * same process, the server is ready, the call had no gap, and no secret is in the log.
 */
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import request from 'supertest';
import { capturedLog } from './captured-log.ts';
import { SECRET, startHarness, type Harness } from './harness.ts';
import { startRunningCall, watchRouters, type RunningCall } from './running-call.ts';

/** The room of the running call; cases may look at it and join it. */
export const RUNNING = 'running';
/** Milliseconds the call may be without a packet, besides those for which the machine itself is to blame. */
const GAP_LIMIT_MS = 100;

export interface Unharmed {
  /** What the server wrote so far, line by line. */
  readonly lines: readonly string[];
  /** The workers as they were at the beginning. */
  readonly pids: readonly number[];
  readonly call: RunningCall;
  /** From here on this must be in no log. */
  keepSecret: (text: string) => void;
}

/** Registers all of it with the suite; `prepare` comes when the call runs. */
export function unharmed(
  prepare: (harness: Harness) => Promise<void> | void,
  settings: () => Record<string, string> = () => ({}),
): Unharmed {
  const routers = watchRouters();
  const { log, lines } = capturedLog();
  const secrets = new Set([SECRET]);
  let harness: Harness;
  let call: RunningCall;
  let pids: number[];
  const pidsNow = async () => (await harness.workers()).map(({ pid }) => pid);

  beforeAll(async () => {
    const started = await startHarness(settings(), { log });
    harness = {
      ...started,
      createTransport: async (...asked) => {
        const answer = await started.createTransport(...asked);
        secrets.add(answer.iceParameters.password);
        return answer;
      },
    };
    await harness.createRoom(RUNNING);
    const router = routers.at(-1);
    if (!router) throw new Error('no router');
    call = await startRunningCall(router);
    pids = await pidsNow();
    await prepare(harness);
    await call.look();
  });
  afterAll(async () => {
    await call.stop();
    await harness.close();
  });
  afterEach(async () => {
    expect((await request(harness.url).get('/ready')).status).toBe(200);
    expect(await pidsNow()).toEqual(pids);
    expect((await call.look()).gap).toBeLessThan(GAP_LIMIT_MS);
    const written = lines.join('\n');
    // How every token begins.
    expect(written).not.toMatch(/eyJ[A-Za-z0-9_-]{8}/);
    for (const secret of secrets) expect(written).not.toContain(secret);
  });

  return {
    lines,
    get pids() {
      return pids;
    },
    get call() {
      return call;
    },
    keepSecret: (text) => {
      secrets.add(text);
    },
  };
}
