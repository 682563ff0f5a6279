import { describe, expect, test } from '@jest/globals';
import { changedChat, chatGroups, EMPTY_CHAT, type ChatChange, type ChatEntry } from './chat-log.ts';

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
const after = (...changes: ChatChange[]) => changes.reduce(changedChat, EMPTY_CHAT);
const received = (one: ChatEntry, looking = false) => ({ kind: 'received', entry: one, looking }) as const;
const newest = (messages: ChatEntry[], nextCursor: string | null = null) =>
  ({ kind: 'newest', page: { messages, nextCursor }, looking: false }) as const;

describe('what is unread', () => {
  test('counts what others say while nobody looks, and nothing of one’s own', () => {
    expect(after(received(entry('1')), received(entry('2', own)), received(entry('3'))).unread).toBe(2);
    expect(after(received(entry('1'), true)).unread).toBe(0);
    expect(after(received(entry('1')), { kind: 'read' }).unread).toBe(0);
  });

  test('is not what was said before one came, but what was missed meanwhile', () => {
    const joined = after(newest([entry('1'), entry('2')]));
    expect(joined.unread).toBe(0);
    expect(changedChat(joined, newest([entry('2'), entry('3')])).unread).toBe(1);
  });
});

test('messages stand in order, each once, however they come', () => {
  const at = (second: number) => ({ at: `2026-01-01T10:00:0${String(second)}.000Z` });
  const log = after(
    received(entry('3', at(3))),
    newest([entry('2', at(2)), entry('3', at(3))], 'before'),
    { kind: 'older', page: { messages: [entry('1', at(1))], nextCursor: null } },
    received(entry('3', at(3))),
  );
  expect(log.entries.map(({ messageId }) => messageId)).toEqual(['1', '2', '3']);
  expect(log.older).toBe(null);
});

test('after a lost connection the place of older pages stays', () => {
  const log = after(newest([entry('1')], 'old'), newest([entry('2')], 'newer'));
  expect(log.older).toBe('old');
});

describe('a message of one’s own', () => {
  const sending = { kind: 'sending', id: 'a', text: 'Hi' } as const;
  const said = entry('1', { ...own, text: 'Hi' });

  test('is on its way, and then among the others', () => {
    expect(after(sending).outgoing).toEqual([{ id: 'a', text: 'Hi', failure: null }]);
    const log = after(sending, { kind: 'sent', id: 'a', entry: said });
    expect(log).toMatchObject({ outgoing: [], entries: [{ messageId: '1' }] });
  });

  test('is shown once, whether the message or its acknowledgement comes first', () => {
    const echoed = after(sending, received(said));
    expect(echoed).toMatchObject({ outgoing: [], entries: [{ messageId: '1' }] });
    expect(changedChat(echoed, { kind: 'sent', id: 'a', entry: said })).toEqual(echoed);
  });

  test('that failed says so until it is sent again or discarded', () => {
    const failed = after(sending, { kind: 'failed', id: 'a', failure: 'No connection.' });
    expect(failed.outgoing).toEqual([{ id: 'a', text: 'Hi', failure: 'No connection.' }]);
    expect(changedChat(failed, sending).outgoing).toEqual([{ id: 'a', text: 'Hi', failure: null }]);
    expect(changedChat(failed, { kind: 'discarded', id: 'a' }).outgoing).toEqual([]);
    // The same words in another message are not the one that failed.
    expect(changedChat(failed, received(said)).outgoing).toHaveLength(1);
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
