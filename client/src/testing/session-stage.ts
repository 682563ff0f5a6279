/** A session with everything around it standing in: the page, the connection to the gateway, the own media. */
import { afterEach, beforeEach } from '@jest/globals';
import type { JoinAnswer, Participant } from '@crossfade/shared/signalling';
import type { LocalMedia } from '../local-media.ts';
import { Session } from '../session.ts';
import type { ConnectionHandlers, EventHandlers, Signalling } from '../signalling.ts';
import { FakeStream } from './fake-stream.ts';

export const CALL_ID = 'c';
export const OFF = { audio: false, video: false, screen: false };

const scope = globalThis as { window?: unknown; document?: unknown; MediaStream?: unknown };

/** For every test of a file: a page in which nothing happens but what the test lets happen. */
export function standInPage(): EventTarget {
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  beforeEach(() => {
    Object.assign(scope, { window: page, document: page, MediaStream: FakeStream });
  });
  afterEach(() => {
    delete scope.window;
    delete scope.document;
    delete scope.MediaStream;
  });
  return page;
}

export function personIn(participantId: string, media: Participant['media'] = OFF, connected = true) {
  return { participantId, userId: participantId, displayName: participantId, media, connected };
}

/** What somebody is told who joins a call in which nobody else is. */
export function joinedAlone(participantId = 'me', media: Participant['media'] = OFF): JoinAnswer {
  return {
    callId: CALL_ID,
    participantId,
    sessionId: `session of ${participantId}`,
    participants: [personIn(participantId, media)],
    mode: 'p2p',
    epoch: 0,
    iceServers: [],
    policy: { p2pMaxParticipants: 2 },
  } as unknown as JoinAnswer;
}

/**
 * @param joined what the gateway has answered
 * @param answerTo what it answers further requests with
 * @param media what is sent
 */
export function stageSession(
  joined: JoinAnswer,
  answerTo: (name: string, payload: object) => object | Promise<unknown> = () => ({}),
  media: Participant['media'] = OFF,
) {
  let events: EventHandlers | undefined;
  let connection: ConnectionHandlers | undefined;
  const told = { changes: 0, reconnections: 0, closed: false };
  const signalling = {
    connected: true,
    request: (name: string, payload: object) => Promise.resolve(answerTo(name, payload)),
    handle: (ofCall: EventHandlers, ofConnection: ConnectionHandlers) => {
      events = ofCall;
      connection = ofConnection;
    },
    hold: () => undefined,
    release: () => undefined,
    reconnect: () => (told.reconnections += 1),
    close: () => (told.closed = true),
  };
  const own = { state: media, track: () => null, stream: {}, subscribe: () => () => undefined };
  const session = new Session(
    {
      callId: CALL_ID,
      displayName: 'Me',
      simulcast: true,
      signalling: signalling as unknown as Signalling,
      media: own as unknown as LocalMedia,
      changed: () => (told.changes += 1),
    },
    joined,
    media,
  );
  const hear = (name: keyof EventHandlers, event: object) => {
    const handle = events?.[name] as ((event: object) => void) | undefined;
    handle?.({ callId: CALL_ID, ...event });
  };
  const lose = () => {
    signalling.connected = false;
    connection?.lost();
  };
  const comeBack = () => {
    signalling.connected = true;
    connection?.reconnected();
  };
  return { session, told, hear, lose, comeBack };
}
