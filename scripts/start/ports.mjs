/** Which ports `npm start` needs, and what to tell someone who has one of them in use. */
import * as dgram from 'node:dgram';
import * as net from 'node:net';

import { UserError } from '../../tools/user-error.mjs';

/**
 * @typedef {object} NeededPort
 * @property {number} port
 * @property {string} host
 * @property {'TCP' | 'UDP'} protocol
 * @property {string} setting What moves it elsewhere.
 */

/** Media ports are a range: the next one to try is well past the end of it. */
const RTC_STEP = 100;

/**
 * @param {import('./environment.mjs').StartSettings} settings
 * @returns {NeededPort[]}
 */
export function neededPorts(settings) {
  /** @type {NeededPort[]} */
  const ports = [
    { port: settings.gatewayPort, host: settings.gatewayHost, protocol: 'TCP', setting: 'PORT' },
    {
      port: settings.mediaServerPort,
      host: settings.mediaServerHost,
      protocol: 'TCP',
      setting: 'MEDIA_SERVER_PORT',
    },
    {
      port: settings.gatewayMetricsPort,
      host: settings.metricsHost,
      protocol: 'TCP',
      setting: 'GATEWAY_METRICS_PORT',
    },
    {
      port: settings.mediaServerMetricsPort,
      host: settings.metricsHost,
      protocol: 'TCP',
      setting: 'MEDIA_SERVER_METRICS_PORT',
    },
  ];
  for (let worker = 0; worker < settings.workers; worker += 1) {
    const common = {
      port: settings.rtcBasePort + worker,
      host: settings.listenIp,
      setting: 'RTC_BASE_PORT',
    };
    ports.push({ ...common, protocol: 'UDP' }, { ...common, protocol: 'TCP' });
  }

  return ports.filter(({ port }) => port !== 0);
}

/**
 * @param {readonly NeededPort[]} ports
 * @returns {string | undefined} What is wrong with them, if two of them are the same.
 */
export function findClash(ports) {
  for (const [index, { port, protocol, setting }] of ports.entries()) {
    if (port > 65_535) return `RTC_BASE_PORT leaves no room for the media workers: choose one below 65000.`;
    const other = ports.slice(index + 1).find((next) => next.port === port && next.protocol === protocol);
    if (other) return `${setting} and ${other.setting} both ask for port ${port}: give one of them another.`;
  }
  return undefined;
}

/**
 * @typedef {object} PortProblem
 * @property {NeededPort} needed
 * @property {string} code An error code.
 * @property {number} [free] Where it could be instead.
 */

/**
 * @typedef {object} Run
 * @property {string} command What to run again.
 * @property {Readonly<Record<string, string>>} [given] The settings that were given to it.
 * @property {string} [dataDir] Another data folder, if another Crossfade uses the one it would have.
 */

/**
 * One sentence for all of them, with a command that goes round them all.
 *
 * @param {readonly PortProblem[]} problems At least one, one a setting.
 * @param {Run} run
 */
export function portProblem(problems, { command, given = {}, dataDir }) {
  const elsewhere = problems.find(({ code }) => code === 'EADDRNOTAVAIL');
  if (elsewhere) {
    const { host, setting } = elsewhere.needed;
    return `${host} is not an address of this machine: correct or unset ${setting === 'RTC_BASE_PORT' ? 'MEDIASOUP_LISTEN_IP' : 'HOST'}.`;
  }
  const moved = problems.map(({ needed, free }) => [needed.setting, String(free ?? needed.port + RTC_STEP)]);
  const changed = { ...given, ...Object.fromEntries(moved), ...(dataDir && { DATA_DIR: dataDir }) };
  const settings = Object.entries(changed).map((pair) => pair.join('='));
  const example = `\`${[...settings, command].join(' ')}\``;
  const names = problems.map(({ needed }) => `${needed.port}${needed.protocol === 'UDP' ? ' (UDP)' : ''}`);
  const [is, them] =
    problems.length === 1 ? [`Port ${names[0]} is`, ''] : [`Ports ${names.join(', ')} are`, 's'];

  if (problems.every(({ code }) => code === 'EADDRINUSE')) {
    return `${is} in use: stop the other program${them} or run ${example}.`;
  }
  if (problems.every(({ code }) => code === 'EACCES'))
    return `${is} reserved for the system: run ${example}.`;
  const codes = [...new Set(problems.map(({ code }) => code))].join(', ');
  return `${is} not to be had (${codes}): run ${example}.`;
}

/**
 * @param {readonly NeededPort[]} ports
 * @param {Run} run For the advice.
 */
export async function checkPorts(ports, run) {
  const clash = findClash(ports);
  if (clash) throw new UserError(clash);

  /** @type {PortProblem[]} */
  const problems = [];
  const proposed = new Set(ports.map(({ port }) => port));
  for (const needed of ports) {
    // One is enough to move all ports of a setting.
    if (problems.some((known) => known.needed.setting === needed.setting)) continue;
    const code = await tryPort(needed);
    if (!code) continue;
    const moved = ports.filter(({ setting }) => setting === needed.setting);
    const free = await findFree(moved, proposed);
    if (free !== undefined) {
      const first = Math.min(...moved.map(({ port }) => port));
      // What is proposed for one is not free for the next.
      for (const { port } of moved) proposed.add(port - first + free);
    }
    problems.push({ needed, code, free });
  }
  if (problems.length > 0) throw new UserError(portProblem(problems, run));
}

/**
 * @param {readonly NeededPort[]} moved All of one setting.
 * @param {ReadonlySet<number>} taken
 */
async function findFree(moved, taken) {
  const first = Math.min(...moved.map(({ port }) => port));
  const step = moved.some(({ setting }) => setting === 'RTC_BASE_PORT') ? RTC_STEP : 1;

  for (let shift = step; shift <= 20 * step; shift += step) {
    const candidates = moved.map((one) => ({ ...one, port: one.port + shift }));
    const problems = await Promise.all(
      candidates.map((one) => (taken.has(one.port) || one.port > 65_535 ? 'taken' : tryPort(one))),
    );
    if (problems.every((problem) => problem === undefined)) return first + shift;
  }
  return undefined;
}

/**
 * @param {NeededPort} needed
 * @returns {Promise<string | undefined>} The error code if it cannot be had.
 */
export function tryPort({ port, host, protocol }) {
  return new Promise((resolve) => {
    const onError = (/** @type {NodeJS.ErrnoException} */ error) => resolve(error.code ?? error.message);

    if (protocol === 'UDP') {
      const socket = dgram.createSocket(net.isIPv6(host) ? 'udp6' : 'udp4');
      socket.once('error', onError);
      socket.bind({ port, address: host, exclusive: true }, () => socket.close(() => resolve(undefined)));
    } else {
      const server = net.createServer();
      server.once('error', onError);
      server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
    }
  });
}
