/**
 * Reads something again and again, never twice at one time.
 * @param read must not reject
 * @param take is given what was read, unless it was stopped meanwhile
 * @returns stops it
 */
export function readPeriodically<T>(
  everyMs: number,
  read: () => Promise<T>,
  take: (read: T) => void,
): () => void {
  let reading = false;
  let stopped = false;
  const once = async () => {
    reading = true;
    const found = await read();
    reading = false;
    if (!stopped) take(found);
  };
  const timer = setInterval(() => {
    if (!reading) void once();
  }, everyMs);
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}
