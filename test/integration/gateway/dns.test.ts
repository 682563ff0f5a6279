/** Media servers as a real DNS server tells them: they come and go, and it goes away itself, or says nothing useful. */
import { afterEach, expect, test } from '@jest/globals';
import { signUserToken } from '@crossfade/service/tokens';
import type { MediaServersAnswer } from '@crossfade/shared/gateway-api';
import type { Gateway } from '../../../gateway/src/app.ts';
import { capturedLog } from '../media-server/captured-log.ts';
import { SECRET, startHarness } from '../media-server/harness.ts';
import { DnsServer } from './dns-server.ts';
import { ScriptedClient } from './scripted-client.ts';
import { soon } from './soon.ts';
import { startScriptedGateway, userKey } from './stack.ts';

const SERVICE = '_media._tcp.test';
/** The shortest there is. */
const INTERVAL_MS = 500;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function startServer(settings: Record<string, string> = {}): Promise<{ url: string; port: string }> {
  const harness = await startHarness(settings);
  stops.push(() => harness.close());
  return { url: harness.url, port: new URL(harness.url).port };
}

async function startDns(records: readonly string[]): Promise<DnsServer> {
  const dns = await DnsServer.start(records);
  stops.push(() => dns.kill());
  return dns;
}

async function startGateway(name: string, dns: DnsServer) {
  const { log, lines } = capturedLog();
  const settings = {
    SERVICE_JWT_SECRET: SECRET,
    MEDIA_SERVER_DNS: name,
    MEDIA_SERVER_DNS_SERVERS: dns.address,
    MEDIA_SERVER_DNS_INTERVAL_MS: String(INTERVAL_MS),
    MEDIA_SERVER_STEADY_MS: '0',
    P2P_MAX_PARTICIPANTS: '1',
  };
  const gateway = await startScriptedGateway(settings, undefined, log);
  stops.push(() => gateway.close());
  return { gateway, lines };
}

const operator = {
  authorization: `Bearer ${signUserToken(userKey, { sub: 'operator', grants: { moderate: true } }, 600)}`,
};

/** Where the gateway sees media servers, those that have left marked with a minus. */
async function seen({ url }: Gateway): Promise<string[]> {
  const answer = await fetch(`${url}/api/media-servers`, { headers: operator });
  const { mediaServers } = (await answer.json()) as MediaServersAnswer;
  return mediaServers
    .map((each) => `${each.leaving ? '-' : ''}${each.url}${each.state === 'healthy' ? '' : '?'}`)
    .sort();
}

const becomes = async (gateway: Gateway, expected: readonly string[]) => {
  const wanted = [...expected].sort();
  expect(
    await soon(
      () => seen(gateway),
      (now) => JSON.stringify(now) === JSON.stringify(wanted),
    ),
  ).toEqual(wanted);
};

async function callOnMediaServer(gateway: Gateway, callId: string): Promise<() => Promise<void>> {
  const people: ScriptedClient[] = [];
  for (const name of ['ann', 'ben']) {
    const client = await ScriptedClient.connect(
      gateway.url,
      signUserToken(userKey, { sub: `${name}-${callId}` }, 600),
    );
    people.push(client);
    await client.must('call:join', { callId, media: { audio: true, video: false, screen: false } });
  }
  for (const client of people) {
    const { transitionId } = await client.phase('prepare');
    await client.must('call:mode-switched', { callId, transitionId, success: true });
  }
  await people[0]?.phase('commit');
  return async () => {
    for (const client of people) {
      await client.must('call:leave', { callId });
      client.close();
    }
  };
}

const looked = (lines: readonly string[]) =>
  lines.filter((line) => line.includes('could not be looked up')).length;
/** At least one look-up more has failed since. */
const fails = async (lines: readonly string[]) => {
  const before = looked(lines);
  await soon(
    () => Promise.resolve(looked(lines)),
    (now) => now > before,
  );
  expect(looked(lines)).toBeGreaterThan(before);
};

test('SRV records: one is added, one removed keeps its call, DNS dies and comes back, and answers nonsense', async () => {
  const [first, second, third] = [await startServer(), await startServer(), await startServer()];
  const record = ({ port }: { port: string }) => `srv-host=${SERVICE},host.test,${port}`;
  const host = 'host-record=host.test,127.0.0.1';
  const dns = await startDns([host, record(first)]);
  const { gateway, lines } = await startGateway(`srv:${SERVICE}`, dns);
  await becomes(gateway, [first.url]);
  const end = await callOnMediaServer(gateway, 'stays');

  // An answer may be kept for an hour: nobody here does.
  await dns.tell([host, record(first), record(second)]);
  await becomes(gateway, [first.url, second.url]);

  await dns.tell([host, record(second), record(third)]);
  await becomes(gateway, [`-${first.url}`, second.url, third.url]);
  await end();
  await becomes(gateway, [second.url, third.url]);

  await dns.kill();
  await fails(lines);
  await becomes(gateway, [second.url, third.url]);
  await (
    await callOnMediaServer(gateway, 'without-dns')
  )();

  const useless: Record<string, string[]> = {
    'no such name': [host],
    'a name of nothing': ['host-record=host.test,127.0.0.1', `txt-record=${SERVICE},hello`],
    '"not available" (RFC 2782)': [host, `srv-host=${SERVICE}`],
    'targets that nobody knows': [`srv-host=${SERVICE},nobody.test,${second.port}`],
    'port 0': [host, `srv-host=${SERVICE},host.test,0`],
  };
  for (const [what, records] of Object.entries(useless)) {
    await dns.tell(records);
    await fails(lines);
    expect([what, await seen(gateway)]).toEqual([what, [second.url, third.url].sort()]);
  }

  await dns.tell([host, record(first), `srv-host=${SERVICE},nobody.test,${second.port}`]);
  await becomes(gateway, [first.url]);
  expect(lines.join('\n')).not.toMatch(/eyJ/);
}, 60_000);

test('each address of a name, at the same port', async () => {
  const one = await startServer({ HOST: '127.0.0.2' });
  const other = await startServer({ HOST: '127.0.0.3', PORT: one.port });
  const dns = await startDns(['host-record=media.test,127.0.0.2']);
  const { gateway } = await startGateway(`dns+http://media.test:${one.port}`, dns);
  await becomes(gateway, [one.url]);
  await dns.tell(['host-record=media.test,127.0.0.2', 'host-record=media.test,127.0.0.3']);
  await becomes(gateway, [one.url, other.url]);
  await dns.tell(['host-record=media.test,127.0.0.3']);
  await becomes(gateway, [other.url]);
}, 60_000);
