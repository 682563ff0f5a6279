#!/usr/bin/env node
/** `npm test`: every check and every test, one after the other, and the sum of it all on the last line. */
import { createReporter } from '../tools/reporter.mjs';
import { ensureWorker } from '../tools/mediasoup-worker/ensure-worker.mjs';
import { stopCommandsOnSignal } from '../tools/run-command.mjs';
import { runMain, UserError } from '../tools/user-error.mjs';
import { PROJECT_ROOT } from './project-root.mjs';
import { build, prepareNode } from './setup/set-up.mjs';
import { parseTestArguments } from './test/arguments.mjs';
import { findChromium } from './test/find-chromium.mjs';
import { report, totals, withSkipsAsFailures } from './test/outcome.mjs';
import { STEPS } from './test/steps.mjs';

const USAGE = `Usage: npm test [-- STEP... [-- JEST_ARGUMENT...]]

Steps: ${STEPS.map(({ name }) => name).join(', ')} (default: all)

  npm test -- unit lint
  npm test -- unit -- -t 'the name of a test'

With CI=true a test that is skipped counts as failed.`;

stopCommandsOnSignal();

await runMain(async () => {
  const { selected, jestArgs, help } = parseTestArguments(
    process.argv.slice(2),
    STEPS.map(({ name }) => name),
  );
  if (help) {
    console.log(USAGE);
    return 0;
  }
  const steps = STEPS.filter(({ name }) => selected.includes(name));
  const strict = /^(true|1)$/i.test(process.env['CI'] ?? '');

  /** @type {import('./test/outcome.mjs').Outcome[]} */
  const outcomes = [];
  /**
   * @param {string} step
   * @param {() => Promise<import('./test/steps.mjs').Counts>} run
   */
  const record = async (step, run) => {
    const startedAt = Date.now();
    const counts = await run().catch((error) => {
      console.error(error instanceof UserError ? error.message : error);
      return { passed: 0, failed: [error instanceof UserError ? error.message : String(error)], skipped: [] };
    });
    const outcome = { step, ...counts, durationMs: Date.now() - startedAt };
    outcomes.push(strict ? withSkipsAsFailures(outcome) : outcome);
    return counts.failed.length === 0;
  };

  const reporter = createReporter(process.stdout, 'setup | ');
  const env = { ...process.env };
  // Many tools take CI=true for a terminal.
  if (!process.stdout.isTTY && !env['FORCE_COLOR']) env['NO_COLOR'] = '1';
  let node = '';
  const ready = await prepare();
  if (ready) {
    for (const { name, run } of steps) {
      console.log(`\n--- ${name}`);
      await record(name, () => run({ projectRoot: PROJECT_ROOT, node, env, reporter, jestArgs }));
    }
  }

  console.log(`\n${report(outcomes)}\n`);
  console.log(totals(outcomes));

  return outcomes.some(({ failed }) => failed.length > 0) ? 1 : 0;

  /** Counted only when it fails: it is no test. */
  async function prepare() {
    const done = await record('set-up', async () => {
      node = await prepareNode({ projectRoot: PROJECT_ROOT, env, reporter });
      if (steps.some(({ needsProduct }) => needsProduct)) {
        if (!selected.includes('types')) await build({ projectRoot: PROJECT_ROOT, env, node, reporter });
        env['MEDIASOUP_WORKER_BIN'] = await ensureWorker({ projectRoot: PROJECT_ROOT, env, node, reporter });
      }
      const chromium = findChromium(env);
      if (chromium) env['CHROMIUM_BIN'] = chromium;

      return { passed: 0, failed: [], skipped: [] };
    });
    if (done) outcomes.length = 0;
    return done;
  }
});

process.exit();
