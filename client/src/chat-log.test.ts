import { describe, expect, test } from '@jest/globals';
import { CodedError } from '@crossfade/shared/errors';
import type { CallEvents } from './call-events.ts';
import { ChatLog, merged, type ChattingCall } from './chat-log.ts';
import type { ChatMessage, ChatPage, SentMessage } from './chat.ts';

function message(number: number, text = `text ${String(number)}`): ChatMessage {
  return {
    callId: 'call',
    messageId: `m${String(number)}`,
    participantId: 'ann',
    userId: 'ann',
    displayName: 'Ann',
    text,
    at: new Date(Date.UTC(2026, 0, 1, 0, 0, number)).toISOString(),
  };
}
const idsOf = (log: ChatLog) => log.view.messages.map(({ messageId }) => messageId);
const settled = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

/** A call whose gateway has these messages, two a page. */
function callWith(stored: ChatMessage[]) {
  const listeners: { name: string; tell: (detail: never) => void }[] = [];
  const sends: { id: string; answer: (sent: SentMessage) => void; refuse: (error: Error) => void }[] = [];
  const pages: (string | undefined)[] = [];
  const state = { failing: false };
  const call: ChattingCall = {
    snapshot: { status: { kind: 'joined' } },
    on: (name, tell) => {
      listeners.push({ name, tell });
      return () => undefined;
    },
    sendChat: (_text, id) =>
      new Promise((answer, refuse) => {
        sends.push({ id, answer, refuse });
      }),
    chatHistory: ({ cursor } = {}): Promise<ChatPage> => {
      pages.push(cursor);
      if (state.failing) return Promise.reject(new CodedError('timeout'));
      const end = cursor === undefined ? stored.length : Number(cursor);
      const start = Math.max(0, end - 2);
      return Promise.resolve({
        messages: stored.slice(start, end),
        nextCursor: start === 0 ? null : String(start),
      });
    },
  };
  const tell = <Name extends 'chat' | 'status'>(name: Name, detail: CallEvents[Name]) => {
    for (const listener of listeners) if (listener.name === name) listener.tell(detail as never);
  };
  const back = () =>
    tell('status', { status: { kind: 'joined' }, before: { kind: 'reconnecting', step: 'signalling' } });
  return { log: new ChatLog(call), stored, sends, pages, state, tell, back };
}

describe('the messages of a call', () => {
  test('nothing is asked for before somebody looks, then the newest, then older ones page by page', async () => {
    const { log, pages } = callWith([1, 2, 3].map((number) => message(number)));
    await settled();
    expect(pages).toEqual([]);
    log.subscribe(() => undefined);
    log.subscribe(() => undefined);
    expect(log.view.history).toBe('loading');
    await settled();
    expect(idsOf(log)).toEqual(['m2', 'm3']);
    expect(log.view.history).toBe('more');
    await log.loadOlder();
    expect(idsOf(log)).toEqual(['m1', 'm2', 'm3']);
    expect(log.view.history).toBe('complete');
    await log.loadOlder();
    expect(pages).toEqual([undefined, '1']);
  });

  test('a new one is appended once, whether it is told or loaded first', async () => {
    const { log, tell } = callWith([message(1), message(2)]);
    log.subscribe(() => undefined);
    tell('chat', message(2));
    await settled();
    tell('chat', message(3));
    tell('chat', message(1));
    expect(idsOf(log)).toEqual(['m1', 'm2', 'm3']);
  });

  test('what was missed while the connection was lost is asked for until something known', async () => {
    const { log, stored, pages, back } = callWith([1, 2, 3, 4].map((number) => message(number)));
    log.subscribe(() => undefined);
    await settled();
    stored.push(message(5), message(6), message(7));
    back();
    await settled();
    expect(idsOf(log)).toEqual(['m3', 'm4', 'm5', 'm6', 'm7']);
    expect(pages).toEqual([undefined, undefined, '5', '3'].slice(0, pages.length));
    await log.loadOlder();
    expect(idsOf(log)).toEqual(['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7']);
  });

  test('history that could not be had is told, and tried again', async () => {
    const { log, state, back } = callWith([message(1)]);
    state.failing = true;
    log.subscribe(() => undefined);
    await settled();
    expect(log.view).toMatchObject({ history: 'failed', messages: [] });
    state.failing = false;
    back();
    await settled();
    expect(log.view.history).toBe('complete');
    expect(idsOf(log)).toEqual(['m1']);
  });
});

describe('one’s own message', () => {
  test('is on its way until it is told, whichever of answer and message comes first', async () => {
    const { log, sends, tell } = callWith([]);
    void log.send('first');
    void log.send('second');
    expect(log.view.outgoing.map(({ text, state }) => [text, state.kind])).toEqual([
      ['first', 'sending'],
      ['second', 'sending'],
    ]);
    log.subscribe(() => undefined);
    sends[0]?.answer({ messageId: 'm1', at: message(1).at });
    await settled();
    expect(log.view.outgoing).toHaveLength(2);
    tell('chat', message(1, 'first'));
    expect(log.view.outgoing.map(({ text }) => text)).toEqual(['second']);
    tell('chat', message(2, 'second'));
    sends[1]?.answer({ messageId: 'm2', at: message(2).at });
    await settled();
    expect(log.view.outgoing).toEqual([]);
    expect(idsOf(log)).toEqual(['m1', 'm2']);
  });

  test('that failed is tried again under the same id, or forgotten', async () => {
    const { log, sends } = callWith([]);
    void log.send('hello');
    sends[0]?.refuse(new CodedError('rate-limited'));
    await settled();
    const [failed] = log.view.outgoing;
    expect(failed?.state).toMatchObject({ kind: 'failed', error: { code: 'rate-limited' } });
    const id = failed?.clientMessageId ?? '';
    void log.retry(id);
    void log.retry(id);
    expect(sends.map((sent) => sent.id)).toEqual([id, id]);
    log.discard(id);
    expect(log.view.outgoing).toHaveLength(1);
    sends[1]?.refuse(new CodedError('forbidden'));
    await settled();
    log.discard(id);
    expect(log.view.outgoing).toEqual([]);
  });
});

test('two lists become one in the gateway’s order, and nothing new leaves the list as it is', () => {
  const known = [message(1), message(3)];
  expect(merged(known, [message(3), message(2)]).map(({ messageId }) => messageId)).toEqual([
    'm1',
    'm2',
    'm3',
  ]);
  expect(merged(known, [message(1)])).toBe(known);
});
