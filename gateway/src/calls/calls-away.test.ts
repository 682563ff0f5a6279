import { expect, test } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import { CodedError } from '@crossfade/shared/errors';
import { MemoryCallStore } from '../store/calls.ts';
import { Calls } from './calls.ts';
import type { CallEvent } from './events.ts';
import { policy } from './testing/call-world.ts';

/** What nobody tells a second time. */
const noticed: CallEvent[] = [
  { type: 'room-lost', epoch: 1 },
  { type: 'room-moving', epoch: 1 },
  { type: 'room-staying', epoch: 1 },
  { type: 'media-server-available' },
  { type: 'gateway-lost', gatewayId: 'other' },
  { type: 'disconnected', participantId: 'p', socketId: 's' },
  { type: 'tick' },
];

class AwayStore extends MemoryCallStore {
  away = true;

  override since(callId: string) {
    return this.away ? Promise.reject(new CodedError('call-store-unavailable')) : super.since(callId);
  }
}

const create = () => {
  const store = new AwayStore();
  const calls = new Calls({ store, gatewayId: 'g', policy, log: silentLog, run: () => undefined });
  return { store, calls };
};

test.each(noticed)('$type waits for a store that is away', async (event) => {
  const { store, calls } = create();
  const posted = calls.post('c', event);
  store.away = false;
  await expect(posted).resolves.toBeNull();
  calls.close();
});

test('what somebody asked for does not', async () => {
  const { calls } = create();
  await expect(calls.post('c', { type: 'leave', participantId: 'p' })).rejects.toMatchObject({
    code: 'call-store-unavailable',
  });
  calls.close();
});
