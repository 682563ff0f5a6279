/** Asks a worker for a sign of life, over and over; stopped by the function it returns. */
import { CodedError } from '@crossfade/shared/errors';
import { ask } from './ask.ts';

export interface HeartbeatOptions<T> {
  /** One sign of life. */
  beat: () => Promise<T>;
  /** Milliseconds between an answer and the next question. */
  intervalMs: number;
  /** Milliseconds without an answer after which the worker counts as silent. */
  silenceMs: number;
  onBeat: (answer: T) => void;
  /** Called once; there are no questions afterwards. */
  onSilent: () => void;
}

export function startHeartbeat<T>(options: HeartbeatOptions<T>): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout;
  const next = () => {
    timer = setTimeout(() => void question(), options.intervalMs);
    timer.unref();
  };
  const question = async () => {
    try {
      const answer = await ask(options.beat(), undefined, options.silenceMs);
      if (stopped) return;
      options.onBeat(answer);
      next();
    } catch (error) {
      // Any other error is a worker that is gone already: its `died` tells.
      if (!stopped && error instanceof CodedError && error.code === 'timeout') options.onSilent();
    }
  };
  next();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
