/** How long something takes for others while something else goes on. */
import { setTimeout as pause } from 'node:timers/promises';

/** Between two looks, milliseconds. */
export const INTERVAL_MS = 5;

export interface Measured {
  /** Milliseconds. */
  latencies: number[];
  tookMs: number;
}

/** Asks again and again until the work is done. @param ask what it took each time, milliseconds */
export async function meanwhile(
  work: () => Promise<unknown>,
  ask: () => Promise<number[]>,
): Promise<Measured> {
  const begun = performance.now();
  const latencies: number[] = [];
  const over = new AbortController();
  const working = work().finally(() => {
    over.abort();
  });
  while (!over.signal.aborted) {
    latencies.push(...(await ask()));
    await pause(INTERVAL_MS);
  }
  await working;
  return { latencies, tookMs: performance.now() - begun };
}
