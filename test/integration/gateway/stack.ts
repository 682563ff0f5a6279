/** A media server with one real worker and a gateway in front of it, in this process, on ports of their own. */
import { randomBytes } from 'node:crypto';
import { startGateway, type Gateway } from '../../../gateway/src/app.ts';
import { readConfig, type GatewayConfig } from '../../../gateway/src/config.ts';
import { pooledRecords } from './pooled-records.ts';
import type { Records } from '../../../gateway/src/store/records.ts';
import { createMediaServer, type MediaServer } from '../../../media-server/src/app.ts';
import { parseConfig } from '../../../media-server/src/config.ts';
import { silentLog, type Log } from '@crossfade/service/log';
import { createRegistry } from '@crossfade/service/metrics';
import { signUserToken } from '@crossfade/service/tokens';
import { ScriptedClient } from './scripted-client.ts';

export const secrets = {
  SERVICE_JWT_SECRET: randomBytes(32).toString('hex'),
  USER_JWT_SECRET: randomBytes(32).toString('hex'),
};
export const userKey = { secret: secrets.USER_JWT_SECRET, issuer: 'crossfade' };
export const serviceKey = { secret: secrets.SERVICE_JWT_SECRET, issuer: 'crossfade' };

export async function startMediaServer(
  port = 0,
  settings: Record<string, string> = {},
): Promise<{ server: MediaServer; url: string }> {
  const config = parseConfig({
    ...secrets,
    PORT: String(port),
    METRICS_PORT: '0',
    MEDIASOUP_WORKERS: '1',
    RTC_BASE_PORT: '0',
    MEDIASOUP_WORKER_BIN: process.env['MEDIASOUP_WORKER_BIN'],
    ...settings,
  });
  const server = await createMediaServer({
    config,
    log: silentLog,
    registry: createRegistry('media-server'),
  });
  return { server, url: await server.listen() };
}

export class Stack {
  readonly gateway: Gateway;
  readonly media: { server: MediaServer; url: string };
  readonly #clients: ScriptedClient[] = [];

  private constructor(gateway: Gateway, media: { server: MediaServer; url: string }) {
    this.gateway = gateway;
    this.media = media;
  }

  static async start(
    settings: Partial<Record<keyof GatewayConfig, string>> = {},
    mediaServerSettings: Record<string, string> = {},
  ): Promise<Stack> {
    const media = await startMediaServer(0, mediaServerSettings);
    return new Stack(await startScriptedGateway({ MEDIA_SERVER_URLS: media.url, ...settings }), media);
  }

  /** A connected client with a token of its own. */
  async client(
    name: string,
    claims: Partial<Parameters<typeof signUserToken>[1]> = {},
    url = this.gateway.url,
  ): Promise<ScriptedClient> {
    const token = signUserToken(userKey, { sub: `user-${name}`, name, ...claims }, 60);
    const client = await ScriptedClient.connect(url, token);
    this.#clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.gateway.close();
    await this.media.server.close();
  }
}

export function startScriptedGateway(
  settings: Partial<Record<keyof GatewayConfig, string>>,
  openRecords: () => Promise<Records> = pooledRecords,
  log: Log = silentLog,
): Promise<Gateway> {
  const config = readConfig({
    ...secrets,
    PORT: '0',
    METRICS_PORT: '0',
    WEB_ROOT: 'none',
    // Scripted clients do not stand by; who tests that says so.
    STANDBY_CONNECTIONS: 'off',
    ...settings,
  });
  return startGateway({ config, log, openRecords });
}
