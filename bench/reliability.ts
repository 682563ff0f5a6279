/**
 * The scorecard of what may break: done to real processes with real media, many times, and compared with what is asked for.
 * `npm run bench -- reliability R4 R7` does only these cases.
 */
import { HEAD, rowsOf, runCase, type Case } from './reliability/case.ts';
import { crowdCases } from './reliability/crowd.ts';
import { feedCases } from './reliability/feed.ts';
import { gatewayCases } from './reliability/gateways.ts';
import { mediaServerCases } from './reliability/media-servers.ts';
import { networkCases } from './reliability/network.ts';
import { storeCases } from './reliability/stores.ts';
import { table } from './statistics.ts';

/** A case that takes longer hangs, milliseconds. */
const LIMIT_MS = 240_000;

export const cases: readonly Case[] = [
  ...mediaServerCases,
  ...gatewayCases,
  ...storeCases,
  ...feedCases,
  ...crowdCases,
  ...networkCases,
].sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));

/**
 * Prints a table; tells whether the figures are met.
 * @param ids the cases; none: all of them
 * @param runs how often; undefined: as often as each says
 */
export async function benchReliability(ids: readonly string[], runs: number | undefined): Promise<boolean> {
  const rows: string[][] = [];
  let met = true;
  for (const one of cases.filter(({ id }) => ids.length === 0 || ids.includes(id))) {
    const since = performance.now();
    const results = await runCase(one, LIMIT_MS, runs);
    console.log(`\n${one.id}: ${one.what} (${((performance.now() - since) / 1_000).toFixed(0)} s)\n`);
    console.log(table([HEAD, ...rowsOf(one, results)]));
    rows.push(...rowsOf(one, results));
    met &&= results.every(({ verdict }) => verdict === 'met');
  }
  if (rows.length > 0) console.log(`\nReliability\n\n${table([HEAD, ...rows])}`);
  return met;
}
