/**
 * Time as this process has it, for bounds of about a second: a machine that is busy with other things is not what they are
 * about.
 */
import { readFileSync } from 'node:fs';

/**
 * Milliseconds that this process stood in line for a processor, as the scheduler counts them (`schedstat`, the second figure,
 * nanoseconds), and for which the hypervisor gave the processors to other machines (`/proc/stat`, the eighth figure,
 * hundredths of a second). Other systems than Linux do not tell.
 */
function inLineMs(): number {
  if (process.platform !== 'linux') return 0;
  const waited = Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1e6;
  const stolen = Number(/^cpu +(?:\d+ ){7}(\d+)/.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? 0) * 10;
  return waited + stolen;
}

/** Begins to measure; the function returned tells the milliseconds since then, without those in line. */
export function startOwnTime(): () => number {
  const since = { at: performance.now(), inLine: inLineMs() };
  return () => performance.now() - since.at - (inLineMs() - since.inLine);
}
