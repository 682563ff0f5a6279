/**
 * Counts what users and addresses ask for. With Redis what happens seldom is counted for all gateways together; while
 * Redis is away, and without it, each gateway counts for itself.
 */
import { CodedError } from '@crossfade/shared/errors';
import {
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible';
import { BUDGETS, SHARED_BUDGETS, type Budget, type Rate } from './budgets.ts';

/** Redis, as far as this goes: a script of one key, answered or failed within a moment. */
export interface CounterStore {
  readonly ready: boolean;
  command(...args: string[]): Promise<unknown>;
}

export interface RateLimitsOptions {
  user: Record<Budget, Rate>;
  address: Record<Budget, Rate>;
  /** Where all gateways count together. */
  shared?: { store: CounterStore; prefix: string };
  /** Told of each request that is refused. */
  onLimited: (budget: Budget, scope: Scope) => void;
}

export type Scope = 'user' | 'address';
type Limiters = Record<Budget, RateLimiterAbstract>;

export class RateLimits {
  readonly #limiters: Record<Scope, Limiters>;
  readonly #onLimited: RateLimitsOptions['onLimited'];

  constructor({ user, address, shared, onLimited }: RateLimitsOptions) {
    const client = shared && redisClient(shared.store);
    const limiters = (scope: Scope, rates: Record<Budget, Rate>): Limiters =>
      Object.fromEntries(
        BUDGETS.map((budget) => {
          const { points, seconds } = rates[budget];
          const rate = { points, duration: seconds };
          const inMemory = new RateLimiterMemory(rate);
          if (!client || !SHARED_BUDGETS.includes(budget)) return [budget, inMemory];
          const options = {
            ...rate,
            storeClient: client,
            useRedisPackage: true,
            rejectIfRedisNotReady: true,
            keyPrefix: `${shared.prefix}limit:${budget}:${scope}`,
            insuranceLimiter: inMemory,
            // Who is over it is not asked about again.
            inMemoryBlockOnConsumed: points + 1,
          };
          return [budget, new RateLimiterRedis(options)];
        }),
      ) as Limiters;
    this.#limiters = { user: limiters('user', user), address: limiters('address', address) };
    this.#onLimited = onLimited;
  }

  /** @throws CodedError `rate-limited`, with the time to wait */
  async spend(budget: Budget, who: Partial<Record<Scope, string>>): Promise<void> {
    const { user, address } = who;
    if (user !== undefined) await this.#spend('user', budget, user);
    if (address !== undefined) await this.#spend('address', budget, address);
  }

  async #spend(scope: Scope, budget: Budget, key: string): Promise<void> {
    try {
      await this.#limiters[scope][budget].consume(key);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      this.#onLimited(budget, scope);
      throw new CodedError('rate-limited', undefined, {
        retryAfterS: Math.max(1, Math.ceil(refusal.msBeforeNext / 1_000)),
      });
    }
  }
}

/** What RateLimiterRedis calls of a client of the package `redis`. */
function redisClient(store: CounterStore) {
  return {
    get isReady() {
      return store.ready;
    },
    eval: (script: string, { keys, arguments: args }: { keys: string[]; arguments: string[] }) =>
      store.command('EVAL', script, String(keys.length), ...keys, ...args),
  };
}
