/** OpenTelemetry traces of the built services, as a collector receives them. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { signServiceToken, signUserToken } from '@crossfade/service/tokens';
import { startServiceProcess, type ServiceProcess } from '../../browser/service-process.ts';
import { dtlsParameters, opus } from './media.ts';
import { ScriptedClient } from './scripted-client.ts';
import { secrets, serviceKey, userKey } from './stack.ts';

interface Span {
  service: string;
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
}

/** What OTLP/HTTP carries, as far as it matters here. */
interface ExportRequest {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] };
    scopeSpans: { spans: Omit<Span, 'service'>[] }[];
  }[];
}

let spans: Span[];
let collector: Server;
let endpoint: string;
let services: ServiceProcess[];

beforeEach(async () => {
  spans = [];
  services = [];
  collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        expect(request.url).toBe('/v1/traces');
        const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString()) as ExportRequest;
        for (const { resource, scopeSpans } of resourceSpans) {
          const name = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue;
          for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
            spans.push({ ...span, service: name ?? '' });
          }
        }
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await Promise.all(services.map((service) => service.stop()));
  collector.closeAllConnections();
  collector.close();
});

async function start(name: string, settings: Record<string, string>): Promise<ServiceProcess> {
  const common = { ...secrets, HOST: '127.0.0.1', PORT: '0', METRICS_PORT: '0', LOG_LEVEL: 'error' };
  const service = await startServiceProcess(
    `${name}/dist/main.js`,
    { ...common, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...settings },
    () => undefined,
  );
  services.push(service);
  return service;
}
const startMediaServer = () => start('media-server', { RTC_BASE_PORT: '0', MEDIASOUP_WORKERS: '1' });

const one = (service: string, name: string): Span => {
  const found = spans.find((span) => span.service === service && span.name === name);
  if (!found) throw new Error(`no ${name}; there are: ${spans.map((span) => span.name).join(', ')}`);
  return found;
};

describe('traces', () => {
  it('begin where the caller says, and go on to the worker; a stop sends what is left', async () => {
    const mediaServer = await startMediaServer();
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const parentId = 'b7ad6b7169203331';
    const response = await fetch(`${mediaServer.url}/api/rooms/secret-name/create`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${signServiceToken(serviceKey, { subject: 'test', lifetimeS: 60 })}`,
        traceparent: `00-${traceId}-${parentId}-01`,
      },
    });
    expect(response.status).toBe(201);
    await mediaServer.stop();

    const request = one('media-server', 'POST /rooms/:roomId/create');
    expect(request).toMatchObject({ traceId, parentSpanId: parentId });
    expect(one('media-server', 'worker createRouter')).toMatchObject({
      traceId,
      parentSpanId: request.spanId,
    });
    expect(JSON.stringify(spans)).not.toContain('secret-name');
  });

  it('are one for each request for media, from the client’s request to the worker', async () => {
    const mediaServer = await startMediaServer();
    const dataDir = await mkdtemp(path.join(tmpdir(), 'crossfade-traces-'));
    const gateway = await start('gateway', {
      DATA_DIR: dataDir,
      WEB_ROOT: 'none',
      MEDIA_SERVER_URLS: mediaServer.url,
      P2P_MAX_PARTICIPANTS: '1',
    });
    const token = (name: string) => signUserToken(userKey, { sub: name, name }, 60);
    const ann = await ScriptedClient.connect(gateway.url, token('ann'));
    const ben = await ScriptedClient.connect(gateway.url, token('ben'));
    const callId = 'traced';
    for (const client of [ann, ben])
      await client.must('call:join', { callId, media: { audio: true, video: false, screen: false } });
    const { epoch } = await ann.phase('prepare');
    const inCall = { callId, epoch };
    const { id: transportId } = await ann.must('media:create-transport', { ...inCall, direction: 'send' });
    await ann.must('media:connect-transport', { ...inCall, transportId, dtlsParameters });
    await ann.must('media:restart-ice', { ...inCall, transportId });
    const { id: producerId } = await ann.must('media:produce', {
      ...inCall,
      transportId,
      kind: 'audio',
      source: 'microphone',
      rtpParameters: opus(1),
    });
    await ann.must('media:pause-producer', { ...inCall, producerId });
    for (const client of [ann, ben]) client.close();
    await gateway.stop();
    await mediaServer.stop();
    await rm(dataDir, { recursive: true });

    for (const [request, path, command] of [
      ['media:create-transport', 'POST /rooms/:roomId/transports', 'worker createWebRtcTransportWithServer'],
      ['media:connect-transport', 'POST /rooms/:roomId/transports/:id/connect', 'worker connect'],
      ['media:restart-ice', 'POST /rooms/:roomId/transports/:id/restart-ice', 'worker restartIce'],
      ['media:produce', 'POST /rooms/:roomId/transports/:id/produce', 'worker produce'],
      ['media:pause-producer', 'POST /rooms/:roomId/producers/:id/pause', 'worker pause'],
    ] as const) {
      const { traceId } = one('gateway', request);
      const names = spans.filter((span) => span.traceId === traceId).map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining([request, path]));
      expect([request, names.filter((name) => name.startsWith('worker '))]).toEqual([
        request,
        expect.arrayContaining([expect.stringContaining(command.slice(0, 10))]),
      ]);
    }
    // The second join is what opens the room.
    const created = one('media-server', 'POST /rooms/:roomId/create');
    const { traceId } = created;
    const joins = spans.filter((span) => span.name === 'call:join');
    expect(joins.map((span) => span.traceId)).toContain(traceId);
    for (const join of joins) expect(join.parentSpanId).toBeUndefined();
    const asked = spans.find(({ spanId }) => spanId === created.parentSpanId);
    expect(asked).toMatchObject({ service: 'gateway', traceId });
    expect(one('media-server', 'worker createRouter').traceId).toBe(traceId);
    expect(JSON.stringify(spans)).not.toContain('traced');
  });
});
