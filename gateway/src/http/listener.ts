/** What listens on the gateway's port: HTTP, or HTTPS when there is a certificate. */
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { urlHost } from '@crossfade/service/listen';
import { SERVER_LIMITS } from '@crossfade/service/server-limits';
import { SettingError } from '@crossfade/service/settings';
import type { GatewayConfig } from '../config.ts';

/** Browsers send the cookies of the whole site along. */
const LIMITS = { ...SERVER_LIMITS, maxHeaderSize: 16_384 };

const EVERY_ADDRESS = new Set(['0.0.0.0', '::']);

/** @throws SettingError if there is half a certificate, or one that cannot be used */
export function createListener(config: GatewayConfig, http: RequestListener): Server {
  const { TLS_CERT_FILE: cert, TLS_KEY_FILE: key } = config;
  if (cert === undefined && key === undefined) return createServer(LIMITS, http);
  if (cert === undefined || key === undefined) {
    throw new SettingError(`Setting ${cert === undefined ? 'TLS_CERT_FILE' : 'TLS_KEY_FILE'} is not set.`);
  }
  try {
    return createTlsServer({ ...LIMITS, cert: readFileSync(cert), key: readFileSync(key) }, http);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SettingError(`Setting TLS_CERT_FILE or TLS_KEY_FILE cannot be used: ${why}.`);
  }
}

/** Where it can be reached from this machine. */
export function listeningUrl(config: GatewayConfig, port: number): string {
  const scheme = config.TLS_CERT_FILE === undefined ? 'http' : 'https';
  const host = EVERY_ADDRESS.has(config.HOST) ? 'localhost' : urlHost(config.HOST);
  return `${scheme}://${host}:${String(port)}`;
}
