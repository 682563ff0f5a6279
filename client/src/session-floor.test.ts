/** What the session of somebody alone in a call makes of the floor: what it announces, and when it tells the application. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { JoinAnswer } from '@crossfade/shared/signalling';
import type { LocalMedia } from './local-media.ts';
import { Session } from './session.ts';
import type { EventHandlers, Signalling } from './signalling.ts';

const callId = 'c';
const on = { audio: true, video: false, screen: false };
const scope = globalThis as { window?: unknown; document?: unknown };

beforeEach(() => {
  const listening = { addEventListener: () => undefined, removeEventListener: () => undefined };
  scope.window = listening;
  scope.document = { visibilityState: 'visible', ...listening };
});
afterEach(() => {
  delete scope.window;
  delete scope.document;
});

function stage(floor: JoinAnswer['floor']) {
  const updates: object[] = [];
  let handlers: EventHandlers | undefined;
  let changes = 0;
  const signalling = {
    connected: true,
    request: (name: string, payload: { media?: object }) => {
      if (name === 'call:update' && payload.media) updates.push(payload.media);
      return Promise.resolve({});
    },
    handle: (given: EventHandlers) => (handlers = given),
    hold: () => undefined,
    release: () => undefined,
    close: () => undefined,
  } as unknown as Signalling;
  const media = { state: on, track: () => null, stream: {}, subscribe: () => () => undefined };
  const me = { participantId: 'me', userId: 'u', displayName: 'Me', media: on, connected: true };
  const joined = {
    ...{ callId, participantId: 'me', sessionId: 's', participants: [me], mode: 'p2p', epoch: 0 },
    ...{ iceServers: [], floor, policy: { p2pMaxParticipants: 2 } },
  } as unknown as JoinAnswer;
  const session = new Session(
    {
      ...{ callId, displayName: 'Me', simulcast: true, signalling },
      media: media as unknown as LocalMedia,
      changed: () => (changes += 1),
    },
    joined,
    on,
  );
  const hear = (name: keyof EventHandlers, event: object) => {
    const handle = handlers?.[name] as ((event: object) => void) | undefined;
    handle?.({ callId, ...event });
  };
  return { session, updates, hear, changes: () => changes };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test('where there is a floor nobody waits for this microphone; without one it is told again', async () => {
  const { session, updates, hear, changes } = stage({ holder: null, fence: 3, queued: 0 });
  await settled();
  expect(session.snapshot.floor).toEqual({ holder: null, self: 'listening', queuePosition: null, fence: 3 });
  expect(updates).toEqual([{ ...on, audio: false }]);
  hear('floor:granted', { fence: 4, priority: 0, remainingMs: 9 });
  expect(session.snapshot.floor).toMatchObject({ holder: 'me', self: 'speaking', fence: 4 });
  // Of another call.
  hear('floor:idle', { callId: 'other', fence: 5 });
  expect(session.snapshot.floor?.fence).toBe(4);
  const before = changes();
  hear('call:updated', { locked: false, policy: {} });
  await settled();
  expect(session.snapshot.floor).toBeNull();
  expect(changes()).toBeGreaterThan(before);
  expect(updates.at(-1)).toEqual(on);
  await session.leave();
});

test('a floor that begins while the call runs is known by its first event', async () => {
  const { session, updates, hear } = stage(undefined);
  await settled();
  expect([session.snapshot.floor, updates]).toEqual([null, []]);
  hear('floor:idle', { fence: 1 });
  await settled();
  expect(session.snapshot.floor).toMatchObject({ holder: null, self: 'listening' });
  expect(updates).toEqual([{ ...on, audio: false }]);
  await session.leave();
});
