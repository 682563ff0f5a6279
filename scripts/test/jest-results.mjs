/** What Jest wrote with --json, as names and numbers. */

/**
 * @typedef {object} JestReport
 * @property {boolean} success
 * @property {readonly JestFile[]} testResults
 */

/**
 * @typedef {object} JestFile
 * @property {string} name The path.
 * @property {string} status
 * @property {string} message
 * @property {readonly { fullName: string, status: string }[]} assertionResults
 */

/**
 * @param {JestReport} report
 * @param {number} exitStatus
 * @param {string} projectRoot
 * @returns {{ passed: number, failed: string[], skipped: string[] }}
 */
export function readJestReport(report, exitStatus, projectRoot) {
  const result = { passed: 0, failed: /** @type {string[]} */ ([]), skipped: /** @type {string[]} */ ([]) };

  for (const { name, status, assertionResults } of report.testResults) {
    const file = name.startsWith(`${projectRoot}/`) ? name.slice(projectRoot.length + 1) : name;

    for (const test of assertionResults) {
      if (test.status === 'passed') result.passed += 1;
      else if (test.status === 'failed') result.failed.push(`${file}: ${test.fullName}`);
      else result.skipped.push(`${file}: ${test.fullName}`);
    }
    // A file that could not even be loaded, or a hook outside of any test.
    if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) {
      result.failed.push(`${file}: the file itself`);
    }
  }
  if (exitStatus !== 0 && result.failed.length === 0) {
    result.failed.push(`Jest ended with status ${exitStatus} although no test failed`);
  }

  return result;
}

/**
 * Every test in a report of a run that ran none of them.
 *
 * @param {JestReport} report
 * @param {string} projectRoot
 * @returns {string[]}
 */
export function namesInReport(report, projectRoot) {
  const { failed, skipped } = readJestReport(report, 0, projectRoot);

  return [...skipped, ...failed];
}
