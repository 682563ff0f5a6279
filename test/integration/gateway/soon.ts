/** What becomes true by itself, of something that tells no one when. */
const LIMIT_MS = 10_000;
const PAUSE_MS = 50;

/** The first value that satisfies the condition; the last one, for the test to complain of, if none does in time. */
export async function soon<T>(
  read: () => Promise<T>,
  condition: (value: T) => boolean,
  limitMs = LIMIT_MS,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await read();
    if (condition(value) || Date.now() > deadline) return value;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
