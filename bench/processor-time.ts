/** Processor time of other processes (Linux): unlike wall-clock time it does not depend on what else the machine does. */
import { readFileSync } from 'node:fs';

/** Seconds of processor time a process has used, in the kernel and outside. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // utime and stime, in ticks of a hundredth of a second.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
