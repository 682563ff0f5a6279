import { describe, expect, test } from '@jest/globals';
import type { ProducerInfo } from '@crossfade/shared/media-api';
import { channelStateSchema } from '@crossfade/shared/ptt';
import type { CallState, Media, Room } from '../../calls/state.ts';
import { channelRoom, channelStateOf } from './channel-state.ts';

const old: Room = { server: 'http://a', epoch: 1, rtpCapabilities: { codecs: [] } };
const next: Room = { server: 'http://b', epoch: 2, rtpCapabilities: { codecs: [] } };
const transition = {} as Extract<Media, { phase: 'switching_to_sfu' }>['transition'];
const toSfu = (from: object, room: Room | 'opening') =>
  ({ phase: 'switching_to_sfu', transition, from, room }) as Media;

describe('the room a client is to be in', () => {
  test.each<[string, Media, Room | null]>([
    ['peer-to-peer: none', { phase: 'p2p' }, null],
    ['one that serves', { phase: 'sfu', room: old, standing: 'serving' }, old],
    ['one that drains serves on', { phase: 'sfu', room: old, standing: 'leaving' }, old],
    ['one that is lost: none', { phase: 'sfu', room: old, standing: 'lost' }, null],
    ['one that is being opened: none yet', toSfu({ kind: 'p2p' }, 'opening'), null],
    ['one that is being prepared', toSfu({ kind: 'p2p' }, next), next],
    ['while the call moves, the one it leaves', toSfu({ kind: 'room', room: old }, next), old],
    ['after a loss, the one that is being prepared', toSfu({ kind: 'lost', room: old }, next), next],
    [
      'on the way to peer-to-peer, until it is there',
      { phase: 'switching_to_p2p', transition, room: old, standing: 'serving' },
      old,
    ],
  ])('%s', (_what, media, room) => {
    expect(channelRoom({ media } as CallState)).toBe(room);
  });
});

test('of a call everything that clients may know, and nothing else', () => {
  const member = (participantId: string, link: object) => ({
    participantId,
    displayName: participantId.toUpperCase(),
    sessionId: 'secret',
    userId: 'private',
    grants: {},
    blocked: [],
    link,
  });
  const state = {
    callId: 'c',
    members: [
      member('ann', { kind: 'connected', socketId: 's', gatewayId: 'g' }),
      member('ben', { kind: 'lost', until: 5 }),
    ],
    floor: {
      fence: 7,
      holder: { participantId: 'ann', priority: 1, until: 9, lostUntil: null },
      queue: [{ participantId: 'ben', priority: 0, since: 1 }],
      barred: [{ userId: 'private', until: 9 }],
    },
    locked: true,
    media: { phase: 'sfu', room: old, standing: 'serving' },
  } as unknown as CallState;
  const producer: ProducerInfo = {
    producerId: 'p',
    participantId: 'ann',
    kind: 'audio',
    source: 'microphone',
    paused: true,
  };
  const told = channelStateOf(state, old, [{ ...producer, internal: 1 } as ProducerInfo]);
  expect(told).toEqual({
    channelId: 'c',
    members: [
      { participantId: 'ann', displayName: 'ANN', connected: true },
      { participantId: 'ben', displayName: 'BEN', connected: false },
    ],
    media: { epoch: 1, rtpCapabilities: { codecs: [] }, producers: [producer] },
    floor: { holder: 'ann', fence: 7, queued: 1 },
    locked: true,
  });
  expect(channelStateSchema.parse(told)).toEqual(told);
  expect(channelStateOf({ ...state, floor: null }, null, [])).toMatchObject({ media: null, floor: null });
});
