/** A gateway that had given this participant up: it joins as another, and the page notices as little as can be. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { JoinAnswer } from '@crossfade/shared/signalling';
import type { LocalMedia } from './local-media.ts';
import { Session } from './session.ts';
import type { ConnectionHandlers, EventHandlers, Signalling } from './signalling.ts';
import { FakeStream } from './testing/fake-stream.ts';

const media = { audio: false, video: false, screen: false };
const scope = globalThis as { window?: unknown; document?: unknown; MediaStream?: unknown };

beforeEach(() => {
  const listening = { addEventListener: () => undefined, removeEventListener: () => undefined };
  scope.window = listening;
  scope.document = { visibilityState: 'visible', ...listening };
  scope.MediaStream = FakeStream;
});
afterEach(() => {
  delete scope.window;
  delete scope.document;
  delete scope.MediaStream;
});

const person = (participantId: string) => ({
  ...{ participantId, userId: participantId, displayName: participantId, media },
  // Nobody is linked to whoever has no signalling.
  connected: false,
});

function joinedAs(participantId: string, others: string[]): JoinAnswer {
  return {
    ...{ callId: 'c', participantId, sessionId: `session-${participantId}`, mode: 'p2p', epoch: 0 },
    ...{ participants: [participantId, ...others].map(person), iceServers: [] },
    policy: { p2pMaxParticipants: 2 },
  } as unknown as JoinAnswer;
}

test('whoever is still there keeps their stream', async () => {
  let connection: ConnectionHandlers | undefined;
  let answer = joinedAs('me', ['ann', 'ben']);
  const signalling = {
    connected: true,
    request: () => Promise.resolve(answer),
    handle: (_events: EventHandlers, given: ConnectionHandlers) => (connection = given),
    hold: () => undefined,
    release: () => undefined,
    close: () => undefined,
  } as unknown as Signalling;
  const own = { state: media, track: () => null, stream: {}, subscribe: () => () => undefined };
  const session = new Session(
    {
      ...{ callId: 'c', displayName: 'Me', simulcast: true, signalling },
      media: own as unknown as LocalMedia,
      changed: () => undefined,
    },
    answer,
    media,
  );
  const streams = () => session.snapshot.remotes.map(({ participantId, stream }) => [participantId, stream]);
  const [ann] = streams();
  answer = joinedAs('me again', ['ann', 'cleo']);
  connection?.reconnected();
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(session.snapshot.participantId).toBe('me again');
  expect(streams().map(([id]) => id)).toEqual(['ann', 'cleo']);
  expect(streams()[0]?.[1]).toBe(ann?.[1]);
  void session.leave();
});
