/**
 * One client of `/ws` on a core of which nothing is known but that it answers, refuses, or breaks: any frames, right and
 * wrong, are each answered once and under their own id, and the connection stays as it is.
 */
import { expect, test } from '@jest/globals';
import { CodedError } from '@crossfade/shared/errors';
import { pttRequestNames } from '@crossfade/shared/ptt';
import fc from 'fast-check';
import type { Room } from '../../calls/state.ts';
import type { Connection } from './connection.ts';
import { Session } from './session.ts';

const room: Room = { server: 'http://m', epoch: 4, rtpCapabilities: { codecs: [] } };
const state = { channelId: 'c', members: [], media: null, floor: null, locked: false };

type Core = 'answers' | 'refuses' | 'breaks';

function stage(core: Core) {
  const sent: { type: string; id?: unknown; data: { code?: string } }[] = [];
  const asked: string[] = [];
  const closings: number[] = [];
  const refused: string[] = [];
  const connection = {
    isOpen: true,
    send: (text: string) => void sent.push(JSON.parse(text) as never),
    close: (code: number) => void closings.push(code),
  } as unknown as Connection;
  const session = new Session({ claims: { sub: 'u', policy: {} }, address: '::1' } as never, connection, {
    dispatch: {
      admit: () => Promise.resolve(),
      handle: (_door: unknown, name: string) => {
        asked.push(name);
        if (core === 'refuses') return Promise.reject(new CodedError('forbidden'));
        if (core === 'breaks') return Promise.reject(new TypeError('inside'));
        return Promise.resolve({
          id: 't',
          granted: true,
          consumers: [{ id: 'k' }],
          refused: [],
          participantId: 'p',
        });
      },
      disconnected: () => Promise.resolve(),
    },
    guests: { admit: () => ({ enter: () => undefined, leave: () => undefined, vacate: () => undefined }) },
    channels: { watch: () => () => undefined, stateOf: () => state, roomOf: () => room },
    onRefused: (code) => void refused.push(code),
  });
  session.door.joined.set('c', 'me');
  const hear = (frame: unknown) =>
    session.received(Buffer.from(typeof frame === 'string' ? frame : JSON.stringify(frame)), 'serve');
  return { session, hear, sent, asked, closings, refused };
}

const channelId = fc.constantFrom('c', 'other', '..', '');
const capabilities = fc.constantFrom({ codecs: [] }, {}, null);
const dtls = {
  role: 'client',
  fingerprints: [{ algorithm: 'sha-256', value: Array(32).fill('AB').join(':') }],
};
const rtp = { codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 }] };
/** Of the right shape as a whole; each part of it may be right or wrong. */
const data = fc.record(
  {
    channelId,
    displayName: fc.string({ maxLength: 10 }),
    resume: fc.record({ participantId: fc.string(), sessionId: fc.string() }),
    direction: fc.constantFrom('send', 'recv', 'both'),
    transportId: fc.constantFrom('t', 'unknown', 'not an id'),
    dtlsParameters: fc.constantFrom(dtls, {}),
    kind: fc.constantFrom('audio', 'video'),
    rtpParameters: fc.constantFrom(rtp, {}),
    producerId: fc.constantFrom('p', 1),
    producerIds: fc.constantFrom(['p', 'q'], []),
    rtpCapabilities: capabilities,
    priority: fc.integer({ min: -1, max: 300 }),
    queue: fc.boolean(),
    fence: fc.integer({ min: -1, max: 9 }),
  },
  { requiredKeys: ['channelId'] },
);
const c = { channelId: 'c' };
const over = { ...c, transportId: 't' };
/** Each as it should be. */
const right: { type: string; data: unknown }[] = [
  { type: 'join_channel', data: c },
  { type: 'leave_channel', data: c },
  { type: 'channel_state', data: c },
  { type: 'get_router_capabilities', data: c },
  { type: 'create_transport', data: { ...c, direction: 'send' } },
  { type: 'connect_transport', data: { ...over, dtlsParameters: dtls } },
  { type: 'produce', data: { ...over, rtpParameters: { ...rtp, encodings: [{ ssrc: 1 }] } } },
  { type: 'consume', data: { ...over, producerIds: ['p'], rtpCapabilities: { codecs: [] } } },
  { type: 'ptt_start', data: c },
  { type: 'ptt_stop', data: c },
];
const anyRequest = fc.record({
  type: fc.constantFrom(...pttRequestNames, 'ping', 'no_such'),
  data: fc.oneof({ weight: 5, arbitrary: data }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) }),
});

const request = fc.oneof(fc.constantFrom(...right), anyRequest);

test('any requests are each answered once, under their own ids, and close nothing', async () => {
  const met = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 1, maxLength: 12 }),
      fc.constantFrom<Core>('answers', 'answers', 'refuses', 'breaks'),
      async (requests, core) => {
        const { hear, sent, closings, refused } = stage(core);
        requests.forEach((each, id) => hear({ ...each, id }));
        for (let turns = 0; turns < 100 && sent.length < requests.length; turns += 1)
          await new Promise((resolve) => setImmediate(resolve));
        expect(sent.map(({ id }) => id).sort((a, b) => Number(a) - Number(b))).toEqual(
          requests.map((_, id) => id),
        );
        for (const { type, id, data: answer } of sent) {
          const { type: asked } = requests[id as number] ?? { type: '' };
          expect([asked, asked === 'ping' ? 'pong' : asked, 'error', 'ptt_denied']).toContain(type);
          // What broke inside is nobody's business outside.
          expect(JSON.stringify(answer)).not.toContain('inside');
          const outcome = type === 'error' ? String(answer.code) : type;
          met.set(outcome, (met.get(outcome) ?? 0) + 1);
        }
        expect(refused).toHaveLength(sent.filter(({ type }) => type === 'error').length);
        expect(closings).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
  for (const outcome of [
    ...pttRequestNames,
    'pong',
    'forbidden',
    'internal',
    'validation-failed',
    'not-joined',
  ])
    expect([outcome, met.get(outcome) ?? 0]).not.toEqual([outcome, 0]);
});

test('any text at all is answered or passed over', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
      const { hear, sent, closings } = stage('answers');
      hear(text);
      await new Promise((resolve) => setImmediate(resolve));
      expect(sent.length).toBeLessThanOrEqual(1);
      expect(closings).toEqual([]);
    }),
  );
});

test('to start and to stop speaking do not overtake each other, and a refusal holds up nobody', async () => {
  const { hear, asked, sent } = stage('refuses');
  hear({ type: 'ptt_start', id: 1, data: { channelId: 'c' } });
  hear({ type: 'ptt_stop', id: 2, data: { channelId: 'c' } });
  hear({ type: 'ptt_start', id: 3, data: { channelId: 'c' } });
  expect(asked).toEqual([]);
  while (sent.length < 3) await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toEqual(['floor:request', 'floor:release', 'floor:request']);
  expect(sent.map(({ id }) => id)).toEqual([1, 2, 3]);
});

test('without allowance a frame is refused under its id, whatever it asks for', () => {
  const { session, sent, asked } = stage('answers');
  session.received(Buffer.from('{"type":"ping","id":7}'), 'refuse');
  session.received(Buffer.from('{'), 'refuse');
  expect(sent).toMatchObject([
    { type: 'error', id: 7, data: { code: 'rate-limited' } },
    { type: 'error', data: { code: 'rate-limited' } },
  ]);
  expect(asked).toEqual([]);
});

test('the farewell of a channel is said once, and nothing of it comes after', () => {
  const { session, sent } = stage('answers');
  session.door.attach('c', 'me');
  const ended = { name: 'call:ended', payload: { callId: 'c', reason: 'ended' } } as const;
  session.deliver(ended);
  session.deliver(ended);
  expect(sent).toEqual([{ type: 'leave_channel', data: { channelId: 'c', reason: 'ended' } }]);
});
