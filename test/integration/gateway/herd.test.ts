/** All calls of a media server that is killed move at once: twenty here, a hundred in the benchmark `herd`. */
import { afterEach, expect, test } from '@jest/globals';
import { signServiceToken, signUserToken } from '@crossfade/service/tokens';
import { startServiceProcess, type ServiceProcess } from '../../browser/service-process.ts';
import { loseServer } from './lost-server.ts';
import { secrets, serviceKey, startScriptedGateway, userKey } from './stack.ts';

const CALLS = 20;
/** Rooms one of the two that are left may have: what both together need, and little more. */
const MAX_ROOMS = 14;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function startServer(maxRooms: number): Promise<ServiceProcess> {
  const settings = { PORT: '0', METRICS_PORT: '0', RTC_BASE_PORT: '0', MEDIASOUP_WORKERS: '1' };
  const server = await startServiceProcess(
    'media-server/dist/main.js',
    { ...secrets, ...settings, MAX_ROOMS: String(maxRooms) },
    () => undefined,
  );
  stops.push(() => server.stop());
  return server;
}

test('every call moves, and nobody joins again; they spread, and no server gets more than it takes', async () => {
  const servers = [
    await startServer(100),
    await startServer(MAX_ROOMS),
    await startServer(MAX_ROOMS),
  ] as const;
  const gateway = await startScriptedGateway({
    MEDIA_SERVER_URLS: servers.map(({ url }) => url).join(','),
    P2P_MAX_PARTICIPANTS: '1',
    SWITCH_TIMEOUT_MS: '8000',
    MEDIA_SERVER_POLL_MS: '500',
    MEDIA_SERVER_STEADY_MS: '300',
  });
  stops.push(() => gateway.close());
  const { movedAfterMs, rooms, left } = await loseServer({
    gatewayUrl: gateway.url,
    servers,
    calls: CALLS,
    serviceToken: signServiceToken(serviceKey, { subject: 'test', lifetimeS: 600 }),
    userToken: (sub) => signUserToken(userKey, { sub, name: sub }, 600),
  });
  expect(movedAfterMs).toHaveLength(CALLS);
  expect(movedAfterMs.at(-1)).toBeLessThan(15_000);
  expect(left).toBe(0);
  expect(rooms.flat().sort()).toEqual(Array.from({ length: CALLS }, (_, n) => `call-${String(n)}`).sort());
  for (const some of rooms) expect(some.length).toBeLessThanOrEqual(MAX_ROOMS);
}, 120_000);
