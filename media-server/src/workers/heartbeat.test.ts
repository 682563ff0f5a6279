import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startHeartbeat } from './heartbeat.ts';

const never = () => new Promise<number>(() => undefined);

describe('startHeartbeat', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const start = (beat: () => Promise<number>) => {
    const onBeat = jest.fn();
    const onSilent = jest.fn();
    const stop = startHeartbeat({ beat, intervalMs: 2_000, silenceMs: 5_000, onBeat, onSilent });
    return { onBeat, onSilent, stop };
  };

  it('asks again and again while there is an answer', async () => {
    const { onBeat, onSilent, stop } = start(() => Promise.resolve(7));
    await jest.advanceTimersByTimeAsync(10_500);
    expect(onBeat.mock.calls).toEqual([[7], [7], [7], [7], [7]]);
    expect(onSilent).not.toHaveBeenCalled();
    stop();
  });

  it('tells of silence once, and asks no more', async () => {
    const beat = jest.fn(never);
    const { onSilent } = start(beat);
    await jest.advanceTimersByTimeAsync(6_900);
    expect(onSilent).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(onSilent).toHaveBeenCalledTimes(1);
    expect(beat).toHaveBeenCalledTimes(1);
  });

  it('leaves it to others to notice a worker that is gone', async () => {
    const beat = jest.fn(() => Promise.reject<number>(new Error('closed')));
    const { onSilent } = start(beat);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(onSilent).not.toHaveBeenCalled();
    expect(beat).toHaveBeenCalledTimes(1);
  });

  it('is silent itself when stopped, also in the middle of a question', async () => {
    const { onSilent, stop } = start(never);
    await jest.advanceTimersByTimeAsync(3_000);
    stop();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(onSilent).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });
});
