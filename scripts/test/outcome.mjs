/** What came out of the steps, counted. */

/**
 * @typedef {object} Outcome
 * @property {string} step
 * @property {number} passed
 * @property {readonly string[]} failed By name.
 * @property {readonly string[]} skipped By name.
 * @property {number} durationMs
 */

/**
 * Where nobody looks, a test that did not run must not look like one that passed.
 *
 * @param {Outcome} outcome
 * @returns {Outcome}
 */
export function withSkipsAsFailures(outcome) {
  return {
    ...outcome,
    failed: [
      ...outcome.failed,
      ...outcome.skipped.map((name) => `${name} (skipped, which CI=true does not allow)`),
    ],
    skipped: [],
  };
}

/**
 * The last line.
 *
 * @param {readonly Outcome[]} outcomes
 */
export function totals(outcomes) {
  const passed = sum(outcomes, (outcome) => outcome.passed);
  const failed = sum(outcomes, (outcome) => outcome.failed.length);
  const skipped = sum(outcomes, (outcome) => outcome.skipped.length);

  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/**
 * What is above the last line: a table of the steps, and what failed or was skipped, by name.
 *
 * @param {readonly Outcome[]} outcomes
 */
export function report(outcomes) {
  const width = Math.max(...outcomes.map(({ step }) => step.length));
  const table = outcomes.map(
    (outcome) =>
      `  ${outcome.step.padEnd(width)}  ${`${(outcome.durationMs / 1000).toFixed(1)} s`.padStart(8)}  ${totals([outcome])}`,
  );

  return [...table, ...list('Skipped', outcomes, 'skipped'), ...list('Failed', outcomes, 'failed')].join(
    '\n',
  );
}

/**
 * @param {string} title
 * @param {readonly Outcome[]} outcomes
 * @param {'failed' | 'skipped'} kind
 */
function list(title, outcomes, kind) {
  const names = outcomes.flatMap((outcome) => outcome[kind].map((name) => `  ${outcome.step}: ${name}`));

  return names.length > 0 ? ['', `${title}:`, ...names] : [];
}

/**
 * @param {readonly Outcome[]} outcomes
 * @param {(outcome: Outcome) => number} value
 */
function sum(outcomes, value) {
  return outcomes.reduce((total, outcome) => total + value(outcome), 0);
}
