/** The SDK's connection to a real gateway: tokens that cannot be had, and what may be asked when. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { signUserToken } from '@crossfade/service/tokens';
import { Signalling } from '../../../client/src/signalling.ts';
import { Stack, userKey } from '../gateway/stack.ts';

/** The gateway lets a token be over for so long, seconds. */
const LEEWAY_S = 30;

let stack: Stack;
let signalling: Signalling;

beforeAll(async () => {
  stack = await Stack.start();
});
afterAll(() => stack.close());
afterEach(() => signalling.close());

const user = { sub: 'user-ann', name: 'ann' };
const tokenFor = (lifetimeS: number) => signUserToken(userKey, user, lifetimeS);

test('without a token connecting fails with the reason there is none, and the next attempt may have one', async () => {
  const reason = new TypeError('Failed to fetch');
  signalling = new Signalling(stack.gateway.url, () => Promise.reject(reason));
  await expect(signalling.connect()).rejects.toBe(reason);
  signalling.close();
  signalling = new Signalling(stack.gateway.url, () => Promise.resolve(tokenFor(60)));
  await signalling.connect();
  expect(signalling.connected).toBe(true);
});

test('a token that cannot be had when the one before is over is asked for again', async () => {
  const last = () => Promise.resolve(tokenFor(60));
  const answers: (() => Promise<string>)[] = [
    () => Promise.resolve(tokenFor(2 - LEEWAY_S)),
    () => Promise.reject(new TypeError('Failed to fetch')),
  ];
  let asked = 0;
  signalling = new Signalling(stack.gateway.url, () => {
    asked += 1;
    return (answers.shift() ?? last)();
  });
  await signalling.connect();
  const back = Promise.withResolvers<undefined>();
  signalling.handle({} as Parameters<Signalling['handle']>[0], {
    reconnected: () => back.resolve(undefined),
    lost: () => undefined,
    refused: (error) => back.reject(error),
  });
  await back.promise;
  expect(asked).toBe(3);
});

test('nothing is asked before the join, again after a lost connection, nor when it is closed', async () => {
  signalling = new Signalling(stack.gateway.url, tokenFor(60));
  await signalling.connect();
  const callId = 'in-order';
  const media = { audio: false, video: false, screen: false };
  const update = () => signalling.request('call:update', { callId, media });
  await expect(update()).rejects.toMatchObject({ code: 'timeout' });
  await signalling.request('call:join', { callId, media });
  await update();
  const back = Promise.withResolvers<undefined>();
  signalling.handle({} as Parameters<Signalling['handle']>[0], {
    reconnected: () => back.resolve(undefined),
    lost: () => undefined,
    refused: (error) => back.reject(error),
  });
  signalling.reconnect();
  await back.promise;
  await expect(update()).rejects.toMatchObject({ code: 'timeout' });
  signalling.close();
  await expect(update()).rejects.toMatchObject({ code: 'not-joined' });
});
