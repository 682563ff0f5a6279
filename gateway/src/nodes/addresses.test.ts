import { describe, expect, test } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import {
  isDnsServer,
  parseDnsName,
  resolve,
  watchAddresses,
  type DnsName,
  type Resolver,
} from './addresses.ts';

const host: DnsName = { kind: 'host', name: 'media', port: 4000 };
const never: Resolver = {
  resolveSrv: () => Promise.reject(new Error()),
  lookup: () => Promise.reject(new Error()),
};

describe('a name', () => {
  test.each<[string, DnsName | undefined]>([
    ['srv:_media._tcp.example', { kind: 'srv', scheme: 'http', name: '_media._tcp.example' }],
    ['srv+https:_media._tcp.example', { kind: 'srv', scheme: 'https', name: '_media._tcp.example' }],
    ['dns+http://media:4000', host],
    ['dns+http://media', undefined],
    ['dns+http://media:0', undefined],
    ['dns+http://media:70000', undefined],
    ['dns+http://user@media:4000', undefined],
    ['http://media:4000', undefined],
    ['srv:', undefined],
  ])('%s', (text, name) => {
    expect(parseDnsName(text)).toEqual(name);
  });

  test('of a host stands for each of its addresses, once', async () => {
    const lookup = () =>
      Promise.resolve([
        { address: '10.0.0.2', family: 4 },
        { address: '10.0.0.1', family: 4 },
        { address: 'fd00::1', family: 6 },
        { address: '10.0.0.1', family: 4 },
      ]);
    expect(await resolve(host, { ...never, lookup })).toEqual([
      'http://10.0.0.1:4000',
      'http://10.0.0.2:4000',
      'http://[fd00::1]:4000',
    ]);
  });

  test('of a service stands for each target with its port', async () => {
    const resolveSrv = () =>
      Promise.resolve([
        { name: 'media-1.example.', port: 4000 },
        { name: 'media-0.example', port: 4001 },
      ]);
    const service: DnsName = { kind: 'srv', scheme: 'https', name: '_media._tcp.example' };
    expect(await resolve(service, { ...never, resolveSrv })).toEqual([
      'https://media-0.example:4001',
      'https://media-1.example:4000',
    ]);
  });

  test('of a service whose targets nobody else knows stands for their addresses; certificates are for names', async () => {
    const resolver: Resolver = {
      resolveSrv: () => Promise.resolve([{ name: 'media-0.internal', port: 4001 }]),
      lookup: (name) =>
        Promise.resolve(name === 'media-0.internal' ? [{ address: '10.0.0.1', family: 4 }] : []),
      knowsTargetsAlone: true,
    };
    const service = { kind: 'srv', name: '_media._tcp.internal' } as const;
    expect(await resolve({ ...service, scheme: 'http' }, resolver)).toEqual(['http://10.0.0.1:4001']);
    expect(await resolve({ ...service, scheme: 'https' }, resolver)).toEqual([
      'https://media-0.internal:4001',
    ]);
  });

  test.each<[string, { name: string; port: number }[], string[] | undefined]>([
    ['nothing', [], undefined],
    ['"not available" (RFC 2782)', [{ name: '.', port: 0 }], undefined],
    ['port 0', [{ name: 'a', port: 0 }], undefined],
    ['what would be another address', [{ name: 'user@evil/x?', port: 80 }], undefined],
    [
      'a bad one among good ones',
      [
        { name: '', port: 1 },
        { name: 'b', port: 2 },
      ],
      ['http://b:2'],
    ],
  ])('an answer with %s', async (_what, targets, found) => {
    const service: DnsName = { kind: 'srv', scheme: 'http', name: '_media._tcp.example' };
    const resolving = resolve(service, { ...never, resolveSrv: () => Promise.resolve(targets) });
    if (found) expect(await resolving).toEqual(found);
    else await expect(resolving).rejects.toThrow('no usable address');
  });

  test('is looked up by the system', async () => {
    expect(await resolve({ kind: 'host', name: 'localhost', port: 4000 })).toContain('http://127.0.0.1:4000');
  });
});

test.each([
  ['10.0.0.10', true],
  ['127.0.0.1:8600', true],
  ['fd00::10', true],
  ['[fd00::10]:53', true],
  ['127.0.0.1:0', false],
  ['127.0.0.1:70000', false],
  ['dns.example', false],
  ['[10.0.0.1]:53', false],
  ['1.2.3:53', false],
])('a DNS server at %s: %s', (text, is) => {
  expect(isDnsServer(text)).toBe(is);
});

test('what is found is told again and again; a look-up that fails tells nothing', async () => {
  const answers = [['10.0.0.1'], new Error('SERVFAIL'), ['10.0.0.1', '10.0.0.2']];
  const lookup = () => {
    const answer = answers.shift() ?? [];
    return answer instanceof Error
      ? Promise.reject(answer)
      : Promise.resolve(answer.map((address) => ({ address, family: 4 })));
  };
  const told: (readonly string[])[] = [];
  const twice = Promise.withResolvers<undefined>();
  const stop = watchAddresses({
    dns: host,
    everyMs: 1,
    found: (urls) => {
      told.push(urls);
      if (told.length === 2) {
        stop();
        twice.resolve(undefined);
      }
    },
    log: silentLog,
    resolver: { ...never, lookup },
  });
  await twice.promise;
  expect(told).toEqual([['http://10.0.0.1:4000'], ['http://10.0.0.1:4000', 'http://10.0.0.2:4000']]);
});
