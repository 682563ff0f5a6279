/** What a client may ask for how often, and how large it may be. Pure. */
import type { AllowanceLimits } from '@crossfade/service/allowance';
import type { GatewayConfig } from '../config.ts';

/** What is counted apart, so that one kind of request does not use up what is for another. */
export const BUDGETS = [
  'connections',
  'joins',
  'signals',
  'media',
  'messages',
  'requests',
  'rest',
  'tokens',
] as const;
export type Budget = (typeof BUDGETS)[number];

/** So many requests in so many seconds. */
export interface Rate {
  readonly points: number;
  readonly seconds: number;
}

/** Seconds over which what is meant by the second is counted: people and pages do things in bursts. */
const WINDOW_S = 10;

/** Budgets that all gateways share, if there is a store: what happens seldom. The others would cost a round trip each. */
export const SHARED_BUDGETS: readonly Budget[] = ['connections', 'joins', 'messages', 'rest', 'tokens'];

/** What one user may do. */
export function userRates(config: GatewayConfig): Record<Budget, Rate> {
  const aMinute = (points: number) => ({ points, seconds: 60 });
  const aSecond = (points: number) => ({ points: points * WINDOW_S, seconds: WINDOW_S });
  return {
    connections: aMinute(config.MAX_CONNECTIONS_PER_MINUTE),
    joins: aMinute(config.MAX_JOINS_PER_MINUTE),
    signals: aSecond(config.MAX_SIGNALS_PER_SECOND),
    media: aSecond(config.MAX_MEDIA_REQUESTS_PER_SECOND),
    messages: aSecond(config.MAX_MESSAGES_PER_SECOND),
    requests: aSecond(config.MAX_REQUESTS_PER_SECOND),
    rest: aSecond(config.MAX_REST_REQUESTS_PER_SECOND),
    tokens: aMinute(config.MAX_TOKENS_PER_MINUTE),
  };
}

/** What those behind one address may do together: there may be an office behind it. Tokens are for nobody in particular. */
export function addressRates(config: GatewayConfig): Record<Budget, Rate> {
  const rates = userRates(config);
  return Object.fromEntries(
    BUDGETS.map((budget) => {
      const { points, seconds } = rates[budget];
      const users = budget === 'tokens' ? 1 : config.MAX_USERS_PER_ADDRESS;
      return [budget, { points: points * users, seconds }];
    }),
  ) as Record<Budget, Rate>;
}

/** Which budget a signalling request is paid from. */
export function budgetOf(request: string): Budget {
  if (request === 'call:join') return 'joins';
  if (request === 'call:signal') return 'signals';
  const [family] = request.split(':', 1);
  if (family === 'media') return 'media';
  if (family === 'chat' || family === 'moderate') return 'messages';
  return 'requests';
}

/** Largest request, bytes: a signal carries an SDP of 64 KiB, escaped; media requests carry lists of codecs. */
const LARGEST: Partial<Record<Budget, number>> = { signals: 128 * 1024, media: 64 * 1024 };
/** Of all others: a chat message of 4,000 characters, each of which may take six bytes. */
const LARGEST_OTHER = 32 * 1024;

export function isTooLarge(request: string, bytes: number): boolean {
  return bytes > (LARGEST[budgetOf(request)] ?? LARGEST_OTHER);
}

/** What one socket may say altogether: a burst when a page joins a large call, and less after that. */
export function socketAllowance(perSecond: number): AllowanceLimits {
  return { burst: perSecond * 10, perSecond, refusals: perSecond * 5 };
}
