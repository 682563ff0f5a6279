import { beforeEach, expect, test } from '@jest/globals';
import { DeviceRecovery } from './device-recovery.ts';
import { FakeTrack } from './testing/fake-stream.ts';

/** The microphones that are plugged in; the first is the default. */
let plugged: string[];
let inUse: FakeTrack | null;
let failures: string[];
let tell: (() => void) | null;
let opened: FakeTrack[];
let recovery: DeviceRecovery;

beforeEach(() => {
  plugged = ['desk', 'headset'];
  inUse = null;
  failures = [];
  tell = null;
  opened = [];
  recovery = new DeviceRecovery({
    open: (_kind, deviceId = plugged[0] ?? '') => {
      if (!plugged.includes(deviceId)) return Promise.reject(new Error('NotFoundError'));
      const track = new FakeTrack('audio', deviceId);
      opened.push(track);
      return Promise.resolve(track as unknown as MediaStreamTrack);
    },
    list: () => Promise.resolve([...plugged]),
    inUse: () => inUse?.id ?? null,
    take: (track) => {
      inUse = track;
      failures = [];
    },
    failed: (_kind, error) => failures.push((error as Error).message),
    watch: (changed) => {
      tell = changed;
      return () => (tell = null);
    },
  });
});

async function plug(...devices: string[]): Promise<void> {
  plugged = devices;
  tell?.();
  await settled();
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}

/** The device in use goes away. */
async function unplug(device: string): Promise<void> {
  plugged = plugged.filter((each) => each !== device);
  inUse = null;
  recovery.lost('audio', device);
  tell?.();
  await settled();
}

test('the default one takes its place, and it is taken again when it is back', async () => {
  await unplug('headset');
  expect(inUse).toMatchObject({ id: 'desk' });
  await plug('desk', 'headset');
  expect(inUse).toMatchObject({ id: 'headset' });
  // And then nothing is looked for any more.
  expect([tell, opened.length]).toEqual([null, 2]);
});

test('when the one in its place goes away as well, the first one is still the one to come back', async () => {
  plugged = ['desk', 'headset', 'camera'];
  await unplug('headset');
  await unplug('desk');
  expect(inUse).toMatchObject({ id: 'camera' });
  await plug('camera', 'desk');
  expect(inUse).toMatchObject({ id: 'camera' });
  await plug('camera', 'desk', 'headset');
  expect(inUse).toMatchObject({ id: 'headset' });
});

test('without another one that is told, and whatever is plugged in is taken', async () => {
  plugged = ['headset'];
  await unplug('headset');
  expect(inUse).toBeNull();
  expect(new Set(failures)).toEqual(new Set(['NotFoundError']));
  await plug('desk');
  expect([inUse?.id, failures]).toEqual(['desk', []]);
});

test('whoever has chosen another one keeps it', async () => {
  await unplug('headset');
  recovery.chosen('audio');
  await plug('desk', 'headset');
  expect([inUse?.id, tell]).toEqual(['desk', null]);
});

test('what is opened too late is let go of', async () => {
  inUse = null;
  recovery.lost('audio', 'gone');
  recovery.close();
  await settled();
  expect(inUse).toBeNull();
  expect(opened.every(({ readyState }) => readyState === 'ended')).toBe(true);
});
