import { expect, test } from '@jest/globals';
import { clientRequestNames, MAX_SDP_LENGTH } from '@crossfade/shared/signalling';
import { readConfig } from '../config.ts';
import { addressRates, budgetOf, isTooLarge, socketAllowance, userRates } from './budgets.ts';

const config = readConfig({ SERVICE_JWT_SECRET: 's'.repeat(32), USER_JWT_SECRET: 's'.repeat(32) });

test('what people send at once is counted apart', () => {
  expect(
    ['call:join', 'call:signal', 'call:path', 'media:consume', 'chat:send', 'moderate:mute'].map(budgetOf),
  ).toEqual(['joins', 'signals', 'requests', 'media', 'messages', 'messages']);
});

test('a page that joins a call of 50 can ask for all it needs at once, and again when it comes back', () => {
  // Microphone and camera of 49 others, each consumed and resumed one by one, with a wish for its layers.
  const requests = 2 * (2 + 49 * 2 * 3);
  expect(userRates(config).media.points).toBeGreaterThan(requests);
  expect(socketAllowance(config.MAX_SOCKET_MESSAGES_PER_SECOND).burst).toBeGreaterThan(requests);
  // A mesh of eight: an offer or an answer, and thirty candidates, for each other.
  expect(userRates(config).signals.points).toBeGreaterThan(2 * 7 * 31);
});

test('fifty people behind one address can come at once', () => {
  const rates = addressRates(config);
  expect(rates.joins.points).toBeGreaterThan(50);
  expect(rates.connections.points).toBeGreaterThan(50);
  expect(rates.tokens.points).toBeGreaterThan(50);
});

test('a flood of a thousand messages a second is closed within three seconds', () => {
  const { burst, perSecond, refusals } = socketAllowance(config.MAX_SOCKET_MESSAGES_PER_SECOND);
  expect((burst + refusals) / (1_000 - perSecond)).toBeLessThan(3);
});

test('no request needs more bytes than it may have', () => {
  const sdp = JSON.stringify({ sdp: '\r\n'.repeat(MAX_SDP_LENGTH / 2) });
  // Every character of it escaped; whatever is longer, no browser writes.
  expect(isTooLarge('call:signal', sdp.length)).toBe(sdp.length > 128 * 1024);
  expect(clientRequestNames.filter((name) => isTooLarge(name, 32 * 1024))).toEqual([]);
  expect(clientRequestNames.filter((name) => !isTooLarge(name, 128 * 1024 + 1))).toEqual([]);
});
