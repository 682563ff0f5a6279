/** Who calls the media server: bearers of tokens that one of its secrets, or of the keys at its address, has signed. */
import { SERVICE_AUDIENCE, serviceClaimsSchema } from '@crossfade/shared/tokens';
import { AcceptedTokens, type AcceptedTokenOptions } from './accepted-tokens.ts';
import { verifyServiceToken } from './tokens.ts';

export class ServiceTokens extends AcceptedTokens<typeof serviceClaimsSchema> {
  constructor(options: AcceptedTokenOptions) {
    super(options, {
      audience: SERVICE_AUDIENCE,
      schema: serviceClaimsSchema,
      verifySecret: verifyServiceToken,
    });
  }
}
