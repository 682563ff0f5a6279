/** Any JSON, any headers, at every route and feed event there is: never a `500`, never a dead worker. */
import { expect, it } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { createApi, type ApiOptions } from '../../../media-server/src/http/api.ts';
import { Connections } from '../../../media-server/src/http/connections.ts';
import { serviceToken, type Harness } from './harness.ts';
import { dtlsParameters, opusParameters } from './media-parameters.ts';
import { unharmed } from './unharmed.ts';

const RUNS = 40;

interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
  handle: { stack?: Layer[] };
}

/** Every method and path below `/api`, out of the application itself. */
function routesOf(app: ReturnType<typeof createApi>): { method: string; path: string }[] {
  const walk = (layers: readonly Layer[]): { method: string; path: string }[] =>
    layers.flatMap(({ route, handle }) =>
      route
        ? Object.keys(route.methods).map((method) => ({ method: method.toUpperCase(), path: route.path }))
        : walk(handle.stack ?? []),
    );
  return walk((app.router as unknown as { stack: Layer[] }).stack);
}

/** Routes are only put together here; none is called. */
const routes = routesOf(
  createApi({
    log: silentLog,
    registry: new Registry(),
    bodyLimitBytes: 262_144,
    connections: new Connections(Infinity),
    stopping: () => false,
  } as unknown as ApiOptions),
)
  .filter(({ path }) => path.startsWith('/rooms') || path.startsWith('/node'))
  .sort((a, b) => `${a.path} ${a.method}`.localeCompare(`${b.path} ${b.method}`));

let harness: Harness;
/** Ids that exist, so that more than "not found" is tried. */
let ids: string[];

const { lines } = unharmed(
  async (started) => {
    harness = started;
    await populate();
  },
  () => ({ MAX_ROOMS: '100' }),
);

async function populate(): Promise<void> {
  await harness.post('/rooms/room/create', {});
  const send = await harness.createTransport('room', 'ann', 'send');
  const receive = await harness.createTransport('room', 'ben', 'recv');
  const producer = await harness.produce('room', send.id);
  ids = [send.id, receive.id, producer, 'ann', 'ben'];
}

/** The names of all fields there are, so that values land in them. */
const FIELDS = [
  'participantId direction forceTcp sctp dtlsParameters fingerprints algorithm value role kind source rtpParameters',
  'paused codecs mimeType payloadType clockRate channels parameters encodings ssrc headerExtensions uri id mid rtcp cname',
  'transportId producerId producerIds rtpCapabilities preferredPayloadType epoch maxParticipants profile lease',
  'maxAudibleSpeakers preferredLayers spatialLayer temporalLayer priority deadlineS sctpStreamParameters streamId label',
  'protocol dataProducerId __proto__ constructor toString appData',
]
  .join(' ')
  .split(' ');
const plausible = () =>
  fc.constantFrom<unknown>(
    'send',
    'recv',
    'audio',
    'video',
    'microphone',
    'injected',
    'audio/opus',
    'sha-256',
    0,
    1,
    96,
    48_000,
    -1,
    2 ** 53,
    1e308,
    true,
    null,
    '',
    '\ud800',
    '\u0000',
    dtlsParameters(),
    opusParameters(),
    ...ids,
  );
const bodies = () =>
  fc.oneof(
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
    {
      weight: 3,
      arbitrary: fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
        value: fc.oneof(
          { depthSize: 'small', withCrossShrink: true },
          plausible(),
          fc.jsonValue({ maxDepth: 1 }),
          tie('object'),
          fc.array(tie('value'), { maxLength: 3 }),
        ),
        object: fc.dictionary(fc.constantFrom(...FIELDS), tie('value'), { maxKeys: 6 }),
      })).object,
    },
  );
const anyHeaders = fc.record(
  {
    'x-room-epoch': fc.constantFrom('0', '1', '-1', 'x', '99999999999999999999'),
    'x-participant-id': fc.constantFrom('ann', 'ben', '', 'a b', 'x'.repeat(200)),
    'x-participant-grants': fc.constantFrom('', 'publish', 'subscribe', 'publish,subscribe', ',,', 'all'),
    'idempotency-key': fc.constantFrom('k1', 'k2', '', 'a b', 'x'.repeat(256)),
    'x-request-id': fc.constantFrom('r', 'a b'),
    traceparent: fc.constantFrom('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'x', ''),
  },
  { requiredKeys: [] },
);

it('there are routes', () => {
  expect(routes.length).toBeGreaterThan(15);
  expect(new Set(routes.map(({ method }) => method)).size).toBeGreaterThanOrEqual(3);
});

it.each(routes)('$method $path', async ({ method, path }) => {
  const segments = fc.constantFrom(...ids, 'none', '__proto__', 'x'.repeat(300), 'a b', '%00', 'é');
  const query = fc.constantFrom(
    '',
    '?limit=1',
    '?limit=-1',
    '?limit=x&cursor=y',
    '?limit=1&limit=2',
    '?a[b]=c',
  );
  // Draining would end the test; whether it answers nonsense well is seen all the same.
  const body = path === '/node/drain' ? fc.jsonValue({ maxDepth: 3 }) : bodies();
  const property = fc.asyncProperty(segments, query, anyHeaders, body, async (id, search, headers, sent) => {
    const url = path.replace(':roomId', 'room').replace(':id', encodeURIComponent(id)) + search;
    const answer = await fetch(`${harness.url}/api${url}`, {
      method,
      headers: {
        authorization: `Bearer ${serviceToken()}`,
        'content-type': 'application/json',
        ...headers,
      },
      ...(method !== 'GET' && { body: JSON.stringify(sent) }),
    });
    const text = await answer.text();
    expect([answer.status < 500 || answer.status === 503, text]).toEqual([true, text]);
    if (answer.status >= 400)
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });
  await fc.assert(property, { numRuns: RUNS });
  if (path === '/node/drain') await harness.delete('/node/drain');
  await populate();
  expect(lines.filter((line) => line.includes('request failed'))).toEqual([]);
});

it.each(['join-room', 'leave-room', 'no-such-event'])('the feed event %s', async (event) => {
  const reader = await harness.feed();
  const payloads = fc.array(
    fc.oneof(bodies(), fc.constantFrom({ roomId: 'room' }, { roomId: 'room', afterSeq: 1e15 })),
    {
      maxLength: 3,
    },
  );
  await fc.assert(
    fc.asyncProperty(payloads, async (sent) => {
      reader.socket.emit(event, ...sent);
      const pending = reader.socket.timeout(2_000).emitWithAck(event, ...sent.slice(0, 1)) as Promise<{
        error?: { code: string };
      }>;
      if (event !== 'no-such-event' && sent.length > 0) {
        expect((await pending).error?.code).not.toBe('internal');
      } else pending.catch(() => undefined);
    }),
    { numRuns: RUNS },
  );
  expect(reader.socket.connected).toBe(true);
  expect(await reader.join({ roomId: 'room' })).toMatchObject({ ok: true });
});
