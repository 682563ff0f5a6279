/** The TURN credentials that the gateway gives to clients, at a real coturn with the settings of docker-compose.yml. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { IceServer } from '@crossfade/shared/signalling';
import { signUserToken } from '@crossfade/service/tokens';
import type { Gateway } from '../../../gateway/src/app.ts';
import { iceServersFor } from '../../../gateway/src/ice-servers.ts';
import { capturedLog } from '../media-server/captured-log.ts';
import { ScriptedClient } from './scripted-client.ts';
import { startScriptedGateway, userKey } from './stack.ts';
import { TurnClient } from './turn-client.ts';
import { startTurnServer, type TurnServer } from './turn-server.ts';

const secret = 'only for this test: the secret of coturn';
const TTL_S = 120;
const { log, lines } = capturedLog();
let turn: TurnServer;
let gateway: Gateway;
let urls: string[];
const clients: TurnClient[] = [];

beforeAll(async () => {
  turn = await startTurnServer(secret);
  urls = [`turn:127.0.0.1:${String(turn.port)}?transport=udp`];
  gateway = await startScriptedGateway(
    {
      MEDIA_SERVER_URLS: 'http://127.0.0.1:9',
      TURN_URLS: urls.join(','),
      TURN_SECRET: secret,
      TURN_TTL_S: String(TTL_S),
      LOG_LEVEL: 'debug',
    },
    undefined,
    log,
  );
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await gateway.close();
  await turn.stop();
});

async function given(name: string): Promise<{ username: string; credential: string; participantId: string }> {
  const client = await ScriptedClient.connect(gateway.url, signUserToken(userKey, { sub: name }, 60));
  const joined = await client.must('call:join', {
    callId: 'turn',
    media: { audio: true, video: false, screen: false },
  });
  client.close();
  return { ...credentialsIn(joined.iceServers), participantId: joined.participantId };
}

function credentialsIn(servers: IceServer[]): { username: string; credential: string } {
  const { username, credential } = servers.find((server) => server.username !== undefined) ?? {};
  if (username === undefined || credential === undefined) throw new Error('no credentials');
  return { username, credential };
}

function clientWith(credentials: { username: string; credential: string }): TurnClient {
  const client = new TurnClient(turn.port, credentials);
  clients.push(client);
  return client;
}

test('each participant gets credentials of their own, good for as long as it is set, and in no log', async () => {
  const [ann, ben] = [await given('ann'), await given('ben')];
  for (const { username, credential, participantId } of [ann, ben]) {
    const [until, name] = username.split(':');
    expect(name).toBe(participantId);
    expect(Number(until) - Date.now() / 1_000).toBeGreaterThan(TTL_S - 20);
    expect(Number(until) - Date.now() / 1_000).toBeLessThanOrEqual(TTL_S);
    expect(await clientWith({ username, credential }).allocate()).toBe(0);
    expect(lines.join('')).not.toContain(credential);
  }
  expect(lines.join('')).not.toContain(secret);
  expect(ann.credential).not.toBe(ben.credential);
});

test('expired, forged and borrowed ones are refused', async () => {
  const { username, credential } = await given('cat');
  const past = Date.now() - 2 * TTL_S * 1_000;
  const expired = credentialsIn(iceServersFor({ urls, secret, ttlS: TTL_S }, 'cat', past));
  const forged = credentialsIn(iceServersFor({ urls, secret: 'guessed', ttlS: TTL_S }, 'cat', Date.now()));
  const longer = { username: username.replace(/^\d+/, '4102444800'), credential };
  const another = { username: `${username}x`, credential };
  for (const bad of [expired, forged, longer, another]) expect(await clientWith(bad).allocate()).toBe(401);
});

test('the relay is no way into the network', async () => {
  const client = clientWith(await given('dan'));
  expect(await client.allocate()).toBe(0);
  expect(await client.permit('127.0.0.1')).toBe(0);
  for (const inside of [
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '224.0.0.1',
  ]) {
    expect([inside, await client.permit(inside)]).toEqual([inside, 403]);
  }
});
