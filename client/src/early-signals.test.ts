import { expect, test } from '@jest/globals';
import type { SignalEvent } from '@crossfade/shared/signalling';
import { EarlySignals } from './early-signals.ts';

function signal(epoch: number, transitionId: string | undefined, candidate: string): SignalEvent {
  return { callId: 'call', from: 'ann', epoch, transitionId, candidate: { candidate } };
}

const texts = (signals: readonly SignalEvent[]) => signals.map((each) => each.candidate?.candidate);

test('hands over what belongs to a path, in order, once', () => {
  const early = new EarlySignals();
  early.keep(signal(4, 't1', 'a'));
  early.keep(signal(4, 't2', 'b'));
  early.keep(signal(4, 't1', 'c'));
  expect(texts(early.take(4, 't1'))).toEqual(['a', 'c']);
  expect(early.take(4, 't1')).toEqual([]);
  expect(texts(early.take(4, 't2'))).toEqual(['b']);
});

test('forgets what belongs to older epochs', () => {
  const early = new EarlySignals();
  early.keep(signal(4, undefined, 'a'));
  early.take(5, undefined);
  expect(early.take(4, undefined)).toEqual([]);
});

test('keeps only so much', () => {
  const early = new EarlySignals();
  for (let index = 0; index < 1_000; index += 1) early.keep(signal(4, 't1', String(index)));
  const taken = texts(early.take(4, 't1'));
  expect(taken).toHaveLength(200);
  expect(taken.at(-1)).toBe('999');
});
