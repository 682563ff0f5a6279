/** The arguments of `npm start`. */
import { isIPv4 } from 'node:net';

import { UserError } from '../../tools/user-error.mjs';

export const USAGE = `Usage: npm start [-- --lan[=ADDRESS]]

Starts Crossfade on this machine: http://localhost:3000

  --lan             also for phones and other computers on the local network: HTTPS with a
                    certificate of this machine's own, at its address on that network
  --lan=ADDRESS     the same, at this address
  --help            show this

Settings are environment variables, or lines of a file .env here. The most useful:

  PORT              of the web app (3000)
  MEDIA_SERVER_PORT of the media server's API (4000)
  RTC_BASE_PORT     first port for media (44400); one for each core, UDP and TCP
  DATA_DIR          where calls, chats and secrets are kept (.data)
  LOG_LEVEL         error, warn, info or debug (info)

docs/troubleshooting.md tells what to do when it does not start.`;

/**
 * @typedef {object} StartArguments
 * @property {boolean} help
 * @property {boolean} lan
 * @property {string} [lanAddress] The one that was asked for.
 */

/**
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {StartArguments}
 */
export function parseStartArguments(args, env = {}) {
  /** @type {StartArguments} */
  const result = { help: false, lan: false };

  for (const arg of withSwallowedByNpm(args, env)) {
    if (arg === '--help' || arg === '-h') {
      result.help = true;
    } else if (arg === '--lan') {
      result.lan = true;
    } else if (arg.startsWith('--lan=')) {
      result.lan = true;
      result.lanAddress = arg.slice('--lan='.length);
      if (!isIPv4(result.lanAddress)) {
        throw new UserError(
          `${arg} is not an IPv4 address: give one like \`npm start -- --lan=192.168.1.5\`, or only --lan.`,
        );
      }
    } else {
      throw new UserError(`Unknown argument ${arg}: run \`npm start -- --help\` to see what there is.`);
    }
  }

  return result;
}

/**
 * `npm start --lan`, without the `--` in between: npm takes --lan for a setting of its own and passes that on in the
 * environment; from `--lan=192.168.1.5` some of its versions leave the address as an argument.
 *
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
function withSwallowedByNpm(args, env) {
  const value = env['npm_config_lan'];
  if (!value) return args;

  return [
    value === 'true' ? '--lan' : `--lan=${value}`,
    ...args.map((arg) => (isIPv4(arg) ? `--lan=${arg}` : arg)),
  ];
}
