/** A hundred calls on a media server that is killed, two others that take them: how long until all of them have moved. */
import { signServiceToken } from '@crossfade/service/tokens';
import { loseServer } from '../test/integration/gateway/lost-server.ts';
import { serviceKey, startGateway, startMediaServerProcess, userToken } from './gateway-parts.ts';
import { median, ms, percentile, table } from './statistics.ts';

const CALLS = 100;
/** Rooms one of the two may have. */
const MAX_ROOMS = 65;
const LIMIT_MS = 15_000;

/** Prints a table; tells whether the figures are met. */
export async function benchHerd(): Promise<boolean> {
  const servers = [
    await startMediaServerProcess(),
    await startMediaServerProcess({ MAX_ROOMS: String(MAX_ROOMS) }),
    await startMediaServerProcess({ MAX_ROOMS: String(MAX_ROOMS) }),
  ] as const;
  const gateway = await startGateway({
    MEDIA_SERVER_URLS: servers.map(({ url }) => url).join(','),
    P2P_MAX_PARTICIPANTS: '1',
    SWITCH_TIMEOUT_MS: '10000',
  });
  try {
    const { movedAfterMs, rooms, left } = await loseServer({
      gatewayUrl: gateway.url,
      servers,
      calls: CALLS,
      serviceToken: signServiceToken(serviceKey, { subject: 'bench', lifetimeS: 600 }),
      userToken,
    });
    const counts = rooms.map(({ length }) => length);
    const whole = new Set(rooms.flat()).size === CALLS && rooms.flat().length === CALLS;
    const last = movedAfterMs.at(-1) ?? Infinity;
    console.log(
      table([
        ['what', 'figure', 'asked for'],
        ['calls moved', String(movedAfterMs.length), String(CALLS)],
        ['after the kill, median', ms(median(movedAfterMs)), ''],
        ['p95', ms(percentile(movedAfterMs, 0.95)), ''],
        ['the last', ms(last), ms(LIMIT_MS)],
        ['rooms on those that are left', counts.join(' and '), `${String(MAX_ROOMS)} each at most`],
        ['people who left, or had to join again', String(left), '0'],
      ]),
    );
    return whole && last <= LIMIT_MS && left === 0 && counts.every((count) => count <= MAX_ROOMS);
  } finally {
    await gateway.stop();
    await Promise.all(servers.map((server) => server.stop()));
  }
}
