/** What the two services get to read: the person's settings, and for the rest what suits one machine. */
import * as path from 'node:path';

import { UserError } from '../../tools/user-error.mjs';

/** @typedef {Readonly<Record<string, string | undefined>>} Environment */

const LOOPBACK = '127.0.0.1';
const EVERY_ADDRESS = new Set(['0.0.0.0', '::']);

/**
 * The first that sets a variable wins; an empty one counts as not set, as in the services.
 *
 * @param {readonly Environment[]} layers
 * @returns {Record<string, string>}
 */
export function mergeEnvironments(...layers) {
  /** @type {Record<string, string>} */
  const merged = {};
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) {
      if (value !== undefined && value !== '') merged[name] ??= value;
    }
  }
  return merged;
}

/**
 * @typedef {object} StartSettings
 * @property {string} gatewayHost
 * @property {string} mediaServerHost
 * @property {string} metricsHost
 * @property {string} listenIp Where media arrives.
 * @property {number} gatewayPort
 * @property {number} mediaServerPort
 * @property {number} gatewayMetricsPort 0 is off.
 * @property {number} mediaServerMetricsPort 0 is off.
 * @property {number} rtcBasePort
 * @property {number} workers
 * @property {string} dataDir
 */

/**
 * @param {Environment} env
 * @param {object} machine
 * @param {string} machine.projectRoot
 * @param {number} machine.cores
 * @param {string} [machine.lanAddress] Given if phones are to reach it.
 * @returns {StartSettings}
 */
export function readStartSettings(env, { projectRoot, cores, lanAddress }) {
  const host = env['HOST'] || LOOPBACK;
  const metrics = env['METRICS_PORT'] === '0' ? 0 : undefined;

  return {
    gatewayHost: lanAddress ? '0.0.0.0' : host,
    mediaServerHost: lanAddress ? LOOPBACK : host,
    metricsHost: env['METRICS_HOST'] || LOOPBACK,
    listenIp: env['MEDIASOUP_LISTEN_IP'] || (lanAddress ? '0.0.0.0' : LOOPBACK),
    gatewayPort: port(env, env['GATEWAY_PORT'] ? 'GATEWAY_PORT' : 'PORT', 3000),
    mediaServerPort: port(env, 'MEDIA_SERVER_PORT', 4000),
    gatewayMetricsPort: port(env, 'GATEWAY_METRICS_PORT', metrics ?? 9465, 0),
    mediaServerMetricsPort: port(env, 'MEDIA_SERVER_METRICS_PORT', metrics ?? 9464, 0),
    rtcBasePort: port(env, 'RTC_BASE_PORT', 44400),
    workers: wholeNumber(env, 'MEDIASOUP_WORKERS', cores, { from: 1, to: 1024 }),
    dataDir: path.resolve(projectRoot, env['DATA_DIR'] || '.data'),
  };
}

/**
 * @typedef {object} StartFiles
 * @property {string} projectRoot
 * @property {string} workerBin
 * @property {{ service: string, user: string }} secrets
 * @property {{ address: string, certFile: string, keyFile: string }} [lan]
 */

/**
 * @param {Environment} env
 * @param {StartSettings} settings
 * @param {StartFiles} files
 * @returns {{ mediaServer: Record<string, string>, gateway: Record<string, string> }}
 */
export function serviceEnvironments(env, settings, { projectRoot, workerBin, secrets, lan }) {
  const { mediaServerHost, mediaServerPort } = settings;
  const reachable = EVERY_ADDRESS.has(mediaServerHost) ? LOOPBACK : mediaServerHost;

  const both = mergeEnvironments(
    // Paths that are relative in .env are meant relative to it.
    { DATA_DIR: settings.dataDir },
    env,
    {
      LOG_FORMAT: 'pretty',
      SERVICE_JWT_SECRET: secrets.service,
      USER_JWT_SECRET: secrets.user,
    },
  );

  return {
    mediaServer: mergeEnvironments(
      {
        HOST: mediaServerHost,
        PORT: String(mediaServerPort),
        METRICS_PORT: String(settings.mediaServerMetricsPort),
        MEDIASOUP_WORKER_BIN: workerBin,
      },
      both,
      {
        MEDIASOUP_LISTEN_IP: settings.listenIp,
        ...(lan && { MEDIASOUP_ANNOUNCED_ADDRESS: lan.address }),
      },
    ),
    gateway: mergeEnvironments(
      {
        HOST: settings.gatewayHost,
        PORT: String(settings.gatewayPort),
        METRICS_PORT: String(settings.gatewayMetricsPort),
      },
      both,
      {
        MEDIA_SERVER_URLS: `http://${urlHost(reachable)}:${mediaServerPort}`,
        // Here the browsers share the machine with the servers, and building the new path takes as long as it takes.
        SWITCH_TIMEOUT_MS: '10000',
        WEB_ROOT: path.join(projectRoot, 'web', 'dist'),
        ...(lan && { TLS_CERT_FILE: lan.certFile, TLS_KEY_FILE: lan.keyFile }),
      },
    ),
  };
}

/**
 * The address to open in a browser.
 *
 * @param {Environment} env
 * @param {StartSettings} settings
 * @param {string} [lanAddress]
 */
export function webUrl(env, { gatewayHost, gatewayPort }, lanAddress) {
  if (lanAddress) return `https://${lanAddress}:${gatewayPort}`;

  // Browsers allow camera and microphone on localhost without a certificate.
  const local = EVERY_ADDRESS.has(gatewayHost) || gatewayHost === LOOPBACK || gatewayHost === '::1';
  const scheme = env['TLS_CERT_FILE'] ? 'https' : 'http';
  return `${scheme}://${local ? 'localhost' : urlHost(gatewayHost)}:${gatewayPort}`;
}

/** @param {string} host */
function urlHost(host) {
  return host.includes(':') ? `[${host}]` : host;
}

/**
 * @param {Environment} env
 * @param {string} name
 * @param {number} otherwise
 */
function port(env, name, otherwise, from = 1) {
  return wholeNumber(env, name, otherwise, { from, to: 65_535 });
}

/**
 * @param {Environment} env
 * @param {string} name
 * @param {number} otherwise
 * @param {{ from: number, to: number }} range
 */
function wholeNumber(env, name, otherwise, { from, to }) {
  const text = env[name];
  if (!text) return otherwise;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= from && number <= to) return number;

  throw new UserError(
    `${name} is ${text} but must be a whole number from ${from} to ${to}: correct or unset it.`,
  );
}
