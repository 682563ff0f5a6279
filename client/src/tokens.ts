/**
 * The token of a session. A resumed session has to show the same user as before, so a token is kept for as long as it
 * is accepted; only then is a fresh one asked for.
 */
export class Tokens {
  readonly #source: string | (() => Promise<string>);
  #kept: { token: string; accepted: boolean } | null = null;

  constructor(source: string | (() => Promise<string>)) {
    this.#source = source;
  }

  /** @throws what the application's function rejects with */
  async take(): Promise<string> {
    if (typeof this.#source === 'string') return this.#source;
    if (this.#kept) return this.#kept.token;
    const token = await this.#source();
    this.#kept = { token, accepted: false };
    return token;
  }

  /** The kept token got a connection. */
  accepted(): void {
    if (this.#kept) this.#kept.accepted = true;
  }

  /** The token was refused. Returns whether a fresh one is worth another attempt: not if this one never worked. */
  renew(): boolean {
    const outdated = this.#kept?.accepted === true;
    this.#kept = null;
    return outdated;
  }
}
