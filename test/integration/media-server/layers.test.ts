/** Codecs and layers as the API offers, takes and refuses them; figures of a room. What a browser makes of it: test/browser. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { roomStatsSchema, type ConsumerAnswer } from '@crossfade/shared/media-api';
import { rtpCapabilitiesSchema, type RtpCapabilities, type RtpParameters } from '@crossfade/shared/rtp';
import { startHarness, type Harness } from './harness.ts';
import { opusParameters, vp8Parameters } from './media-parameters.ts';
import { expectProblem } from './problems.ts';

let harness: Harness;
let rtpCapabilities: RtpCapabilities;
let annSends: string;
let benReceives: string;

beforeAll(async () => {
  harness = await startHarness({ MAX_INCOMING_BITRATE: '2000000', MIN_OUTGOING_BITRATE: '100000' });
  ({ rtpCapabilities } = await harness.createRoom('room'));
  annSends = (await harness.createTransport('room', 'ann', 'send')).id;
  benReceives = (await harness.createTransport('room', 'ben', 'recv')).id;
});
afterAll(() => harness.close());

const simulcast = (): RtpParameters => ({
  ...vp8Parameters(),
  mid: String(Math.random()).slice(2, 10),
  encodings: ['r0', 'r1', 'r2'].map((rid) => ({ rid, scalabilityMode: 'L1T3' })),
});
const produceVideo = (rtpParameters: RtpParameters) =>
  harness.post(`/rooms/room/transports/${annSends}/produce`, {
    kind: 'video',
    source: 'camera',
    rtpParameters,
  });
const consumed = async (producerId: string) => {
  const body = { transportId: benReceives, producerId, rtpCapabilities };
  return (await harness.post('/rooms/room/consume', body)).body as ConsumerAnswer;
};
const codecNames = (capabilities: RtpCapabilities) =>
  new Set((capabilities.codecs ?? []).map(({ mimeType }) => mimeType));

describe('a room', () => {
  it('speaks the codecs, repairs them, and knows the header extensions', () => {
    expect(codecNames(rtpCapabilities)).toEqual(
      new Set(['audio/opus', 'video/VP8', 'video/VP9', 'video/H264', 'video/AV1', 'video/rtx']),
    );
    const codecs = rtpCapabilities.codecs ?? [];
    expect(codecs.find(({ mimeType }) => mimeType === 'audio/opus')?.parameters).toMatchObject({
      useinbandfec: 1,
    });
    // Every picture has a repair stream.
    const pictures = codecs.filter(({ kind, mimeType }) => kind === 'video' && mimeType !== 'video/rtx');
    const repaired = codecs.flatMap(({ mimeType, parameters }) =>
      mimeType === 'video/rtx' ? [parameters?.['apt']] : [],
    );
    expect(repaired).toEqual(pictures.map(({ preferredPayloadType }) => preferredPayloadType));
    for (const { rtcpFeedback } of pictures)
      expect(rtcpFeedback).toContainEqual({ type: 'transport-cc', parameter: '' });
    const uris = (kind: string) =>
      (rtpCapabilities.headerExtensions ?? []).flatMap((one) => (one.kind === kind ? [one.uri] : []));
    expect(uris('audio')).toEqual(
      expect.arrayContaining([
        'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
        'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
        'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
      ]),
    );
    expect(uris('video')).toEqual(
      expect.arrayContaining([
        'urn:3gpp:video-orientation',
        'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
        'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
        'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
        'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
      ]),
    );
    // What it offers, it takes back.
    expect(rtpCapabilitiesSchema.parse(rtpCapabilities)).toEqual(rtpCapabilities);
  });

  it('for push-to-talk speaks Opus only: mono, 20 ms a packet, never silent between words', async () => {
    const { rtpCapabilities: own } = await harness.createRoom('radio', { profile: 'push-to-talk' });
    expect(codecNames(own)).toEqual(new Set(['audio/opus']));
    expect(own.codecs?.[0]?.parameters).toMatchObject({ useinbandfec: 1, usedtx: 0, stereo: 0, ptime: 20 });
  });
});

describe('a picture', () => {
  it('comes in simulcast or in SVC, as its codec can', async () => {
    const { id } = (await produceVideo(simulcast())).body as { id: string };
    expect((await consumed(id)).type).toBe('simulcast');
    const scalable = (mimeType: string, payloadType: number, ssrc: number): RtpParameters => ({
      codecs: [{ mimeType, payloadType, clockRate: 90_000 }],
      encodings: [{ ssrc, scalabilityMode: 'L3T3_KEY' }],
    });
    for (const parameters of [scalable('video/VP9', 98, 900_000), scalable('video/AV1', 99, 900_010)]) {
      const answer = await produceVideo(parameters);
      expect(answer.status).toBe(201);
      expect((await consumed((answer.body as { id: string }).id)).type).toBe('svc');
    }
  });

  it('is refused in the way its codec does not come in', async () => {
    const before = await harness.snapshot('room');
    const vp9 = { ...simulcast(), codecs: [{ mimeType: 'video/VP9', payloadType: 98, clockRate: 90_000 }] };
    const svc = { ...vp8Parameters(), encodings: [{ ssrc: 4_711, scalabilityMode: 'L3T3' }] };
    for (const [parameters, path] of [
      [vp9, 'rtpParameters.encodings'],
      [svc, 'rtpParameters.encodings.0.scalabilityMode'],
    ] as const) {
      const problem = expectProblem(await produceVideo(parameters), 'validation-failed');
      expect(problem.errors?.[0]?.path).toBe(path);
    }
    expect(await harness.snapshot('room')).toEqual(before);
  });
});

describe('wishes for a consumer', () => {
  const patch = (id: string, body: object, headers = {}) =>
    harness.call('patch', `/rooms/room/consumers/${id}`, { body, headers });

  it('are taken for layers and for its share of the bandwidth', async () => {
    const { id } = (await produceVideo(simulcast())).body as { id: string };
    const consumer = await consumed(id);
    for (const body of [
      { preferredLayers: { spatialLayer: 0 } },
      { preferredLayers: { spatialLayer: 7, temporalLayer: 2 }, priority: 255 },
      { priority: 1 },
    ]) {
      const answer = await patch(consumer.id, body);
      expect([answer.status, answer.body]).toEqual([200, {}]);
    }
    expectProblem(
      await patch(consumer.id, { priority: 9 }, { 'x-participant-id': 'ann' }),
      'consumer-not-found',
    );
  });

  it('of sound have no effect on layers there are not', async () => {
    const consumer = await consumed(await harness.produce('room', annSends));
    expect((await patch(consumer.id, { preferredLayers: { spatialLayer: 1 } })).status).toBe(200);
  });

  it.each([
    [{}, ''],
    [{ priority: 0 }, 'priority'],
    [{ priority: 256 }, 'priority'],
    [{ preferredLayers: { spatialLayer: -1 } }, 'preferredLayers.spatialLayer'],
    [{ preferredLayers: { temporalLayer: 1 } }, 'preferredLayers.spatialLayer'],
    [{ priority: 1, prefferedLayers: { spatialLayer: 1 } }, ''],
    [{ preferredLayers: { spatialLayer: 1, temporal: 1 } }, 'preferredLayers'],
  ])('are refused: %j', async (body, path) => {
    const consumer = await consumed(await harness.produce('room', annSends));
    const problem = expectProblem(await patch(consumer.id, body), 'validation-failed');
    expect(problem.errors?.[0]?.path).toBe(path);
  });
});

describe('figures of a room', () => {
  it('are there for everything in it', async () => {
    await harness.createRoom('measured');
    const send = await harness.createTransport('measured', 'ann', 'send');
    const recv = await harness.createTransport('measured', 'ben', 'recv');
    const producerId = await harness.produce('measured', send.id, {
      kind: 'audio',
      source: 'injected',
      rtpParameters: opusParameters(),
    });
    const consume = { transportId: recv.id, producerId, rtpCapabilities };
    const { id: consumerId } = (await harness.post('/rooms/measured/consume', consume)).body as {
      id: string;
    };
    const answer = await harness.get('/rooms/measured/stats');
    expect(answer.status).toBe(200);
    const { participants } = roomStatsSchema.parse(answer.body);
    expect(participants).toMatchObject([
      {
        participantId: 'ann',
        transports: [
          { transportId: send.id, direction: 'send', availableOutgoingBitrate: null, rttMs: null },
        ],
        producers: [{ producerId, source: 'injected', streams: [] }],
        consumers: [],
      },
      {
        participantId: 'ben',
        transports: [{ transportId: recv.id, direction: 'recv' }],
        producers: [],
        consumers: [{ consumerId, producerId, paused: true, currentLayers: null }],
      },
    ]);
    expectProblem(await harness.get('/rooms/nowhere/stats'), 'room-not-found');
  });

  it('are given up in time when a worker does not answer', async () => {
    const own = await startHarness();
    try {
      await own.createRoom('stuck');
      const { id } = await own.createTransport('stuck', 'ann', 'send');
      await own.produce('stuck', id);
      const pid = (await own.workers())[0]?.pid ?? 0;
      const before = performance.now();
      process.kill(pid, 'SIGSTOP');
      expectProblem(await own.get('/rooms/stuck/stats'), 'timeout');
      expect(performance.now() - before).toBeLessThan(5_000);
      process.kill(pid, 'SIGCONT');
    } finally {
      await own.close();
    }
  });

  it('do not fail while things are closed', async () => {
    const producers = await Promise.all(Array.from({ length: 10 }, () => harness.produce('room', annSends)));
    const [answer] = await Promise.all([
      harness.get('/rooms/room/stats'),
      ...producers.map((id) => harness.delete(`/rooms/room/producers/${id}`)),
    ]);
    expect(answer.status).toBe(200);
    roomStatsSchema.parse(answer.body);
  });
});
