/** Who calls the gateway: users whose token its secret, or one of the keys at the operator's address, has signed. */
import { USER_AUDIENCE, userClaimsSchema, type UserClaims } from '@crossfade/shared/tokens';
import { AcceptedTokens, type AcceptedTokenOptions } from './accepted-tokens.ts';
import { CLOCK_TOLERANCE_S, verifyUserToken } from './tokens.ts';

export class UserTokens extends AcceptedTokens<typeof userClaimsSchema> {
  constructor(options: AcceptedTokenOptions) {
    super(options, { audience: USER_AUDIENCE, schema: userClaimsSchema, verifySecret: verifyUserToken });
  }
}

/** Until when a token with these claims is good, milliseconds since 1970. */
export function goodUntil({ exp }: Pick<UserClaims, 'exp'>): number {
  return (exp + CLOCK_TOLERANCE_S) * 1_000;
}
