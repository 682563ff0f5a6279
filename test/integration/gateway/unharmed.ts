/**
 * A call of three that runs at the gateway, and on a real media server, while a suite sends what nobody should. After each
 * case the worker is the same process, the gateway is ready, the call had no gap and still answers, and no secret is in a
 * log.
 */
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { signUserToken } from '@crossfade/service/tokens';
import { capturedLog } from '../media-server/captured-log.ts';
import { SECRET, startHarness, type Harness } from '../media-server/harness.ts';
import { startRunningCall, watchRouters, type RunningCall } from '../media-server/running-call.ts';
import { ScriptedClient } from './scripted-client.ts';
import { secrets, userKey } from './stack.ts';

/** The call that runs; suites may look at it, and try to get at it. */
export const RUNNING = 'running';
/** Milliseconds the call may be without a packet, besides those for which the machine itself is to blame. */
const GAP_LIMIT_MS = 100;

const media = { audio: true, video: true, screen: false };

/** What the suite has started. */
export interface StartedGateway {
  url: string;
  /** What it wrote so far. */
  written: () => string;
  stop: () => Promise<void>;
}

/** What a gateway needs to work with the media server. */
export type MediaServerSettings = Record<'MEDIA_SERVER_URLS' | 'SERVICE_JWT_SECRET', string>;

export interface Unharmed {
  readonly url: string;
  readonly mediaServer: Harness;
  /** Those in the call, and under which ids. */
  readonly people: readonly ScriptedClient[];
  readonly ids: readonly string[];
  /** What both services wrote so far. */
  written: () => string;
  /** From here on this must be in no log. */
  keepSecret: (text: string) => void;
}

/**
 * Registers all of it with the suite.
 * @param start starts the gateway with these settings and its own
 */
export function unharmed(
  start: (settings: MediaServerSettings) => Promise<StartedGateway>,
  mediaServerSettings: Record<string, string> = {},
): Unharmed {
  const routers = watchRouters();
  const { log, lines } = capturedLog();
  const kept = new Set([SECRET, ...Object.values(secrets)]);
  const people: ScriptedClient[] = [];
  const ids: string[] = [];
  let mediaServer: Harness;
  let gateway: StartedGateway;
  let call: RunningCall;
  let pids: number[];
  let rounds = 0;
  const pidsNow = async () => (await mediaServer.workers()).map(({ pid }) => pid);
  const written = () => `${lines.join('\n')}\n${gateway.written()}`;

  beforeAll(async () => {
    mediaServer = await startHarness(mediaServerSettings, { log });
    gateway = await start({ MEDIA_SERVER_URLS: mediaServer.url, SERVICE_JWT_SECRET: SECRET });
    for (const name of ['running-1', 'running-2', 'running-3']) {
      const token = signUserToken(userKey, { sub: name, name }, 3_600);
      // Where suites count by address this is nobody else's.
      const client = await ScriptedClient.connect(gateway.url, token, { 'x-forwarded-for': '192.0.2.1' });
      people.push(client);
      const { participantId, sessionId } = await client.must('call:join', { callId: RUNNING, media });
      ids.push(participantId);
      kept.add(sessionId).add(token);
    }
    for (const client of people) {
      const { transitionId } = await client.phase('prepare');
      await client.must('call:mode-switched', { callId: RUNNING, transitionId, success: true });
    }
    await Promise.all(people.map((client) => client.phase('commit')));
    const router = routers.at(-1);
    if (!router) throw new Error('no router');
    call = await startRunningCall(router);
    pids = await pidsNow();
  }, 60_000);
  afterAll(async () => {
    for (const client of people) client.close();
    await call.stop();
    await gateway.stop();
    await mediaServer.close();
  });
  afterEach(async () => {
    expect((await fetch(`${gateway.url}/ready`)).status).toBe(200);
    expect(await pidsNow()).toEqual(pids);
    expect((await call.look()).gap).toBeLessThan(GAP_LIMIT_MS);
    const [speaker, listener] = people;
    const told = { audio: true, video: (rounds += 1) % 2 === 0, screen: false };
    listener?.forget();
    await speaker?.must('call:update', { callId: RUNNING, media: told });
    await listener?.event(
      'call:participant-updated',
      ({ participant }) => participant.participantId === ids[0] && participant.media.video === told.video,
    );
    expect((await mediaServer.snapshot(RUNNING)).epoch).toBe(1);
    expect(people.every(({ socket }) => socket.connected)).toBe(true);
    const text = written();
    // How every token begins.
    expect(text).not.toMatch(/eyJ[A-Za-z0-9_-]{8}/);
    for (const secret of kept) expect(text.includes(secret)).toBe(false);
  });

  return {
    get url() {
      return gateway.url;
    },
    get mediaServer() {
      return mediaServer;
    },
    people,
    ids,
    written,
    keepSecret: (text) => {
      kept.add(text);
    },
  };
}
