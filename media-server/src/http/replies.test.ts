import { describe, expect, it } from '@jest/globals';
import { Replies, type Claim, type Pending, type Reply } from './replies.ts';

const limits = { entries: 3, bytes: 100_000, bytesPerReply: 50_000, ageMs: 1_000 };
const reply = (text: string): Reply => ({ status: 201, contentType: 'text/plain', body: Buffer.from(text) });

function pendingOf(claim: Claim): Pending {
  if (claim.kind !== 'first') throw new Error(claim.kind);
  return claim.pending;
}
function answered(replies: Replies, key: string, text: string, now = 0): void {
  pendingOf(replies.claim(key, 'f', now)).settle(reply(text), now);
}
const kindOf = (replies: Replies, key: string, now = 0) => replies.claim(key, 'f', now).kind;

describe('replies', () => {
  it('gives the same answer again, to the same request only', async () => {
    const replies = new Replies(limits);
    answered(replies, 'a', 'one');
    const again = replies.claim('a', 'f', 1);
    expect(again.kind === 'again' && (await again.reply)?.body.toString()).toBe('one');
    expect(replies.claim('a', 'g', 1)).toEqual({ kind: 'other-request' });
  });

  it('lets twins wait for the first', async () => {
    const replies = new Replies(limits);
    const first = pendingOf(replies.claim('a', 'f', 0));
    const twin = replies.claim('a', 'f', 0);
    expect(replies.claim('a', 'g', 0).kind).toBe('other-request');
    first.settle(reply('one'), 0);
    first.settle(reply('two'), 0);
    expect(twin.kind === 'again' && (await twin.reply)?.body.toString()).toBe('one');
  });

  it('forgets what may be tried again, and what is too large', async () => {
    const replies = new Replies(limits);
    const first = pendingOf(replies.claim('a', 'f', 0));
    const twin = replies.claim('a', 'f', 0);
    first.settle(undefined, 0);
    expect(twin.kind === 'again' && (await twin.reply)).toBeUndefined();
    expect(kindOf(replies, 'a')).toBe('first');
    answered(replies, 'b', 'x'.repeat(50_001));
    expect(kindOf(replies, 'b')).toBe('first');
    expect(replies.size).toEqual({ entries: 0, bytes: 0 });
  });

  it('forgets after its time', () => {
    const replies = new Replies(limits);
    answered(replies, 'a', 'one', 500);
    expect(kindOf(replies, 'a', 1_499)).toBe('again');
    expect(kindOf(replies, 'a', 1_500)).toBe('first');
    expect(replies.size).toEqual({ entries: 0, bytes: 0 });
  });

  it('keeps so many, those used last', () => {
    const replies = new Replies(limits);
    for (const key of ['a', 'b', 'c']) answered(replies, key, key);
    kindOf(replies, 'a');
    answered(replies, 'd', 'd');
    expect(replies.size.entries).toBe(3);
    expect(kindOf(replies, 'a')).toBe('again');
    expect(kindOf(replies, 'b')).toBe('first');
  });

  it('keeps so many bytes', () => {
    const replies = new Replies(limits);
    for (const key of ['a', 'b', 'c']) answered(replies, key, key.repeat(40_000));
    expect(replies.size.entries).toBe(2);
    expect(replies.size.bytes).toBeLessThanOrEqual(100_000);
    expect(kindOf(replies, 'c')).toBe('again');
  });
});
