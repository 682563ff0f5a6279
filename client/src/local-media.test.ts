import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { LocalMedia } from './local-media.ts';
import { openLocalMedia } from './local-media.ts';
import { FakeStream, FakeTrack } from './testing/fake-stream.ts';

class Device extends FakeTrack {
  override getSettings(): MediaTrackSettings {
    return { deviceId: this.id };
  }
}

/** What the browser has, by kind; the first is the default. */
let plugged: Record<'audio' | 'video', string[]>;
let refuse: boolean;
let browser: EventTarget;
const real = { navigator: globalThis.navigator, MediaStream: globalThis.MediaStream };

beforeEach(() => {
  plugged = { audio: ['desk', 'headset'], video: ['webcam'] };
  refuse = false;
  browser = new EventTarget();
  const mediaDevices = Object.assign(browser, {
    getUserMedia: (wanted: Record<string, { deviceId?: { exact: string } } | undefined>) => {
      const stream = new FakeStream();
      for (const kind of ['audio', 'video'] as const) {
        if (!wanted[kind]) continue;
        const id = wanted[kind].deviceId?.exact ?? plugged[kind][0];
        if (refuse) return Promise.reject(new DOMException('', 'NotAllowedError'));
        if (id === undefined || !plugged[kind].includes(id))
          return Promise.reject(new DOMException('', 'NotFoundError'));
        stream.addTrack(new Device(kind, id));
      }
      return Promise.resolve(stream);
    },
    enumerateDevices: () =>
      Promise.resolve(plugged.audio.map((deviceId) => ({ kind: 'audioinput', deviceId, label: '' }))),
  });
  Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { mediaDevices } });
  Object.assign(globalThis, { MediaStream: FakeStream });
});
afterEach(() => {
  Object.defineProperty(globalThis, 'navigator', { configurable: true, value: real.navigator });
  Object.assign(globalThis, { MediaStream: real.MediaStream });
});

async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}

async function unplug(media: LocalMedia, ...left: string[]): Promise<void> {
  plugged = { ...plugged, audio: left };
  const track = media.track('audio');
  track?.stop();
  track?.dispatchEvent(new Event('ended'));
  await settled();
}

async function plug(...devices: string[]): Promise<void> {
  plugged = { ...plugged, audio: devices };
  browser.dispatchEvent(new Event('devicechange'));
  await settled();
}

test('a microphone that is unplugged falls back to another one, and muted it stays muted', async () => {
  const media = await openLocalMedia({ audio: { deviceId: 'headset' } });
  media.setMicrophone(false);
  await unplug(media, 'desk');
  expect(media.track('audio')).toMatchObject({ id: 'desk', enabled: false });
  expect([media.state.audio, media.problems]).toEqual([false, []]);
  media.setMicrophone(true);
  await plug('desk', 'headset');
  expect(media.track('audio')).toMatchObject({ id: 'headset', enabled: true });
  expect(media.stream.getTracks()).toHaveLength(2);
});

test('without another one the problem is told, until one is plugged in', async () => {
  const media = await openLocalMedia();
  const states: boolean[] = [];
  media.subscribe(() => states.push(media.state.audio));
  await unplug(media);
  expect(media.problems).toEqual([{ device: 'microphone', kind: 'missing' }]);
  expect(media.state).toMatchObject({ audio: false, video: true });
  await plug('headset');
  expect([media.problems, media.track('audio')?.id, states.at(-1)]).toEqual([[], 'headset', true]);
});

test('who chose another device keeps it when the first is back', async () => {
  const media = await openLocalMedia({ audio: { deviceId: 'headset' } });
  await unplug(media, 'desk', 'other');
  await media.switchDevice('audio', 'other');
  await plug('desk', 'other', 'headset');
  expect(media.track('audio')?.id).toBe('other');
});

test('who refuses can still listen', async () => {
  refuse = true;
  const media = await openLocalMedia();
  expect(media.stream.getTracks()).toEqual([]);
  expect(media.state).toEqual({ audio: false, video: false, screen: false });
  expect(media.problems.map(({ device, kind }) => `${device} ${kind}`)).toEqual([
    'microphone refused',
    'camera refused',
  ]);
});
