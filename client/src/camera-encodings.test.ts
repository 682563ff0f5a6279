import { expect, test } from '@jest/globals';
import { cameraEncodings } from './camera-encodings.ts';

const vp8 = { mimeType: 'video/VP8', several: true };

test('720p is sent in three sizes, 360p in two, less in one', () => {
  expect(cameraEncodings({ width: 1_280, height: 720 }, vp8)).toEqual([
    { scaleResolutionDownBy: 4, maxBitrate: 160_000 },
    { scaleResolutionDownBy: 2, maxBitrate: 450_000 },
    { scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
  ]);
  expect(cameraEncodings({ width: 640, height: 360 }, vp8)).toEqual([
    { scaleResolutionDownBy: 2, maxBitrate: 160_000 },
    { scaleResolutionDownBy: 1, maxBitrate: 450_000 },
  ]);
  expect(cameraEncodings({ width: 320, height: 180 }, vp8)).toEqual([{ maxBitrate: 160_000 }]);
});

test('a picture on its side is the same size', () => {
  expect(cameraEncodings({ width: 720, height: 1_280 }, vp8)).toHaveLength(3);
});

test('a camera that does not say its size is taken for the one it was asked for', () => {
  expect(cameraEncodings({}, vp8)).toHaveLength(2);
});

test.each([
  ['it is switched off', { ...vp8, several: false }],
  ['the codec has layers in one stream', { ...vp8, mimeType: 'video/VP9' }],
])('one size is sent when %s', (_why, options) => {
  expect(cameraEncodings({ width: 1_280, height: 720 }, options)).toEqual([{ maxBitrate: 1_700_000 }]);
});

test('H264 comes in several sizes, too, and more than 1080p in no more bits', () => {
  const encodings = cameraEncodings(
    { width: 3_840, height: 2_160 },
    { mimeType: 'video/h264', several: true },
  );
  expect(encodings.map(({ maxBitrate }) => maxBitrate)).toEqual([800_000, 3_000_000, 3_000_000]);
});
