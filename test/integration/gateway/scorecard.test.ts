/** The reliability scorecard (`npm run bench -- reliability`) still does what it says: one case of it, once. */
import { expect, test } from '@jest/globals';
import { cases } from '../../../bench/reliability.ts';
import { runCase } from '../../../bench/reliability/case.ts';
import { postgresqlPrograms } from './postgresql.ts';
import { redisProgram } from './redis.ts';

/** Milliseconds; a few seconds are enough where nothing else runs. */
const LIMIT_MS = 120_000;

(redisProgram === undefined || postgresqlPrograms === undefined ? test.skip : test)(
  'the people of a gateway that is killed come back, and are heard meanwhile',
  async () => {
    const killed = cases.find(({ id }) => id === 'R7');
    if (!killed) throw new Error('no such case');
    const [gap, control, rejoined] = await runCase(killed, LIMIT_MS, 1);
    expect(gap?.values).toHaveLength(1);
    // Far more than is asked for: here it counts that media went on at all, while other tests run.
    expect(gap?.values[0]).toBeLessThan(2_000);
    expect(control?.values).toHaveLength(2);
    expect(rejoined).toMatchObject({ values: [0], verdict: 'met' });
  },
  LIMIT_MS,
);
