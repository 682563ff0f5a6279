/** Who makes a REST request, and that they do not make too many. */
import { bearerToken } from '@crossfade/service/tokens';
import type { UserTokens } from '@crossfade/service/user-tokens';
import type { UserClaims } from '@crossfade/shared/tokens';
import type { Request, RequestHandler } from 'express';
import type { Budget } from '../limits/budgets.ts';
import type { RateLimits } from '../limits/rate-limits.ts';

export interface CallersOptions {
  tokens: UserTokens;
  limits: RateLimits;
  /** What limits count by. */
  addressOf: (request: Request) => string;
}

export class Callers {
  readonly #options: CallersOptions;

  constructor(options: CallersOptions) {
    this.#options = options;
  }

  /** @returns a handler that counts the requests of each address */
  limited(budget: Budget): RequestHandler {
    const { limits, addressOf } = this.#options;
    return async (request, _response, next) => {
      await limits.spend(budget, { address: addressOf(request) });
      next();
    };
  }

  /** @throws CodedError `unauthenticated`, `token-keys-unavailable`, `rate-limited` */
  async user(request: Request): Promise<UserClaims> {
    const claims = await this.#options.tokens.verify(bearerToken(request.get('authorization')));
    await this.#options.limits.spend('rest', { user: claims.sub });
    return claims;
  }
}
