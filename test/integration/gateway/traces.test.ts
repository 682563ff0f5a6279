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

  it('follow a request from the gateway through the media server', async () => {
    const mediaServer = await startMediaServer();
    const dataDir = await mkdtemp(path.join(tmpdir(), 'crossfade-traces-'));
    const gateway = await start('gateway', {
      DATA_DIR: dataDir,
      WEB_ROOT: 'none',
      MEDIA_SERVER_URLS: mediaServer.url,
      P2P_MAX_PARTICIPANTS: '1',
    });
    const token = (name: string) => signUserToken(userKey, { sub: name, name }, 60);
    const clients = [
      await ScriptedClient.connect(gateway.url, token('ann')),
      await ScriptedClient.connect(gateway.url, token('ben')),
    ];
    for (const client of clients) {
      await client.must('call:join', { callId: 'c', media: { audio: true, video: false, screen: false } });
    }
    await clients[0]?.phase('prepare');
    for (const client of clients) client.close();
    await gateway.stop();
    await mediaServer.stop();
    await rm(dataDir, { recursive: true });

    expect(one('gateway', 'call:join').parentSpanId).toBeUndefined();
    const created = one('media-server', 'POST /rooms/:roomId/create');
    const asked = spans.find(({ spanId }) => spanId === created.parentSpanId);
    expect(asked).toMatchObject({ service: 'gateway', traceId: created.traceId });
    expect(one('media-server', 'worker createRouter').traceId).toBe(created.traceId);
  });
});
