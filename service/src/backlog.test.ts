import { describe, expect, it } from '@jest/globals';
import { Backlog } from './backlog.ts';

const MB = 1_000_000;
const limits = { bytes: MB, lagMs: 5_000 };

describe('Backlog', () => {
  it('gives up a reader for whom more than 1 MB keeps waiting', () => {
    const backlog = new Backlog(limits);
    backlog.queued(MB);
    expect([backlog.look(0), backlog.look(250)]).toEqual([undefined, undefined]);
    backlog.queued(1);
    expect([backlog.look(500), backlog.look(750)]).toEqual([undefined, 'bytes']);
  });

  it('lets a burst pass that is written at once', () => {
    const backlog = new Backlog(limits);
    backlog.queued(3 * MB);
    expect(backlog.look(0)).toBeUndefined();
    backlog.flushed();
    expect(backlog.bytes).toBe(0);
    expect(backlog.look(250)).toBeUndefined();
    backlog.queued(3 * MB);
    expect(backlog.look(500)).toBeUndefined();
  });

  it('gives up a reader that owes an answer for more than 5 s, however little waits', () => {
    const backlog = new Backlog(limits);
    backlog.pinged(1_000);
    backlog.pinged(3_000);
    expect(backlog.look(6_000)).toBeUndefined();
    expect(backlog.look(6_001)).toBe('lag');
  });

  it('tells how long an answer took', () => {
    const backlog = new Backlog(limits);
    expect(backlog.answered(0)).toBeUndefined();
    backlog.pinged(1_000);
    expect(backlog.answered(1_300)).toBe(300);
    expect(backlog.look(60_000)).toBeUndefined();
  });
});
