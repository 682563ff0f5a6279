import { expect, test } from '@jest/globals';
import { OpenSockets } from './open-sockets.ts';

test('bounds the sockets of a user and of an address, and gives back what is closed, once', () => {
  const sockets = new OpenSockets({ user: 2, address: 3 });
  const first = sockets.enter('ann', 'here');
  sockets.enter('ann', 'here');
  expect(() => sockets.enter('ann', 'elsewhere')).toThrow('this user');
  sockets.enter('ben', 'here');
  expect(() => sockets.enter('cat', 'here')).toThrow('this address');
  first();
  first();
  sockets.enter('ann', 'here');
  expect(() => sockets.enter('ann', 'here')).toThrow('this user');
  expect(() => sockets.enter('cat', 'here')).toThrow('this address');
});
