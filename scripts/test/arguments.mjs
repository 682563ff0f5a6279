/** The arguments of `npm test`. */
import { UserError } from '../../tools/user-error.mjs';

/**
 * Everything before a `--` names steps, everything after it is for Jest: `npm test -- unit -- -t 'a name'`.
 *
 * @param {readonly string[]} args
 * @param {readonly string[]} steps All there are.
 * @returns {{ selected: readonly string[], jestArgs: readonly string[], help: boolean }}
 */
export function parseTestArguments(args, steps) {
  const end = args.indexOf('--');
  const names = end < 0 ? args : args.slice(0, end);
  const jestArgs = end < 0 ? [] : args.slice(end + 1);
  if (names.includes('--help') || names.includes('-h')) return { selected: [], jestArgs, help: true };

  for (const name of names) {
    if (!steps.includes(name)) {
      throw new UserError(`Unknown step ${name}: the steps of \`npm test\` are ${steps.join(', ')}.`);
    }
  }

  return {
    selected: names.length > 0 ? steps.filter((step) => names.includes(step)) : steps,
    jestArgs,
    help: false,
  };
}
