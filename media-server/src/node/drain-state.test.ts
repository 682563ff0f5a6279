import { describe, expect, it } from '@jest/globals';
import { afterClosing, asked, isCancellable, NOT_DRAINING, type DrainState } from './drain-state.ts';

const draining: DrainState = { state: 'draining', reason: 'asked', deadline: 1_000 };

describe('asked', () => {
  it('drains while there are rooms', () => {
    expect(asked(NOT_DRAINING, 'asked', 1_000, 2)).toEqual(draining);
  });

  it('is done at once without rooms', () => {
    expect(asked(NOT_DRAINING, 'asked', 1_000, 0)).toEqual({ ...draining, state: 'drained' });
  });

  it('lets an operator set another deadline', () => {
    expect(asked(draining, 'asked', 500, 2)).toMatchObject({ deadline: 500 });
    expect(asked(draining, 'asked', 2_000, 2)).toMatchObject({ deadline: 2_000 });
  });

  it('only brings the deadline forward for another reason, and keeps the stronger one', () => {
    const terminating = asked(draining, 'terminating', 2_000, 2);
    expect(terminating).toEqual({ state: 'draining', reason: 'terminating', deadline: 1_000 });
    expect(asked(terminating, 'asked', 5_000, 2)).toEqual(terminating);
    expect(asked(terminating, 'workers-dying', 10, 2)).toEqual({ ...terminating, deadline: 10 });
  });
});

describe('afterClosing', () => {
  it('is drained with the last room', () => {
    expect(afterClosing(draining, 1)).toBe(draining);
    expect(afterClosing(draining, 0)).toEqual({ ...draining, state: 'drained' });
    expect(afterClosing(NOT_DRAINING, 0)).toBe(NOT_DRAINING);
  });
});

describe('isCancellable', () => {
  it('is not, once the process was told to end', () => {
    expect(isCancellable(NOT_DRAINING)).toBe(true);
    expect(isCancellable(draining)).toBe(true);
    expect(isCancellable({ ...draining, reason: 'terminating' })).toBe(false);
  });
});
