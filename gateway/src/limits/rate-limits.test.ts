import { expect, test } from '@jest/globals';
import { CodedError } from '@crossfade/shared/errors';
import { BUDGETS, type Budget, type Rate } from './budgets.ts';
import { RateLimits, type CounterStore } from './rate-limits.ts';

const rates = (points: number) =>
  Object.fromEntries(BUDGETS.map((budget) => [budget, { points, seconds: 10 }])) as Record<Budget, Rate>;

async function refusalOf(spent: Promise<void>): Promise<CodedError | undefined> {
  try {
    await spent;
    return undefined;
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
}

test('counts each budget, user and address apart, and tells how long to wait', async () => {
  const limited: string[] = [];
  const limits = new RateLimits({
    user: rates(2),
    address: rates(5),
    onLimited: (budget, scope) => limited.push(`${budget} ${scope}`),
  });
  const code = async (budget: Budget, user: string, address = '1.2.3.4') =>
    (await refusalOf(limits.spend(budget, { user, address })))?.code ?? 'ok';

  expect([await code('joins', 'ann'), await code('joins', 'ann'), await code('joins', 'ann')]).toEqual([
    'ok',
    'ok',
    'rate-limited',
  ]);
  expect([await code('signals', 'ann'), await code('joins', 'ben')]).toEqual(['ok', 'ok']);
  expect([await code('joins', 'ben'), await code('joins', 'cat'), await code('joins', 'dan')]).toEqual([
    'ok',
    'ok',
    'rate-limited',
  ]);
  expect(await code('joins', 'dan', '1.2.3.5')).toBe('ok');
  expect(limited).toEqual(['joins user', 'joins address']);

  const refusal = await refusalOf(limits.spend('joins', { user: 'ann' }));
  expect(refusal?.retryAfterS).toBeGreaterThanOrEqual(1);
  expect(refusal?.retryAfterS).toBeLessThanOrEqual(10);
});

test('while the shared store fails, or is away, this gateway counts for itself', async () => {
  const store: { ready: boolean } & CounterStore = {
    ready: true,
    command: () => Promise.reject(new Error('gone')),
  };
  const shared = { store, prefix: 'p:' };
  const limits = new RateLimits({ user: rates(1), address: rates(1), shared, onLimited: () => undefined });
  expect(await refusalOf(limits.spend('joins', { user: 'ann' }))).toBeUndefined();
  store.ready = false;
  expect((await refusalOf(limits.spend('joins', { user: 'ann' })))?.code).toBe('rate-limited');
});
