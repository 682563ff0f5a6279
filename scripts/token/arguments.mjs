/** The arguments of `npm run token`. */
import { UserError } from '../../tools/user-error.mjs';

export const USAGE = `Usage: npm run --silent token -- --service [--read] [--sub=NAME] [--lifetime=SECONDS]

Prints a token for the media server's API and feed, signed with SERVICE_JWT_SECRET (of the
environment or of .env), or else with the secret that \`npm start\` made.

  --service           the kind of token; there is no other
  --read              good for GET and the feed only
  --sub=NAME          who it is for (by-hand); quotas and Idempotency-Keys are counted by it
  --lifetime=SECONDS  how long it is good, up to a day (3600)
  --help              show this`;

const DAY_S = 86_400;

/**
 * @typedef {object} TokenArguments
 * @property {boolean} help
 * @property {boolean} read
 * @property {string} subject
 * @property {number} lifetimeS
 */

/**
 * @param {readonly string[]} args
 * @returns {TokenArguments}
 */
export function parseTokenArguments(args) {
  const result = { help: false, read: false, subject: 'by-hand', lifetimeS: 3_600 };
  let service = false;

  for (const arg of args) {
    if (arg === '--help' || arg === '-h') result.help = true;
    else if (arg === '--service') service = true;
    else if (arg === '--read') result.read = true;
    else if (/^--sub=.{1,128}$/.test(arg)) result.subject = arg.slice('--sub='.length);
    else if (/^--lifetime=\d{1,5}$/.test(arg)) result.lifetimeS = Number(arg.slice('--lifetime='.length));
    else
      throw new UserError(`Unknown argument ${arg}: run \`npm run token -- --help\` to see what there is.`);
  }
  if (result.lifetimeS < 1 || result.lifetimeS > DAY_S)
    throw new UserError(`--lifetime is a number of seconds from 1 to ${DAY_S}.`);
  if (!service && !result.help)
    throw new UserError('Say which kind of token: `npm run --silent token -- --service`.');

  return result;
}
