import { expect, test } from '@jest/globals';
import { Tokens } from './tokens.ts';

function numbered() {
  let count = 0;
  return () => {
    count += 1;
    return Promise.resolve(`token ${String(count)}`);
  };
}

test('keeps a token while it is accepted', async () => {
  const tokens = new Tokens(numbered());
  await expect(tokens.take()).resolves.toBe('token 1');
  tokens.accepted();
  await expect(tokens.take()).resolves.toBe('token 1');
});

test('asks for a fresh one when the one that worked is refused', async () => {
  const tokens = new Tokens(numbered());
  await tokens.take();
  tokens.accepted();
  expect(tokens.renew()).toBe(true);
  await expect(tokens.take()).resolves.toBe('token 2');
  // The fresh one is refused as well: asking on would never end.
  expect(tokens.renew()).toBe(false);
});

test('a fixed token cannot be renewed', async () => {
  const tokens = new Tokens('fixed');
  await expect(tokens.take()).resolves.toBe('fixed');
  tokens.accepted();
  expect(tokens.renew()).toBe(false);
});

test('a function that fails is asked again', async () => {
  let fails = true;
  const tokens = new Tokens(() => (fails ? Promise.reject(new Error('offline')) : Promise.resolve('token')));
  await expect(tokens.take()).rejects.toThrow('offline');
  fails = false;
  await expect(tokens.take()).resolves.toBe('token');
});
