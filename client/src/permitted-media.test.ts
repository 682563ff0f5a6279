import { expect, test } from '@jest/globals';
import type { Blockable } from '@crossfade/shared/moderation';
import { permittedState, permittedTracks } from './permitted-media.ts';

const state = { audio: true, video: true, screen: false };

test('what a moderator takes is off, the rest as it is', () => {
  expect(permittedState(state, ['audio', 'screen'])).toEqual({ audio: false, video: true, screen: false });
  expect(permittedState(state, [])).toBe(state);
});

const stream = {} as MediaStream;
const everything = { track: (kind: string) => ({ kind }) as MediaStreamTrack, state, stream };
const nothing = { track: () => null, state, stream: null };

test('who may not speak sends no sound, where no media server holds it back', () => {
  let silent = true;
  const tracks = permittedTracks(
    everything,
    nothing,
    () => [],
    () => ({ silent, floor: true }),
  );
  expect([tracks.track('audio'), tracks.track('video')?.kind]).toEqual([null, 'video']);
  silent = false;
  expect(tracks.track('audio')?.kind).toBe('audio');
});

test('follows what is blocked', () => {
  let blocked: Blockable[] = [];
  const tracks = permittedTracks({ ...nothing, stream }, nothing, () => blocked);
  expect(tracks.state).toEqual(state);
  blocked = ['video'];
  expect(tracks.state).toMatchObject({ audio: true, video: false });
});

test('a screen goes with what is taken, its sound with every sound, and no screen is heard where there is a floor', () => {
  const sent = (blocked: Blockable[], floor = false) => {
    const hearing = () => ({ silent: false, floor });
    const tracks = permittedTracks(everything, everything, () => blocked, hearing);
    return (['screen', 'screen-audio'] as const).filter((kind) => tracks.track(kind) !== null);
  };
  expect(sent([])).toEqual(['screen', 'screen-audio']);
  expect(sent(['video'])).toEqual(['screen', 'screen-audio']);
  expect(sent(['audio'])).toEqual(['screen']);
  expect(sent(['screen'])).toEqual([]);
  expect(sent([], true)).toEqual(['screen']);
});
