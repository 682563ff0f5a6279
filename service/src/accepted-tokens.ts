/** Tokens for one audience: signed with one of the secrets here, or with a key whose public half is at an address. */
import type { z } from 'zod';
import { RemoteKeys, isSignedPrivately } from './remote-keys.ts';
import { notValidHere, type TokenKey } from './tokens.ts';

export interface AcceptedTokenOptions extends TokenKey {
  /** Address of a JSON Web Key Set; absent: only tokens signed with a secret are good. */
  jwksUrl?: string | undefined;
}

interface Kind<S extends z.ZodType> {
  audience: string;
  schema: S;
  /** Checks a token that is signed with a secret. */
  verifySecret: (token: string, key: TokenKey) => z.infer<S>;
}

export class AcceptedTokens<S extends z.ZodType> {
  readonly #key: TokenKey;
  readonly #remote: RemoteKeys | undefined;
  readonly #kind: Kind<S>;

  constructor(options: AcceptedTokenOptions, kind: Kind<S>) {
    this.#key = options;
    this.#kind = kind;
    if (options.jwksUrl !== undefined) {
      this.#remote = new RemoteKeys({ url: options.jwksUrl, issuer: options.issuer });
    }
  }

  /**
   * The claims of a good token. A secret is only ever used for HMAC, and a public key never.
   * @throws CodedError `unauthenticated`, `token-keys-unavailable`
   */
  verify(token: string): z.infer<S> | Promise<z.infer<S>> {
    return this.#remote && isSignedPrivately(token)
      ? this.#verified(this.#remote.verify(token, this.#kind.audience))
      : this.#kind.verifySecret(token, this.#key);
  }

  async #verified(pending: Promise<unknown>): Promise<z.infer<S>> {
    const parsed = this.#kind.schema.safeParse(await pending);
    if (!parsed.success) throw notValidHere(parsed.error);
    return parsed.data;
  }
}
