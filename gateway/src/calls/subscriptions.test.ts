import { expect, test } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import type { CallState, Room } from './state.ts';
import { Subscriptions } from './subscriptions.ts';

const roomOf = (epoch: number): Room => ({ server: 'http://m', epoch, rtpCapabilities: {} });
const onSfu = (epoch: number) => ({ media: { phase: 'sfu', room: roomOf(epoch) } }) as unknown as CallState;
const onP2p = (draining: Room | null = null) =>
  ({
    media: { phase: 'p2p' },
    draining: draining && { room: draining, until: 9 },
  }) as unknown as CallState;

function feeds() {
  const asked: string[] = [];
  const pending: { resolve: () => void; reject: (error: Error) => void }[] = [];
  return {
    asked,
    pending,
    subscribe: (_callId: string, { epoch }: Room) => {
      asked.push(`+${String(epoch)}`);
      return new Promise<void>((resolve, reject) => pending.push({ resolve, reject }));
    },
    unsubscribe: (_callId: string, { epoch }: Room) => void asked.push(`-${String(epoch)}`),
  };
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

test('a room is heard of while somebody is here, also while it is kept for late clients', async () => {
  const media = feeds();
  const subscriptions = new Subscriptions(media, silentLog);
  subscriptions.follow('c', onSfu(1), false);
  subscriptions.follow('c', onSfu(1), true);
  subscriptions.follow('c', onSfu(1), true);
  await soon();
  expect(media.asked).toEqual(['+1']);
  subscriptions.follow('c', onP2p(roomOf(1)), true);
  expect(media.asked).toEqual(['+1']);
  subscriptions.follow('c', onP2p(), true);
  expect(media.asked).toEqual(['+1', '-1']);
  subscriptions.follow('c', onSfu(3), true);
  await soon();
  subscriptions.follow('c', onSfu(5), true);
  await soon();
  expect(media.asked).toEqual(['+1', '-1', '+3', '-3', '+5']);
  subscriptions.follow('c', onSfu(5), false);
  expect(media.asked.at(-1)).toBe('-5');
});

test('readiness waits for the picture, and is tried again when the media server refuses', async () => {
  const media = feeds();
  const subscriptions = new Subscriptions(media, silentLog);
  await subscriptions.ready('c', 1_000);
  subscriptions.follow('c', onSfu(1), true);
  let isReady = false;
  const ready = subscriptions.ready('c', 5_000).then(() => (isReady = true));
  await soon();
  media.pending[0]?.reject(new Error('not now'));
  while (media.pending.length < 2) await soon();
  expect(isReady).toBe(false);
  media.pending[1]?.resolve();
  await ready;
});

test('what is subscribed to too late is left again', async () => {
  const media = feeds();
  const subscriptions = new Subscriptions(media, silentLog);
  subscriptions.follow('c', onSfu(1), true);
  await soon();
  subscriptions.follow('c', null, false);
  media.pending[0]?.resolve();
  await soon();
  expect(media.asked).toEqual(['+1', '-1', '-1']);
});
