/** Who calls the media server: bearers of tokens that one of its secrets, or of the keys at its address, has signed. */
import { SERVICE_AUDIENCE, serviceClaimsSchema, type ServiceClaims } from '@crossfade/shared/tokens';
import { RemoteKeys, isSignedPrivately } from './remote-keys.ts';
import { notValidHere, verifyServiceToken, type TokenKey } from './tokens.ts';

export interface ServiceTokenOptions extends TokenKey {
  /** Address of a JSON Web Key Set; absent: only tokens signed with a secret are good. */
  jwksUrl?: string | undefined;
}

export class ServiceTokens {
  readonly #key: TokenKey;
  readonly #remote: RemoteKeys | undefined;

  constructor(options: ServiceTokenOptions) {
    this.#key = options;
    if (options.jwksUrl !== undefined) {
      this.#remote = new RemoteKeys({ url: options.jwksUrl, issuer: options.issuer });
    }
  }

  /**
   * The claims of a good token. A secret is only ever used for HMAC, and a public key never.
   * @throws CodedError `unauthenticated`, `token-keys-unavailable`
   */
  verify(token: string): ServiceClaims | Promise<ServiceClaims> {
    return this.#remote && isSignedPrivately(token)
      ? verified(this.#remote.verify(token, SERVICE_AUDIENCE))
      : verifyServiceToken(token, this.#key);
  }
}

async function verified(pending: Promise<unknown>): Promise<ServiceClaims> {
  const parsed = serviceClaimsSchema.safeParse(await pending);
  if (!parsed.success) throw notValidHere(parsed.error);
  return parsed.data;
}
