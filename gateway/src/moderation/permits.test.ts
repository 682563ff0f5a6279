import { describe, expect, test } from '@jest/globals';
import type { RoomSnapshot } from '@crossfade/shared/media-api';
import type { CallState } from '../calls/state.ts';
import {
  givesFloorBack,
  permitOf,
  permitProduce,
  permitResume,
  permitsChanged,
  verdictOn,
  type Permit,
} from './permits.ts';

const free: Permit = { blocked: [], floor: null };
const muted: Permit = { blocked: ['audio'], floor: null };
const speaker: Permit = { blocked: [], floor: { fence: 7, mine: true } };
const listener: Permit = { blocked: [], floor: { fence: 7, mine: false } };
const silenced: Permit = { blocked: ['audio'], floor: { fence: 7, mine: true } };

const microphone = { kind: 'audio', source: 'microphone' } as const;
const camera = { kind: 'video', source: 'camera' } as const;
const screen = { kind: 'video', source: 'screen' } as const;
const screenSound = { kind: 'audio', source: 'screen-audio' } as const;

const code = (work: () => unknown) => {
  try {
    return work();
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('of a member: what moderators took, and whether the floor is theirs; of a stranger: nothing but the floor', () => {
  const state = {
    members: [{ participantId: 'ann', blocked: ['video'] }],
    floor: { fence: 7, holder: { participantId: 'ann' } },
  } as unknown as CallState;
  expect(permitOf(state, 'ann')).toEqual({ blocked: ['video'], floor: { fence: 7, mine: true } });
  expect(permitOf(state, 'who')).toEqual({ blocked: [], floor: { fence: 7, mine: false } });
  expect(permitOf({ ...state, floor: null }, 'ann').floor).toBeNull();
});

test('what has to be brought about: another number of the floor, and what moderators took or gave back', () => {
  const call = (blocked: string[], fence: number | null) =>
    ({
      members: [
        { participantId: 'ann', blocked },
        { participantId: 'ben', blocked: [] },
      ],
      floor: fence === null ? null : { fence, holder: null },
    }) as unknown as CallState;
  const changed = (before: CallState | null, after: CallState) => permitsChanged(before, after);
  expect(changed(call([], null), call([], null))).toBe(false);
  expect(changed(call(['audio'], 7), call(['audio'], 7))).toBe(false);
  expect(changed(call([], null), call(['audio'], null))).toBe(true);
  expect(changed(call(['audio'], null), call(['video'], null))).toBe(true);
  expect(changed(call(['audio', 'video'], null), call(['video'], null))).toBe(true);
  expect(changed(call([], 7), call([], 8))).toBe(true);
  expect(changed(call([], null), call([], 8))).toBe(true);
  expect(changed(call([], 8), call([], null))).toBe(false);
  // Learnt of only now.
  expect(changed(null, call([], null))).toBe(false);
  expect(changed(null, call(['audio'], null))).toBe(true);
  expect(changed(null, call([], 8))).toBe(true);
});

test.each([
  // permit, track, verdict on it while it flows, and while it is paused
  ['nobody minds', free, microphone, 'leave', 'leave'],
  ['a moderator took it', muted, microphone, 'pause', 'leave'],
  ['a moderator took something else', muted, camera, 'leave', 'leave'],
  ['a screen that is not allowed', { blocked: ['screen'], floor: null }, screen, 'close', 'close'],
  ['who has the floor', speaker, microphone, 'leave', 'resume'],
  ['the sound of a screen of who has the floor', speaker, screenSound, 'leave', 'resume'],
  ['who has not', listener, microphone, 'pause', 'leave'],
  ['pictures of who has not', listener, camera, 'leave', 'leave'],
  ['who has the floor and is muted', silenced, microphone, 'pause', 'leave'],
] as const)('%s', (_what, permit, track, flowing, paused) => {
  expect(verdictOn(permit, { ...track, paused: false })).toBe(flowing);
  expect(verdictOn(permit, { ...track, paused: true })).toBe(paused);
});

test.each([
  ['is made as it is asked for', free, microphone, false, true],
  ['is made paused only where a moderator took it', muted, microphone, 'blocked-by-moderator', true],
  [
    'a screen that is not allowed is not even made paused',
    { blocked: ['screen'], floor: null },
    screen,
    'blocked-by-moderator',
    'blocked-by-moderator',
  ],
  ['where there is a floor sound is made paused, also of who has it', speaker, microphone, true, true],
  ['pictures are not', listener, camera, false, true],
  ['and a moderator comes first', silenced, microphone, 'blocked-by-moderator', true],
] as const)('a track %s', (_what, permit, track, flowing, paused) => {
  expect(code(() => permitProduce(permit, track))).toBe(flowing);
  expect(code(() => permitProduce(permit, { ...track, paused: true }))).toBe(paused);
});

describe('a track that is there', () => {
  const producers = [
    { producerId: 'mic', participantId: 'ann', ...microphone },
    { producerId: 'cam', participantId: 'ann', ...camera },
    { producerId: 'other', participantId: 'ben', ...microphone },
  ];
  const asked: object[] = [];
  const api = {
    room: (acting: object) => {
      asked.push(acting);
      return Promise.resolve({ producers } as unknown as RoomSnapshot);
    },
  };
  const ann = { roomId: 'c', epoch: 3, participantId: 'ann' };
  const resumed = (permit: Permit, producerId: string) =>
    permitResume(permit, api, ann, producerId).catch((error: unknown) => (error as { code: string }).code);

  test.each([
    ['nobody minds', free, 'mic', undefined],
    ['a moderator took it', muted, 'mic', 'blocked-by-moderator'],
    ['a moderator took something else', muted, 'cam', undefined],
    ['who has the floor, under its number', speaker, 'mic', 7],
    ['a picture of who has the floor', speaker, 'cam', undefined],
    ['who has not', listener, 'mic', 'not-floor-holder'],
    ['a picture of who has not', listener, 'cam', undefined],
    ['muted with the floor', silenced, 'mic', 'blocked-by-moderator'],
    ['that is gone: the media server says so', listener, 'gone', undefined],
    ['of somebody else: the media server says so', listener, 'other', undefined],
  ] as const)('to flow again: %s', async (_what, permit, producerId, expected) => {
    expect(await resumed(permit, producerId)).toBe(expected);
  });

  test('who has the floor and switches off what can be heard has spoken; nobody else asks the media server', async () => {
    expect(await givesFloorBack(speaker, api, ann, 'mic')).toBe(true);
    expect(await givesFloorBack(speaker, api, ann, 'cam')).toBe(false);
    expect(await givesFloorBack(speaker, api, ann, 'other')).toBe(false);
    asked.length = 0;
    expect(await givesFloorBack(listener, api, ann, 'mic')).toBe(false);
    expect(await givesFloorBack(free, api, ann, 'mic')).toBe(false);
    await permitResume(free, api, ann, 'mic');
    expect(asked).toEqual([]);
    await permitResume(speaker, api, ann, 'mic');
    expect(asked).toEqual([{ roomId: 'c', epoch: 3 }]);
  });
});
