import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { ScreenShare, ScreenShareError } from './screen-share.ts';
import { FakeStream, FakeTrack } from './testing/fake-stream.ts';

type Captured = FakeStream & { picture: FakeTrack; sound: FakeTrack };

let capture: () => Promise<unknown>;
let hindrance: 'blocked' | 'forbidden' | null;
const changed = jest.fn();
const real = globalThis.navigator;

function captured(): Captured {
  const picture = new FakeTrack('video', 'picture');
  const sound = new FakeTrack('audio', 'sound');
  const stream = Object.assign(new FakeStream(), { picture, sound });
  stream.addTrack(picture);
  stream.addTrack(sound);
  return stream;
}

function useBrowser(mediaDevices: object | undefined): void {
  Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { mediaDevices } });
}

function create(): ScreenShare {
  return new ScreenShare({ changed, hindrance: () => hindrance });
}

/** Why the screen is not shared. */
async function failureOf(screen: ScreenShare): Promise<string> {
  const error = await screen.start().catch((thrown: unknown) => thrown);
  return error instanceof ScreenShareError ? error.kind : String(error);
}

beforeEach(() => {
  changed.mockClear();
  hindrance = null;
  capture = () => Promise.resolve(captured());
  useBrowser({ getDisplayMedia: () => capture() });
});
afterEach(() => {
  Object.defineProperty(globalThis, 'navigator', { configurable: true, value: real });
});

test('holds picture and sound, for text to be sharp, until it is stopped', async () => {
  const stream = captured();
  capture = () => Promise.resolve(stream);
  const screen = create();
  await screen.start();
  expect([screen.stream, screen.track('screen'), screen.track('screen-audio')]).toEqual([
    stream,
    stream.picture,
    stream.sound,
  ]);
  expect(stream.picture).toMatchObject({ contentHint: 'detail' });
  screen.stop();
  expect([screen.stream, screen.track('screen')]).toEqual([null, null]);
  expect([stream.picture.readyState, stream.sound.readyState]).toEqual(['ended', 'ended']);
  expect(changed).toHaveBeenCalledTimes(2);
});

test('who refuses is told so, and what was shared before still is', async () => {
  const screen = create();
  await screen.start();
  const before = screen.stream;
  for (const [name, kind] of [
    ['NotAllowedError', 'refused'],
    ['NotReadableError', 'failed'],
  ] as const) {
    capture = () => Promise.reject(new DOMException('', name));
    await expect(failureOf(screen)).resolves.toBe(kind);
  }
  expect([screen.stream, changed.mock.calls.length]).toEqual([before, 1]);
});

test('the own button of the browser ends it; the sound may end alone', async () => {
  const stream = captured();
  capture = () => Promise.resolve(stream);
  const screen = create();
  await screen.start();
  stream.sound.stop();
  stream.sound.dispatchEvent(new Event('ended'));
  expect([screen.track('screen-audio'), screen.track('screen')]).toEqual([null, stream.picture]);
  stream.picture.dispatchEvent(new Event('ended'));
  expect(screen.stream).toBeNull();
  expect(changed).toHaveBeenCalledTimes(3);
});

test('another screen takes the place of the first, whose end is then nothing', async () => {
  const [first, second] = [captured(), captured()];
  capture = () => Promise.resolve(first);
  const screen = create();
  await screen.start();
  capture = () => Promise.resolve(second);
  await screen.start();
  expect(first.picture.readyState).toBe('ended');
  first.picture.dispatchEvent(new Event('ended'));
  expect(screen.stream).toBe(second);
});

test('who may not share is not asked, and nothing is left open if that is said while they choose', async () => {
  const screen = create();
  hindrance = 'forbidden';
  await expect(failureOf(screen)).resolves.toBe('forbidden');
  hindrance = null;
  const stream = captured();
  capture = () => {
    hindrance = 'blocked';
    return Promise.resolve(stream);
  };
  await expect(failureOf(screen)).resolves.toBe('blocked');
  expect([screen.stream, stream.picture.readyState]).toEqual([null, 'ended']);

  hindrance = null;
  capture = () => {
    screen.close();
    return Promise.resolve(stream);
  };
  await expect(failureOf(screen)).resolves.toBe('failed');
  expect(screen.stream).toBeNull();
});

test('where the browser cannot, it says so', async () => {
  useBrowser({});
  await expect(failureOf(create())).resolves.toBe('unsupported');
  useBrowser(undefined);
  await expect(failureOf(create())).resolves.toBe('unsupported');
});
