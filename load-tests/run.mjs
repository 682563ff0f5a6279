/**
 * Runs one scenario and ends by itself: `npm run media-server`, `npm run signalling`. What it can be told is in
 * README.md.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

import { findNode } from '../tools/find-node.mjs';
import { runMain, UserError } from '../tools/user-error.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const SECRET_BYTES = 32;

/** @type {Record<string, { target: string, otherwise: string, secret?: string }>} */
const SCENARIOS = {
  'media-server-api': {
    target: 'MEDIA_SERVER_URL',
    otherwise: 'http://127.0.0.1:4000',
    secret: 'SERVICE_JWT_SECRET',
  },
  signalling: { target: 'GATEWAY_URL', otherwise: 'http://127.0.0.1:3000' },
};

await runMain(async () => {
  const [name = '', ...artilleryArgs] = process.argv.slice(2);
  const scenario = SCENARIOS[name];
  if (!scenario) throw new UserError(`Say which scenario to run: ${Object.keys(SCENARIOS).join(' or ')}.`);

  const artillery = path.join(HERE, 'node_modules', 'artillery', 'bin', 'run');
  if (!fs.existsSync(artillery))
    throw new UserError('Artillery is not installed: run `npm ci` in load-tests.');

  const { target, otherwise, secret } = scenario;
  if (secret && Buffer.byteLength(process.env[secret] ?? '') < SECRET_BYTES) {
    throw new UserError(`Set ${secret} to what the service at ${target} has: it signs the tokens.`);
  }

  const report = path.join(HERE, 'artifacts', `${name}.json`);
  fs.mkdirSync(path.dirname(report), { recursive: true });
  const env = {
    ...process.env,
    TARGET: process.env[target] || otherwise,
    DURATION_S: wholeNumber('DURATION_S', 20, 3600),
    ARRIVALS_PER_S: wholeNumber('ARRIVALS_PER_S', 5, 1000),
    // Nothing about a run leaves this machine.
    ARTILLERY_DISABLE_TELEMETRY: '1',
  };
  const child = spawn(
    await findNode(path.resolve(HERE, '..')),
    [artillery, 'run', '--output', report, ...artilleryArgs, path.join(HERE, `${name}.yml`)],
    { cwd: HERE, env, stdio: 'inherit' },
  );
  // Ctrl-C reaches it too; it then stops in order, and this waits for it.
  process.on('SIGINT', () => undefined);

  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => resolve(status ?? 1));
  });
});

/**
 * @param {string} name
 * @param {number} otherwise
 * @param {number} most
 */
function wholeNumber(name, otherwise, most) {
  const text = process.env[name] || String(otherwise);
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= most) return text;

  throw new UserError(`${name} is ${text} but must be a whole number from 1 to ${most}.`);
}
