import { expect, test } from '@jest/globals';
import { Signalling } from './signalling.ts';

/** Nobody listens there: every attempt fails, and another follows. */
const NOBODY = 'http://127.0.0.1:1';

test('connecting that is given up ends at once', async () => {
  const signalling = new Signalling(NOBODY, 'token');
  const giveUp = new AbortController();
  const connecting = signalling.connect(giveUp.signal);
  const reason = new Error('left');
  giveUp.abort(reason);
  await expect(connecting).rejects.toBe(reason);
  signalling.close();
});

test('what was given up before does not begin', async () => {
  const signalling = new Signalling(NOBODY, 'token');
  await expect(signalling.connect(AbortSignal.abort(new Error('never')))).rejects.toThrow('never');
  signalling.close();
});
