/** Reading what `npm ci --loglevel=http` says. */

/** npm repeats each request this often. */
export const NPM_RETRIES = 2;
/** So many failures, and not one success, mean that there is no network. */
const ENOUGH_FAILURES = 3;

const NETWORK_CODES =
  'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|FETCH_ERROR';
const NETWORK_FAILURE = new RegExp(`\\b(${NETWORK_CODES})\\b|network request to `);
const ATTEMPT_FAILED = new RegExp(`^npm http fetch .* attempt (\\d+) failed with (?:${NETWORK_CODES})\\b`);

/**
 * Watches for a network that is not there. npm itself goes on trying all the other packages, for minutes.
 *
 * @returns {(line: string) => boolean} Whether there is no hope left, after this line.
 */
export function watchForHopelessness() {
  let failures = 0;
  let successes = 0;

  return (line) => {
    if (line.startsWith('npm http fetch GET 200 ')) successes += 1;
    const attempt = ATTEMPT_FAILED.exec(line)?.[1];
    if (!attempt) return false;
    failures += 1;

    // A package that was tried for the last time is missing, whatever happens to the others.
    return Number(attempt) > NPM_RETRIES || (successes === 0 && failures >= ENOUGH_FAILURES);
  };
}

/**
 * Whether a line says that one more package has been fetched.
 *
 * @param {string} line
 */
export function isFetchedPackage(line) {
  return /^npm http fetch GET 200 \S+\.tgz /.test(line);
}

/**
 * Whether npm gave up because of the network.
 *
 * @param {string} output
 */
export function isNetworkFailure(output) {
  return output.split('\n').some((line) => /^npm err/i.test(line) && NETWORK_FAILURE.test(line));
}

/**
 * The part of it that explains a failure. That some packages want a later Node than the system's is known: the
 * product brings its own.
 *
 * @param {string} output
 */
export function explanation(output) {
  return output
    .split('\n')
    .filter((line) => !/^npm (http |warn EBADENGINE)/i.test(line))
    .join('\n');
}
