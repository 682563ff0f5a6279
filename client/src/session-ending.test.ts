/** A call that a moderator ends: they hear of the end before the answer to what they asked. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { JoinAnswer } from '@crossfade/shared/signalling';
import type { LocalMedia } from './local-media.ts';
import { Session } from './session.ts';
import type { EventHandlers, Signalling } from './signalling.ts';

const media = { audio: false, video: false, screen: false };
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

test('the connection is kept until the answer to that is there', async () => {
  let handlers: EventHandlers | undefined;
  let closed = false;
  const answer = Promise.withResolvers<object>();
  const signalling = {
    connected: true,
    request: (name: string) => (name === 'moderate:end' ? answer.promise : Promise.resolve({})),
    handle: (given: EventHandlers) => (handlers = given),
    hold: () => undefined,
    release: () => undefined,
    close: () => (closed = true),
  } as unknown as Signalling;
  const me = { participantId: 'me', userId: 'u', displayName: 'Me', media, connected: true };
  const joined = {
    ...{ callId: 'c', participantId: 'me', sessionId: 's', participants: [me], mode: 'p2p', epoch: 0 },
    ...{ iceServers: [], policy: { p2pMaxParticipants: 2 } },
  } as unknown as JoinAnswer;
  const own = { state: media, track: () => null, stream: {}, subscribe: () => () => undefined };
  const session = new Session(
    {
      ...{ callId: 'c', displayName: 'Me', simulcast: true, signalling },
      media: own as unknown as LocalMedia,
      changed: () => undefined,
    },
    joined,
    media,
  );
  const ending = session.moderator.end();
  handlers?.['call:ended']({ callId: 'c', reason: 'ended' });
  expect(session.snapshot.status).toEqual({ kind: 'ended', reason: 'ended' });
  expect(closed).toBe(false);
  answer.resolve({});
  await ending;
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(closed).toBe(true);
});
