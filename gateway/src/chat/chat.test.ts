import { beforeEach, describe, expect, test } from '@jest/globals';
import { CodedError } from '@crossfade/shared/errors';
import type { ChatMessage } from '@crossfade/shared/chat';
import { clientRequests } from '@crossfade/shared/signalling';
import fc from 'fast-check';
import type { RecordEntry } from '../calls/events.ts';
import type { CallState } from '../calls/state.ts';
import type { Caller } from '../signalling/caller.ts';
import type { StoredMessage } from '../store/records.ts';
import { Chat } from './chat.ts';
import { isBefore, newestFirst, pageOf } from './page.ts';
import { KEPT_MESSAGES, MemoryRecentChat, type RecentChat, type RecentMessages } from './recent.ts';

/** A database in memory that can be taken away, and knows what the outbox has written. */
class Database {
  messages: StoredMessage[] = [];
  away = false;

  chat = (_recordId: string, limit: number, before: { at: Date; id: string } | null) =>
    this.#answer(() =>
      this.messages
        .filter((message) => isBefore(message, before))
        .sort(newestFirst)
        .slice(0, limit),
    );
  chatMessage = (messageId: string) =>
    this.#answer(() => this.messages.find((message) => message.messageId === messageId) ?? null);

  #answer<T>(read: () => T): Promise<T> {
    return this.away ? Promise.reject(new CodedError('records-unavailable')) : Promise.resolve(read());
  }
}

/** As if it were somewhere that can lose it. */
class LosingChat extends MemoryRecentChat {
  #marks = new Map<string, 'all' | 'latest'>();
  #lost = false;

  lose(): void {
    this.forget('record');
    this.#marks.clear();
    this.#lost = true;
  }

  override add(recordId: string, message: StoredMessage, extent: 'all' | 'latest' = 'all') {
    if (!this.#marks.has(recordId)) this.#marks.set(recordId, extent);
    return super.add(recordId, message);
  }

  override async list(recordId: string): Promise<RecentMessages> {
    const { messages, extent } = await super.list(recordId);
    return { messages, extent: this.#marks.get(recordId) ?? (this.#lost ? 'unknown' : extent) };
  }
}

let database: Database;
let told: ChatMessage[];
let recorded: RecordEntry[];
let now: number;
let chat: Chat;

function create(recent: RecentChat = new MemoryRecentChat()): Chat {
  const member = (id: string) => ({ participantId: id, userId: `user-${id}`, displayName: id });
  const state = { callId: 'call', recordId: 'record', members: [member('ann'), member('ben')] };
  return new Chat({
    calls: { state: () => Promise.resolve(state as unknown as CallState) },
    courier: { broadcast: (_callId, _except, { payload }) => void told.push(payload as ChatMessage) },
    recent,
    records: database,
    record: (entry) => {
      recorded.push(entry);
      if (entry.type === 'chat-sent' && !database.away) database.messages.push(entry);
    },
    now: () => now,
  });
}

function caller(participantId: string, grants: Partial<Caller['claims']['grants']> = {}): Caller {
  return {
    claims: { grants: { publish: true, subscribe: true, moderate: false, ...grants } } as Caller['claims'],
    joined: new Map([['call', participantId]]),
  };
}

beforeEach(() => {
  database = new Database();
  told = [];
  recorded = [];
  now = 1_000;
  chat = create();
});

const send = (by: Caller, text: string, clientMessageId: string, through = chat) =>
  through.handlers()['chat:send'](by, { callId: 'call', text, clientMessageId });
const history = (limit = 50, cursor?: string) =>
  chat.handlers()['chat:history'](caller('ben'), { callId: 'call', limit, ...(cursor && { cursor }) });

/** Many messages, slowly enough. */
async function sendMany(count: number, from = 0) {
  for (let n = from; n < from + count; n += 1) {
    now += 1_000;
    await send(caller('ann'), `text ${n}`, `m${n}`);
  }
}

describe('sending', () => {
  test('tells everyone once and records once, however often it is sent, through whichever gateway', async () => {
    const recent = new MemoryRecentChat();
    const gateways = [create(recent), create(recent)];
    const answers = [];
    for (const gateway of gateways) answers.push(await send(caller('ann'), 'hello', '1', gateway));
    answers.push(...(await Promise.all(gateways.map((each) => send(caller('ann'), 'hello', '1', each)))));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(told).toEqual([
      {
        callId: 'call',
        participantId: 'ann',
        userId: 'user-ann',
        displayName: 'ann',
        text: 'hello',
        messageId: answers[0]?.messageId,
        at: new Date(1_000).toISOString(),
      },
    ]);
    expect(recorded).toHaveLength(1);
    // The same id of another participant is another message.
    await send(caller('ben'), 'hello', '1', gateways[0]);
    expect(told).toHaveLength(2);
  });

  test('one that is sent again after many others is found in the records', async () => {
    const first = await send(caller('ann'), 'the first', 'first');
    await sendMany(KEPT_MESSAGES + 10);
    expect(await send(caller('ann'), 'the first', 'first')).toEqual(first);
    expect(told).toHaveLength(KEPT_MESSAGES + 11);
  });

  test('one that is sent again after the recent ones were lost is found in the records, and so is the history', async () => {
    const recent = new LosingChat();
    chat = create(recent);
    const first = await send(caller('ann'), 'the first', 'first');
    recent.lose();
    expect((await history()).messages.map(({ text }) => text)).toEqual(['the first']);
    expect(await send(caller('ann'), 'the first', 'first')).toEqual(first);
    now += 1_000;
    await send(caller('ben'), 'the second', 'second');
    expect(told).toHaveLength(2);
    expect((await history()).messages.map(({ text }) => text)).toEqual(['the first', 'the second']);
  });

  test('messages of the same moment keep their order', async () => {
    for (let n = 0; n < 10; n += 1) await send(caller('ann'), `${n}`, `${n}`);
    const { messages } = await history();
    expect(messages.map(({ text }) => text).join('')).toBe('0123456789');
  });

  test('needs the grant to publish, or to chat', async () => {
    const code = (grants: Partial<Caller['claims']['grants']>) =>
      send(caller('ann', grants), 'x', 'x').then(
        () => 'ok',
        (error: unknown) => (error as CodedError).code,
      );
    expect(await code({ publish: false })).toBe('forbidden');
    expect(await code({ publish: false, chat: true })).toBe('ok');
    expect(await code({ chat: false })).toBe('forbidden');
  });

  test('only of those who are in the call', async () => {
    await expect(send(caller('gone'), 'x', 'x')).rejects.toMatchObject({ code: 'not-joined' });
    const outsider = { ...caller('ann'), joined: new Map<string, string>() };
    await expect(send(outsider, 'x', 'x')).rejects.toMatchObject({ code: 'not-joined' });
  });

  test('not without end', async () => {
    const ann = caller('ann');
    for (let n = 0; n < 20; n += 1) await send(ann, 'x', `${n}`);
    await expect(send(ann, 'x', '20')).rejects.toMatchObject({ code: 'rate-limited' });
    await send(caller('ben'), 'x', '20');
    now += 500;
    await send(ann, 'x', '20');
    await expect(send(ann, 'x', '21')).rejects.toMatchObject({ code: 'rate-limited' });
  });
});

describe('history', () => {
  async function readAll(limit: number): Promise<string[]> {
    const texts: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await history(limit, cursor);
      texts.unshift(...page.messages.map(({ text }) => text));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return texts;
  }
  const texts = (count: number) => Array.from({ length: count }, (_, n) => `text ${n}`);

  test('has everything once, of the recent and of the recorded ones', async () => {
    await sendMany(KEPT_MESSAGES + 30);
    expect(await readAll(7)).toEqual(texts(KEPT_MESSAGES + 30));
    expect((await history(3)).messages.map(({ text }) => text)).toEqual(texts(KEPT_MESSAGES + 30).slice(-3));
  });

  test('is there while the database is away', async () => {
    database.away = true;
    await sendMany(5);
    expect(await readAll(2)).toEqual(texts(5));
  });

  test('of a long call, the recent ones are there while the database is away, the older ones when it is back', async () => {
    await sendMany(KEPT_MESSAGES + 1);
    database.away = true;
    const page = await history(200);
    expect(page.messages).toHaveLength(KEPT_MESSAGES);
    const older = history(200, page.nextCursor ?? '');
    await expect(older).rejects.toMatchObject({ code: 'records-unavailable' });
    database.away = false;
    const { messages, nextCursor } = await history(200, page.nextCursor ?? '');
    expect(messages.map(({ text }) => text)).toEqual(['text 0']);
    expect(nextCursor).toBeNull();
  });

  test('refuses a cursor that is none', async () => {
    await expect(history(1, 'zzz')).rejects.toMatchObject({ code: 'validation-failed' });
  });
});

test('pages have every message once and in order, wherever each is kept', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(
        fc.record({ at: fc.integer({ min: 0, max: 20 }), id: fc.integer({ min: 0, max: 999 }) }),
        { selector: ({ id }) => id, maxLength: 40 },
      ),
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 1, max: 10 }),
      (drawn, keptFrom, writtenUntil, limit) => {
        const all = drawn
          .map(({ at, id }): StoredMessage => ({
            messageId: String(id).padStart(3, '0'),
            participantId: 'p',
            userId: 'u',
            displayName: 'n',
            text: '',
            at,
          }))
          .sort((a, b) => -newestFirst(a, b));
        // Everything is in one of the two, or in both.
        const from = Math.min(keptFrom, writtenUntil);
        const recent = all.slice(from);
        const written = all.slice(0, Math.max(from, writtenUntil));
        const seen: StoredMessage[] = [];
        let place: ReturnType<typeof pageOf>['next'] = null;
        do {
          const before = place;
          const recorded = written
            .filter((message) => isBefore(message, before))
            .sort(newestFirst)
            .slice(0, limit + 1);
          const page = pageOf(recent, recorded, before, limit);
          expect(page.messages.length).toBeLessThanOrEqual(limit);
          seen.unshift(...page.messages);
          place = page.next;
        } while (place);
        expect(seen).toEqual(all);
      },
    ),
  );
});

test.each([
  ['too long', { text: 'x'.repeat(4_001) }],
  ['nothing but invisible characters', { text: '\u200B\u202E \n\u0000\u{E0020}' }],
  ['empty', { text: '' }],
  ['no id', { clientMessageId: '' }],
  ['an id with a line break', { clientMessageId: 'a\nb' }],
])('a message that is refused: %s', (_what, wrong) => {
  const message = { callId: 'call', text: 'x'.repeat(4_000), clientMessageId: '1' };
  const { request } = clientRequests['chat:send'];
  expect(request.safeParse(message).success).toBe(true);
  expect(request.safeParse({ ...message, ...wrong }).success).toBe(false);
});
