/** How many sockets of a user, and of an address, are open at this gateway. */
import { CodedError } from '@crossfade/shared/errors';

export class OpenSockets {
  readonly #most: { user: number; address: number };
  readonly #open = new Map<string, number>();

  constructor(most: { user: number; address: number }) {
    this.#most = most;
  }

  /**
   * One more.
   * @returns to be called when it is closed
   * @throws CodedError `quota-exceeded`
   */
  enter(user: string, address: string): () => void {
    const keys = [
      { key: `user/${user}`, most: this.#most.user, whose: 'this user' },
      { key: `address/${address}`, most: this.#most.address, whose: 'this address' },
    ];
    for (const { key, most, whose } of keys) {
      if ((this.#open.get(key) ?? 0) >= most)
        throw new CodedError('quota-exceeded', `There are too many connections of ${whose}.`);
    }
    for (const { key } of keys) this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      for (const { key } of keys) {
        const rest = (this.#open.get(key) ?? 1) - 1;
        if (rest === 0) this.#open.delete(key);
        else this.#open.set(key, rest);
      }
    };
  }
}
