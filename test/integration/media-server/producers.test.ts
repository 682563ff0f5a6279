import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RtpParameters } from '@crossfade/shared/rtp';
import { startHarness, type Harness } from './harness.ts';
import { opusParameters, vp8Parameters } from './media-parameters.ts';
import { anonymous, expectProblem } from './problems.ts';

let harness: Harness;
let transportId: string;
beforeAll(async () => {
  harness = await startHarness();
  await harness.createRoom('room');
  transportId = (await harness.createTransport('room', 'ann', 'send')).id;
});
afterAll(() => harness.close());

const produce = (body: object, headers?: Record<string, string>) =>
  harness.post(`/rooms/room/transports/${transportId}/produce`, body, headers);
const audio = (change: (parameters: RtpParameters) => unknown = (parameters) => parameters) => ({
  kind: 'audio',
  source: 'microphone',
  rtpParameters: change(opusParameters()),
});
const withCodec = (change: object) => (parameters: RtpParameters) => ({
  ...parameters,
  codecs: [{ ...parameters.codecs[0], ...change }],
});
const withEncodings = (encodings: unknown) => (parameters: RtpParameters) => ({ ...parameters, encodings });

describe('producing', () => {
  it('makes sound and picture of a participant known to the room', async () => {
    const sound = await produce(audio());
    const picture = await produce({
      kind: 'video',
      source: 'camera',
      rtpParameters: vp8Parameters(),
      paused: true,
    });
    expect([sound.status, picture.status]).toEqual([201, 201]);
    expect((await harness.snapshot('room')).producers).toEqual([
      {
        producerId: (sound.body as { id: string }).id,
        participantId: 'ann',
        kind: 'audio',
        source: 'microphone',
        paused: false,
        pausedByServer: false,
        wantedSpatialLayer: null,
      },
      {
        producerId: (picture.body as { id: string }).id,
        participantId: 'ann',
        kind: 'video',
        source: 'camera',
        paused: true,
        pausedByServer: false,
        wantedSpatialLayer: null,
      },
    ]);
  });

  it('takes simulcast and SVC', async () => {
    const layers = vp8Parameters();
    layers.encodings = ['r0', 'r1', 'r2'].map((rid) => ({ rid, scalabilityMode: 'L1T3' }));
    layers.mid = '7';
    expect((await produce({ kind: 'video', source: 'camera', rtpParameters: layers })).status).toBe(201);
    const scalable: RtpParameters = {
      codecs: [{ mimeType: 'video/VP9', payloadType: 98, clockRate: 90_000 }],
      encodings: [{ ssrc: 900_000, scalabilityMode: 'L3T3_KEY' }],
    };
    expect((await produce({ kind: 'video', source: 'screen', rtpParameters: scalable })).status).toBe(201);
  });

  it('is not for receiving transports', async () => {
    const { id } = await harness.createTransport('room', 'ann', 'recv');
    const answer = await harness.post(`/rooms/room/transports/${id}/produce`, audio());
    expectProblem(answer, 'wrong-transport-direction');
  });

  it('keeps the server in charge of ids and application data', async () => {
    const { producers } = await harness.snapshot('room');
    const wanted = { id: 'mine', appData: { role: 'admin' }, participantId: 'ben', constructor: { a: 1 } };
    for (const [name, value] of Object.entries(wanted)) {
      expectProblem(await produce({ ...audio(), [name]: value }), 'validation-failed');
    }
    expect((await harness.snapshot('room')).producers).toEqual(producers);
  });
});

describe('wrong media parameters', () => {
  const fields: [string, object, string][] = [
    ['an unknown source', { ...audio(), source: 'telepathy' }, 'source'],
    ['a source of the other kind', { ...audio(), source: 'camera' }, 'source'],
    [
      'a codec of the other kind',
      audio(withCodec({ mimeType: 'video/VP8' })),
      'rtpParameters.codecs.0.mimeType',
    ],
    ['no codec', audio((parameters) => ({ ...parameters, codecs: [] })), 'rtpParameters.codecs'],
    ['ssrc -1', audio(withEncodings([{ ssrc: -1 }])), 'rtpParameters.encodings.0.ssrc'],
    ['ssrc NaN (null in JSON)', audio(withEncodings([{ ssrc: NaN }])), 'rtpParameters.encodings.0.ssrc'],
    ['ssrc 2^32', audio(withEncodings([{ ssrc: 2 ** 32 }])), 'rtpParameters.encodings.0.ssrc'],
    ['payload type 999', audio(withCodec({ payloadType: 999 })), 'rtpParameters.codecs.0.payloadType'],
    [
      'extension id 999',
      audio((parameters) => ({
        ...parameters,
        headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 999 }],
      })),
      'rtpParameters.headerExtensions.0.id',
    ],
    [
      'a mid of 100 KB',
      audio((parameters) => ({ ...parameters, mid: 'm'.repeat(100_000) })),
      'rtpParameters.mid',
    ],
    [
      'a cname of 100 KB',
      audio((parameters) => ({ ...parameters, rtcp: { cname: 'c'.repeat(100_000) } })),
      'rtpParameters.rtcp.cname',
    ],
    [
      '150 codecs',
      audio((parameters) => ({ ...parameters, codecs: Array(150).fill(parameters.codecs[0]) })),
      'rtpParameters.codecs',
    ],
    [
      'a codec parameter without a value',
      audio(withCodec({ parameters: { useinbandfec: null } })),
      'rtpParameters.codecs.0.parameters.useinbandfec',
    ],
    ['paused as text', { ...audio(), paused: 'no' }, 'paused'],
    ['no rtpParameters', { kind: 'audio', source: 'microphone' }, 'rtpParameters'],
  ];
  it.each(fields)('are refused: %s', async (_what, body, path) => {
    const before = await harness.snapshot('room');
    const problem = expectProblem(await produce(body), 'validation-failed');
    expect(problem.errors?.[0]?.path).toBe(path);
    expect(await harness.snapshot('room')).toEqual(before);
    expect((await produce(audio())).status).toBe(201);
  });

  const refusedByMediasoup: [string, () => object][] = [
    ['a codec the room does not speak', () => audio(withCodec({ mimeType: 'audio/PCMU', clockRate: 8_000 }))],
    ['an encoding of an unknown codec', () => audio(withEncodings([{ ssrc: 77, codecPayloadType: 99 }]))],
    [
      'a picture repaired by an unknown codec',
      () => {
        const rtpParameters = vp8Parameters();
        return {
          kind: 'video',
          source: 'camera',
          rtpParameters: { ...rtpParameters, codecs: rtpParameters.codecs.slice(1) },
        };
      },
    ],
  ];
  it.each(refusedByMediasoup)('are refused: %s', async (_what, body) => {
    const before = await harness.snapshot('room');
    expectProblem(await produce(body()), 'invalid-media-parameters');
    expect(await harness.snapshot('room')).toEqual(before);
    expect((await produce(audio())).status).toBe(201);
  });

  it('are refused: an SSRC that is taken', async () => {
    const body = audio();
    expect((await produce(body)).status).toBe(201);
    const problem = expectProblem(await produce(body), 'invalid-media-parameters');
    expect(problem.detail).toMatch(/ssrc already exists/);
  });

  it('are refused before the connection is read to its end: a body of 7 MB', async () => {
    const answer = await produce(
      audio((parameters) => ({ ...parameters, rtcp: { cname: 'c'.repeat(7e6) } })),
    );
    expectProblem(answer, 'payload-too-large');
  });
});

describe('a producer', () => {
  const path = (id: string, action = '') => `/rooms/room/producers/${id}${action}`;

  it('is paused and resumed, as often as one likes', async () => {
    const id = await harness.produce('room', transportId);
    const paused = async () =>
      (await harness.snapshot('room')).producers.find(({ producerId }) => producerId === id)?.paused;
    for (const action of ['/pause', '/pause']) {
      const answer = await harness.post(path(id, action));
      expect([answer.status, answer.body]).toEqual([200, {}]);
    }
    expect(await paused()).toBe(true);
    for (const action of ['/resume', '/resume'])
      expect((await harness.post(path(id, action))).status).toBe(200);
    expect(await paused()).toBe(false);
  });

  it('is closed once', async () => {
    const id = await harness.produce('room', transportId);
    expect((await harness.delete(path(id))).status).toBe(204);
    expectProblem(await harness.delete(path(id)), 'producer-not-found');
  });

  it('of somebody else or of another room is answered exactly like one that does not exist', async () => {
    const id = await harness.produce('room', transportId);
    await harness.createRoom('elsewhere');
    const other = await harness.createTransport('elsewhere', 'ben', 'send');
    const elsewhere = await harness.produce('elsewhere', other.id);
    const ben = { 'x-participant-id': 'ben' };
    for (const act of [
      (producer: string) => harness.post(path(producer, '/pause'), {}, ben),
      (producer: string) => harness.post(path(producer, '/resume'), {}, ben),
      (producer: string) => harness.delete(path(producer), ben),
    ]) {
      const missing = await act('00000000-0000-4000-8000-000000000000');
      expectProblem(missing, 'producer-not-found');
      expect(anonymous(await act(id))).toEqual(anonymous(missing));
      expect(anonymous(await act(elsewhere))).toEqual(anonymous(missing));
    }
    expect((await harness.post(path(id, '/pause'), {}, { 'x-participant-id': 'ann' })).status).toBe(200);
  });
});
