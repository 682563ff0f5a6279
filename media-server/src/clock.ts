/** Time that only runs forward: for what lasts, not for what is dated. Tests bring one that they move by hand. */
export interface Clock {
  /** Milliseconds since some moment before the start. */
  now(): number;
  /** Runs it once in so many milliseconds, unless cancelled by the function it returns; keeps no process alive. */
  after(milliseconds: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};
