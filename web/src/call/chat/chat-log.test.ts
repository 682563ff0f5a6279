import { describe, expect, test } from '@jest/globals';
import { chatGroups, unreadCount, type ChatEntry } from './chat-log.ts';

function entry(messageId: string, change: Partial<ChatEntry> = {}): ChatEntry {
  return {
    callId: 'call',
    messageId,
    participantId: 'ben',
    userId: 'ben',
    displayName: 'Ben',
    text: `text of ${messageId}`,
    at: '2026-01-01T10:00:00.000Z',
    own: false,
    ...change,
  };
}
const own = { own: true, participantId: 'me', userId: 'me', displayName: 'Me' };

describe('what is unread', () => {
  const entries = [entry('1'), entry('2', own), entry('3'), entry('4')];

  test('is what others have said since one looked, and nothing of one’s own', () => {
    expect(unreadCount(entries, '1')).toBe(2);
    expect(unreadCount(entries, '3')).toBe(1);
    expect(unreadCount(entries, '4')).toBe(0);
  });

  test('is everything while nothing was there to be looked at', () => {
    expect(unreadCount(entries, null)).toBe(3);
    expect(unreadCount([], null)).toBe(0);
  });
});

test('what one person says in a row stands under one heading, for five minutes', () => {
  const at = (minute: number) => ({ at: `2026-01-01T10:0${String(minute)}:00.000Z` });
  const groups = chatGroups([
    entry('1', at(0)),
    entry('2', at(1)),
    entry('3', { ...own, ...at(2) }),
    entry('4', at(3)),
    entry('5', at(8)),
  ]);
  expect(groups.map(({ entries }) => entries.map(({ messageId }) => messageId).join('+'))).toEqual([
    '1+2',
    '3',
    '4',
    '5',
  ]);
  expect(groups[1]).toMatchObject({ own: true, displayName: 'Me', key: '3' });
});
