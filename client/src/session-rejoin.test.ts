/** A gateway that had given this participant up: it joins as another, and the page notices as little as can be. */
import { expect, test } from '@jest/globals';
import type { JoinAnswer } from '@crossfade/shared/signalling';
import { joinedAlone, personIn, stageSession, standInPage } from './testing/session-stage.ts';

standInPage();

function joinedAs(participantId: string, others: string[]): JoinAnswer {
  const joined = joinedAlone(participantId);
  // Nobody is linked to whoever has no signalling.
  const absent = others.map((id) => personIn(id, undefined, false));
  return { ...joined, participants: [...joined.participants, ...absent] };
}

test('whoever is still there keeps their stream', async () => {
  const { session, comeBack } = stageSession(joinedAs('me', ['ann', 'ben']), () =>
    joinedAs('me again', ['ann', 'cleo']),
  );
  const streams = () => session.snapshot.remotes.map(({ participantId, stream }) => [participantId, stream]);
  const [ann] = streams();
  comeBack();
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(session.snapshot.participantId).toBe('me again');
  expect(streams().map(([id]) => id)).toEqual(['ann', 'cleo']);
  expect(streams()[0]?.[1]).toBe(ann?.[1]);
  void session.leave();
});
