import { expect, test } from '@jest/globals';
import type { Connection } from './connection.ts';
import { Session } from './session.ts';

test('who has gone while their join was written takes no place, and watches nothing', async () => {
  const seats: string[] = [];
  const watched: string[] = [];
  const connection = { isOpen: true, send: () => undefined, close: () => undefined };
  const session = new Session(
    { claims: { sub: 'u' }, address: '::1' } as never,
    connection as unknown as Connection,
    {
      dispatch: {
        admit: () => Promise.resolve(),
        handle: () => Promise.resolve({}),
        disconnected: () => Promise.resolve(),
      },
      guests: {
        admit: () => ({
          enter: (rooms) => void seats.push(...rooms),
          leave: () => undefined,
          vacate: () => undefined,
        }),
      },
      channels: {
        watch: (callId) => {
          watched.push(callId);
          return () => void watched.splice(watched.indexOf(callId), 1);
        },
        stateOf: () => ({}) as never,
        roomOf: () => ({}) as never,
      },
      onRefused: () => undefined,
    },
  );
  session.door.attach('here', 'me');
  expect([seats.length, watched]).toEqual([2, ['here']]);
  connection.isOpen = false;
  await session.closed();
  session.door.attach('late', 'me');
  expect([seats.length, watched]).toEqual([2, []]);
});
