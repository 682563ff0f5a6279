/** Who is let in, whichever door they come to: a good token, not too often, not too many at a time. */
import type { IncomingMessage } from 'node:http';
import type { BlockList } from 'node:net';
import type { UserTokens } from '@crossfade/service/user-tokens';
import { CodedError } from '@crossfade/shared/errors';
import type { UserClaims } from '@crossfade/shared/tokens';
import type { AuditLog } from '../audit/audit-log.ts';
import { addressKey, clientAddress } from '../limits/client-address.ts';
import type { OpenSockets } from '../limits/open-sockets.ts';
import type { RateLimits } from '../limits/rate-limits.ts';

export interface EntranceOptions {
  tokens: UserTokens;
  limits: RateLimits;
  sockets: OpenSockets;
  proxies: BlockList;
  audit: AuditLog;
}

export interface Visitor {
  claims: UserClaims;
  /** What limits count by. */
  address: string;
  /** To be called when the connection is closed. */
  leave: () => void;
}

export class Entrance {
  readonly #options: EntranceOptions;

  constructor(options: EntranceOptions) {
    this.#options = options;
  }

  /** What limits count by. */
  addressOf(request: IncomingMessage): string {
    const forwarded = request.headers['x-forwarded-for'];
    const { remoteAddress } = request.socket;
    return addressKey(clientAddress(remoteAddress, forwarded?.toString(), this.#options.proxies));
  }

  /** @throws CodedError `unauthenticated`, `token-keys-unavailable`, `rate-limited`, `quota-exceeded` */
  async enter(request: IncomingMessage, token: unknown): Promise<Visitor> {
    const { tokens, limits, sockets, audit } = this.#options;
    const address = this.addressOf(request);
    let userId: string | undefined;
    try {
      await limits.spend('connections', { address });
      if (typeof token !== 'string') throw new CodedError('unauthenticated');
      const claims = await tokens.verify(token);
      userId = claims.sub;
      await limits.spend('connections', { user: userId });
      return { claims, address, leave: sockets.enter(userId, address) };
    } catch (error) {
      const coded =
        error instanceof CodedError ? error : new CodedError('internal', undefined, { cause: error });
      audit.refused({ address, userId, code: coded.code }, Date.now());
      throw coded;
    }
  }
}
