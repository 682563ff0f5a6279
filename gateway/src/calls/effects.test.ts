import { expect, test } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import { Effects, type EffectsOptions } from './effects.ts';

test('a stop does not wait for a room that is never opened or closed', async () => {
  const never = new Promise<never>(() => undefined);
  const effects = new Effects({
    mediaServers: { close: () => never, open: () => never, leave: () => never },
    log: silentLog,
  } as unknown as EffectsOptions);
  effects.run('call', { type: 'close-room', room: {} as never });
  const since = performance.now();
  await effects.idle(50);
  expect(performance.now() - since).toBeGreaterThanOrEqual(45);
});

test('nor longer than it takes', async () => {
  const effects = new Effects({
    mediaServers: { close: () => Promise.reject(new Error('away')), open: () => undefined },
    log: silentLog,
  } as unknown as EffectsOptions);
  effects.run('call', { type: 'close-room', room: {} as never });
  await effects.idle(60_000);
});
