/** Bad input at the REST API, case by case: the answer, and that nothing else happened. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '@crossfade/shared/errors';
import type { CreateTransportAnswer } from '@crossfade/shared/media-api';
import request, { type Response } from 'supertest';
import { serviceToken, type Harness } from './harness.ts';
import { dtlsParameters, opusParameters } from './media-parameters.ts';
import { anonymous, expectProblem } from './problems.ts';
import { unharmed } from './unharmed.ts';

let harness: Harness;
let send: CreateTransportAnswer;
let receive: CreateTransportAnswer;
let producerId: string;

unharmed(async (started) => {
  harness = started;
  await harness.createRoom('room');
  await harness.createRoom('other-room');
  send = await harness.createTransport('room', 'ann', 'send');
  receive = await harness.createTransport('room', 'ben', 'recv');
  producerId = await harness.produce('room', send.id);
});

const room = '/rooms/room';
const connect = (body: object, headers?: Record<string, string>, id = send.id) =>
  harness.post(`${room}/transports/${id}/connect`, body, headers);
const produce = (changes: object, parameters: object = {}, headers?: Record<string, string>) =>
  harness.post(
    `${room}/transports/${send.id}/produce`,
    {
      kind: 'audio',
      source: 'microphone',
      rtpParameters: { ...opusParameters(), ...parameters },
      ...changes,
    },
    headers,
  );
const consume = (changes: object, headers?: Record<string, string>) =>
  harness.post(
    `${room}/consume`,
    { transportId: receive.id, producerId, rtpCapabilities: {}, ...changes },
    headers,
  );
/** A body as it stands. */
const raw = (path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  request(harness.url)
    .post(`/api${path}`)
    .set({ authorization: `Bearer ${serviceToken()}`, 'content-type': 'application/json', ...headers })
    .serialize((data: unknown) => data as string)
    .send(body as never);
const [codec] = opusParameters().codecs;
const print = (changes: object) => ({
  dtlsParameters: { fingerprints: [{ ...dtlsParameters().fingerprints[0], ...changes }] },
});

type Case = [what: string, code: ErrorCode, ask: () => PromiseLike<Response>];

describe('who may touch what', () => {
  it.each<Case>([
    [
      'connecting another’s transport',
      'transport-not-found',
      () => connect({ dtlsParameters: dtlsParameters() }, { 'x-participant-id': 'eve' }),
    ],
    ['producing on another’s', 'transport-not-found', () => produce({}, {}, { 'x-participant-id': 'eve' })],
    ['consuming on another’s', 'transport-not-found', () => consume({}, { 'x-participant-id': 'eve' })],
    [
      'a producer of another room',
      'producer-not-found',
      async () => {
        const foreign = await harness.createTransport('other-room', 'cat', 'send');
        return consume({ producerId: await harness.produce('other-room', foreign.id) });
      },
    ],
    ['consuming without the grant', 'forbidden', () => consume({}, { 'x-participant-grants': 'publish' })],
    [
      'consuming a list without the grant',
      'forbidden',
      () => consume({ producerId: undefined, producerIds: [producerId] }, { 'x-participant-grants': '' }),
    ],
    [
      'producing without the grant',
      'forbidden',
      () => produce({}, {}, { 'x-participant-grants': 'subscribe' }),
    ],
  ])('%s: %s', async (_what, code, ask) => {
    expectProblem(await ask(), code);
  });

  it('what is somebody else’s is answered like what does not exist', async () => {
    const headers = { 'x-participant-id': 'eve' };
    const unknown = [
      await harness.delete(`${room}/transports/none`, headers),
      await harness.get('/rooms/none'),
    ];
    const foreign = [
      await harness.delete(`${room}/transports/${send.id}`, headers),
      await harness.get('/rooms/nowhere'),
    ];
    expect(foreign.map(anonymous)).toEqual(unknown.map(anonymous));
  });
});

describe('media parameters', () => {
  const bad: Record<string, () => PromiseLike<Response>> = {
    'no fingerprints': () => connect({ dtlsParameters: { fingerprints: [] } }),
    'a fingerprint of md5': () => connect(print({ algorithm: 'md5' })),
    'a fingerprint zz': () => connect(print({ value: 'zz' })),
    'a fingerprint that is cut': () => connect(print({ value: '00:11' })),
    'SSRC -1': () => produce({}, { encodings: [{ ssrc: -1 }] }),
    'SSRC NaN': () => produce({}, { encodings: [{ ssrc: NaN }] }),
    'SSRC 2^32': () => produce({}, { encodings: [{ ssrc: 2 ** 32 }] }),
    'SSRC 1.5': () => produce({}, { encodings: [{ ssrc: 1.5 }] }),
    'payload type 999': () => produce({}, { codecs: [{ ...codec, payloadType: 999 }] }),
    'extension id 999': () =>
      produce({}, { headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', id: 999 }] }),
    'a mid of 100 KB': () => produce({}, { mid: 'x'.repeat(100_000) }),
    'a producer id of 100 KB to consume': () => consume({ producerId: 'x'.repeat(100_000) }),
    'a list of no producers': () => consume({ producerId: undefined, producerIds: [] }),
    '65 codecs': () =>
      consume({
        rtpCapabilities: {
          codecs: Array.from({ length: 65 }, () => ({ ...codec, kind: 'audio', preferredPayloadType: 96 })),
        },
      }),
  };
  it.each(Object.keys(bad))('%s is invalid', async (name) => {
    expectProblem(await (bad[name] as () => PromiseLike<Response>)(), 'validation-failed');
  });

  it.each([0, -1, 65_536, 1.5, '53'])('a port %j cannot be told at all', async (port) => {
    const target = createSocket('udp4').bind(0, '127.0.0.1');
    await once(target, 'listening');
    let packets = 0;
    target.on('message', () => (packets += 1));
    const address = { ip: '127.0.0.1', port };
    const here = { ip: '127.0.0.1', port: target.address().port };
    for (const where of [address, here]) {
      const answers = [
        await harness.post(`${room}/transports`, {
          participantId: 'ann',
          direction: 'send',
          ...where,
          listenInfos: [where],
          remoteIp: where.ip,
        }),
        await connect({ ...where, iceCandidates: [where] }),
        await produce({ ...where, tuple: where }),
        await consume({ ...where }),
      ];
      for (const answer of answers) expectProblem(answer, 'validation-failed');
    }
    expect(packets).toBe(0);
    target.close();
  });

  it('a producer cannot be given an id', async () => {
    for (const id of [producerId, 'x'.repeat(100_000)]) {
      expectProblem(await produce({ id }), 'validation-failed');
      expectProblem(await produce({ producerId: id }), 'validation-failed');
    }
  });

  it('connecting twice is refused, and answered again under the same key', async () => {
    const { id } = await harness.createTransport('room', 'ann', 'send');
    const body = { dtlsParameters: dtlsParameters() };
    const headers = { 'idempotency-key': 'connect-1' };
    expect((await connect(body, headers, id)).status).toBe(200);
    expect((await connect(body, headers, id)).status).toBe(200);
    expectProblem(await connect(body, {}, id), 'transport-already-connected');
  });
});

describe('bodies', () => {
  const deep = `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;
  const many = JSON.stringify({
    transportId: 'x',
    producerId: 'y',
    rtpCapabilities: { codecs: Array.from({ length: 10_000 }, () => ({ mimeType: 'a/b' })) },
  });
  const bodies: Record<string, [body: string | Buffer, headers?: Record<string, string>]> = {
    'one byte above the limit': [JSON.stringify({ x: 'x'.repeat(262_144 - 7) })],
    'a cname of 7 MB': [JSON.stringify({ rtcp: { cname: 'x'.repeat(7_000_000) } })],
    '10,000 codecs': [many.slice(0, 262_000)],
    '10,000 codecs within the limit': [
      `{"codecs":[${Array.from({ length: 10_000 }, () => '{}').join(',')}]}`,
    ],
    '10,000 deep': [deep],
    '10,000 deep and never closed': ['['.repeat(10_000)],
    'a gzip bomb': [gzipSync(Buffer.alloc(20_000_000, ' ')), { 'content-encoding': 'gzip' }],
    'deep and compressed': [gzipSync(deep), { 'content-encoding': 'gzip' }],
  };
  it.each(Object.keys(bodies))('%s: too large', async (name) => {
    const [body, headers] = bodies[name] as [string | Buffer, Record<string, string>?];
    expectProblem(await raw(`${room}/consume`, body, headers), 'payload-too-large');
  });

  it('exactly at the limit is read', async () => {
    expectProblem(
      await raw(`${room}/consume`, JSON.stringify({ x: 'x'.repeat(262_144 - 8) })),
      'validation-failed',
    );
  });

  it('large ones that are read are answered with 20 ms of work', async () => {
    const sized: [string, string | Buffer][] = [
      [
        `${room}/transports/${send.id}/produce`,
        JSON.stringify({ rtpParameters: { mid: 'x'.repeat(100_000) } }),
      ],
      [`${room}/consume`, many.slice(0, 262_000)],
      [`${room}/consume`, deep],
    ];
    for (const [path, body] of sized) {
      const times: number[] = [];
      for (let attempt = 0; attempt < 10; attempt += 1) {
        // Of both ends, which are one process here, and of no other: what else this machine does is not what is measured.
        const start = process.cpuUsage();
        expect([413, 422]).toContain((await raw(path, body)).status);
        const { user, system } = process.cpuUsage(start);
        times.push((user + system) / 1_000);
      }
      // The best of ten: the collector of garbage works in threads of its own.
      expect(Math.min(...times)).toBeLessThan(20);
    }
  });

  it('cannot reach the prototype of anything, and appData is the server’s', async () => {
    const body = JSON.stringify({
      participantId: 'ann',
      direction: 'send',
      appData: { role: 'admin' },
      constructor: { prototype: { polluted: 1 } },
    }).replace('{', '{"__proto__":{"polluted":1,"forceTcp":true},');
    const answer = await raw(`${room}/transports`, body);
    expectProblem(answer, 'validation-failed');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect((await harness.get(room)).text).not.toMatch(/admin|appData/);
  });
});

describe('tokens and names', () => {
  it('a token in the address opens nothing and is in no log', async () => {
    const answer = await request(harness.url).get(`/api/rooms?token=${serviceToken()}`);
    expectProblem(answer, 'unauthenticated');
  });

  it.each(['\r\n', '\u001b[2J', '\u0000', '\ud800', '\u202e'])('%j in a name is refused', async (text) => {
    const body = { participantId: `eve${text}`, direction: 'send' };
    expectProblem(await harness.post(`${room}/transports`, body), 'validation-failed');
    const id = Buffer.from(`eve${text}`).toString('latin1');
    const answer = await harness.get(`/rooms/${encodeURIComponent(id)}`);
    expectProblem(answer, 'validation-failed');
  });
});
