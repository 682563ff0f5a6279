import { expect, test } from '@jest/globals';
import type { Blockable } from '@crossfade/shared/moderation';
import { permittedState, permittedTracks } from './permitted-media.ts';

const state = { audio: true, video: true, screen: false };

test('what a moderator takes is off, the rest as it is', () => {
  expect(permittedState(state, ['audio', 'screen'])).toEqual({ audio: false, video: true, screen: false });
  expect(permittedState(state, [])).toBe(state);
});

test('who may not speak sends no sound, where no media server holds it back', () => {
  let silent = true;
  const media = { track: (kind: string) => ({ kind }) as MediaStreamTrack, state, stream: {} as MediaStream };
  const tracks = permittedTracks(
    media,
    () => [],
    () => silent,
  );
  expect([tracks.track('audio'), tracks.track('video')?.kind]).toEqual([null, 'video']);
  silent = false;
  expect(tracks.track('audio')?.kind).toBe('audio');
});

test('follows what is blocked', () => {
  let blocked: Blockable[] = [];
  const stream = {} as MediaStream;
  const tracks = permittedTracks({ track: () => null, state, stream }, () => blocked);
  expect(tracks.state).toEqual(state);
  blocked = ['video'];
  expect(tracks.state).toMatchObject({ audio: true, video: false });
});
