import { expect, test } from '@jest/globals';
import { newsBetween } from './news.ts';

const open = { locked: false, local: { blocked: [] } } as const;
const ana = { participantId: '1', displayName: 'Ana', screen: null };
const ben = { participantId: '2', displayName: 'Ben', screen: null };

test('tells who came and who left', () => {
  expect(
    newsBetween({ ...open, mode: 'p2p', remotes: [ana] }, { ...open, mode: 'p2p', remotes: [ben] }),
  ).toEqual([
    { text: 'Ben joined', spokenOnly: false },
    { text: 'Ana left', spokenOnly: false },
  ]);
});

test('tells many at once', () => {
  const people = ['Ana', 'Ben', 'Cleo', 'Dan', 'Eve'].map((displayName, index) => ({
    participantId: String(index),
    displayName,
    screen: null,
  }));
  const textFor = (count: number) =>
    newsBetween(
      { ...open, mode: 'sfu', remotes: [] },
      { ...open, mode: 'sfu', remotes: people.slice(0, count) },
    ).map(({ text }) => text);
  expect(textFor(2)).toEqual(['Ana and Ben joined']);
  expect(textFor(3)).toEqual(['Ana, Ben and Cleo joined']);
  expect(textFor(5)).toEqual(['Ana, Ben and 3 others joined']);
});

test('shortens a long name', () => {
  const long = { participantId: '3', displayName: 'W'.repeat(64), screen: null };
  expect(
    newsBetween({ ...open, mode: 'p2p', remotes: [] }, { ...open, mode: 'p2p', remotes: [long] }),
  ).toEqual([{ text: `${'W'.repeat(23)}… joined`, spokenOnly: false }]);
});

test('only speaks of a change of mode', () => {
  expect(
    newsBetween({ ...open, mode: 'p2p', remotes: [ana] }, { ...open, mode: 'sfu', remotes: [ana] }),
  ).toEqual([{ text: 'The call is now on a media server.', spokenOnly: true }]);
});

test('tells what a moderator takes and gives back, and that the call is locked', () => {
  const before = { ...open, mode: 'sfu', remotes: [ana] } as const;
  const after = { ...before, locked: true, local: { blocked: ['audio'] } } as const;
  const texts = (news: ReturnType<typeof newsBetween>) => news.map(({ text }) => text);
  expect(texts(newsBetween(before, after))).toEqual([
    'The call is now locked',
    'A moderator has turned your microphone off',
  ]);
  expect(texts(newsBetween(after, before))).toEqual([
    'The call is open again',
    'You may turn your microphone on again',
  ]);
});

test('the same call is no news, also under another name', () => {
  const renamed = { ...ana, displayName: 'Ana María' };
  expect(
    newsBetween({ ...open, mode: 'sfu', remotes: [ana] }, { ...open, mode: 'sfu', remotes: [renamed] }),
  ).toEqual([]);
});

test('speaks of a screen that is shared, and not of one that was before', () => {
  const sharing = { ...ana, screen: {} as MediaStream };
  const call = { ...open, mode: 'p2p' } as const;
  expect(newsBetween({ ...call, remotes: [ana, ben] }, { ...call, remotes: [sharing, ben] })).toEqual([
    { text: 'Ana is sharing a screen', spokenOnly: true },
  ]);
  expect(newsBetween({ ...call, remotes: [sharing] }, { ...call, remotes: [sharing] })).toEqual([]);
});
