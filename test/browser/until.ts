/** Waits for a condition of something real: asked again and again, with the last answer in the failure. */

/** Seldom enough not to be the load that is measured, milliseconds. */
const PAUSE_MS = 250;

/** @throws Error with `what` and the last pending value when the time is up */
export async function until<T>(
  what: string,
  timeoutMs: number,
  look: () => Promise<{ done: T } | { pending: unknown }>,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const result = await look();
    if ('done' in result) return result.done;
    if (Date.now() > deadline) {
      throw new Error(
        `Not within ${String(timeoutMs)} ms: ${what}. Last seen: ${JSON.stringify(result.pending)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
