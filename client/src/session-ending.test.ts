/** A call that a moderator ends: they hear of the end before the answer to what they asked. */
import { expect, test } from '@jest/globals';
import { joinedAlone, stageSession, standInPage } from './testing/session-stage.ts';

standInPage();

test('the connection is kept until the answer to that is there', async () => {
  const answer = Promise.withResolvers<object>();
  const { session, told, hear } = stageSession(joinedAlone(), (name) =>
    name === 'moderate:end' ? answer.promise : {},
  );
  const ending = session.moderator.end();
  hear('call:ended', { reason: 'ended' });
  expect(session.snapshot.status).toEqual({ kind: 'ended', reason: 'ended' });
  expect(told.closed).toBe(false);
  answer.resolve({});
  await ending;
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(told.closed).toBe(true);
});
