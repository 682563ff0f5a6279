#!/usr/bin/env node
/** `npm start`: sets up, starts the media server and the gateway, and stops them again. */
import * as os from 'node:os';
import * as path from 'node:path';

import { createReporter } from '../tools/reporter.mjs';
import { stopCommandsOnSignal } from '../tools/run-command.mjs';
import { runMain, UserError } from '../tools/user-error.mjs';
import { PROJECT_ROOT } from './project-root.mjs';
import { setUp } from './setup/set-up.mjs';
import { parseStartArguments, USAGE } from './start/arguments.mjs';
import { otherDataDir } from './start/data-dir.mjs';
import { devSecrets } from './start/dev-secrets.mjs';
import { readDotEnv } from './start/dot-env.mjs';
import { mergeEnvironments, readStartSettings, serviceEnvironments, webUrl } from './start/environment.mjs';
import { lanAddresses } from './start/lan-address.mjs';
import { lanCertificate } from './start/lan-certificate.mjs';
import { logPrefix } from './start/log-prefix.mjs';
import { checkPorts, neededPorts } from './start/ports.mjs';
import { startServices } from './start/services.mjs';
import { stopThenKill } from './start/stop-signals.mjs';

/** @type {NodeJS.Signals[]} */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

// A terminal that was closed: nobody is there to read it, but the services still have to be stopped.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

await runMain(async () => {
  const forgetSetUpSignals = stopCommandsOnSignal();
  const args = parseStartArguments(process.argv.slice(2), process.env);
  if (args.help) {
    console.log(USAGE);
    return 0;
  }

  const env = mergeEnvironments(process.env, readDotEnv(PROJECT_ROOT));
  const { lan, lanAddress, addresses } = chooseLanAddress(args);
  const settings = readStartSettings(env, {
    projectRoot: PROJECT_ROOT,
    cores: os.availableParallelism(),
    lanAddress,
  });
  const { node, workerBin } = await setUp({
    projectRoot: PROJECT_ROOT,
    env,
    reporter: createReporter(process.stdout, 'setup        | '),
  });
  const ports = neededPorts(settings);
  await checkPorts(ports, {
    command: lan ? `npm start -- --lan${args.lanAddress ? `=${args.lanAddress}` : ''}` : 'npm start',
    given: givenSettings(['DATA_DIR', ...ports.map(({ setting }) => setting)]),
    dataDir: relativeDataDir(settings.dataDir),
  });

  const environments = serviceEnvironments(env, settings, {
    projectRoot: PROJECT_ROOT,
    workerBin,
    secrets: devSecrets(settings.dataDir),
    lan: lanAddress
      ? {
          address: lanAddress,
          ...(await lanCertificate({ folder: path.join(settings.dataDir, 'lan'), addresses })),
        }
      : undefined,
  });
  const list = [
    { name: 'media-server', entry: 'media-server/dist/main.js', env: environments.mediaServer },
    { name: 'gateway', entry: 'gateway/dist/main.js', env: environments.gateway },
  ];
  const withPrefix = logPrefix(
    list.map(({ name }) => name),
    { colour: process.stdout.isTTY && !env['NO_COLOR'] },
  );

  forgetSetUpSignals();
  const services = startServices(list, {
    node,
    cwd: PROJECT_ROOT,
    onLine: (name, line) => process.stdout.write(`${withPrefix(name, line)}\n`),
  });
  const stopAsked = new Promise((/** @type {(reason: undefined) => void} */ resolve) => {
    const onSignal = stopThenKill({
      onStop(signal) {
        if (signal === 'SIGINT') console.log('\nStopping (Ctrl-C again to stop at once) ...');
        resolve(undefined);
      },
      onKill: () => services.kill(),
    });
    for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
    if (process.env['npm_lifecycle_event'] === 'start') onParentGone(() => resolve(undefined));
  });

  void services.ready.then(() => {
    console.log(`Crossfade is ready: ${webUrl(env, settings, lanAddress)}`);
    if (lanAddress) {
      console.log(
        "Browsers will warn about the certificate, because it is this machine's own: choose to go on (Advanced, Continue).",
      );
    }
  });

  const failure = await Promise.race([services.failed, stopAsked]);
  await services.stop();
  if (failure !== undefined) throw new UserError(failure);

  return 0;
});

/** The IPC channels and the signal handlers are done with; nothing may keep the process. */
process.exit();

/**
 * A killed npm tells nobody, and would leave everything running without anyone who could stop it.
 *
 * @param {() => void} callback
 */
function onParentGone(callback) {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) callback();
  }, 1_000).unref();
}

/**
 * @param {string} folder
 * @returns {string | undefined} Another one, as DATA_DIR has it, if this one is in use.
 */
function relativeDataDir(folder) {
  const other = otherDataDir(folder);
  if (other === undefined) return undefined;
  const below = path.relative(PROJECT_ROOT, other);
  return below.startsWith('..') ? other : below;
}

/**
 * Those of these settings that this command was started with; what is in `.env` need not be given again.
 *
 * @param {readonly string[]} names
 * @returns {Record<string, string>}
 */
function givenSettings(names) {
  return Object.fromEntries(
    [...new Set(names)].flatMap((name) => {
      const value = process.env[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}

/** @param {import('./start/arguments.mjs').StartArguments} args */
function chooseLanAddress(args) {
  if (!args.lan) return { lan: false, addresses: [] };

  const found = lanAddresses(os.networkInterfaces());
  const lanAddress = args.lanAddress ?? found[0];
  if (!lanAddress) {
    throw new UserError(
      'This machine has no address on a local network: connect it to one, or give its address with `npm start -- --lan=ADDRESS`.',
    );
  }
  return { lan: true, lanAddress, addresses: [...new Set([lanAddress, ...found])] };
}
