import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { CodedError } from '@crossfade/shared/errors';
import { Chat, type ChatMessage } from './chat.ts';
import type { Request } from './signalling.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function chatThat(answers: (CodedError | object)[]) {
  const asked: { name: string; payload: { clientMessageId?: string } }[] = [];
  const request = ((name: string, payload: object) => {
    asked.push({ name, payload });
    const answer = answers.shift();
    return answer instanceof CodedError ? Promise.reject(answer) : Promise.resolve(answer);
  }) as unknown as Request;
  return { chat: new Chat('call', request), asked };
}

const answer = { messageId: 'm', at: '2026-01-01T00:00:00.000Z' };

test('sends again under the same id until it is taken', async () => {
  const { chat, asked } = chatThat([new CodedError('timeout'), new CodedError('rate-limited'), answer]);
  const sent = chat.send('hello');
  await jest.advanceTimersByTimeAsync(5_000);
  expect(await sent).toEqual(answer);
  expect(asked).toHaveLength(3);
  expect(new Set(asked.map(({ payload }) => payload.clientMessageId)).size).toBe(1);
  expect(asked[0]?.payload.clientMessageId).toMatch(/^[0-9a-f]{32}$/);
});

test('does not insist on what is refused, nor without end', async () => {
  const refused = chatThat([new CodedError('forbidden')]);
  await expect(refused.chat.send('x')).rejects.toMatchObject({ code: 'forbidden' });
  expect(refused.asked).toHaveLength(1);
  const gone = chatThat(Array.from({ length: 9 }, () => new CodedError('timeout')));
  const sent = gone.chat.send('x').catch((error: unknown) => error);
  await jest.advanceTimersByTimeAsync(60_000);
  expect(await sent).toMatchObject({ code: 'timeout' });
  expect(gone.asked).toHaveLength(4);
});

test('tells each message once, and nobody who no longer listens', () => {
  const { chat } = chatThat([]);
  const heard: string[] = [];
  const stop = chat.subscribe(({ messageId }) => heard.push(messageId));
  const message = (messageId: string) => ({ messageId }) as ChatMessage;
  for (const id of ['a', 'a', 'b']) chat.received(message(id));
  stop();
  chat.received(message('c'));
  expect(heard).toEqual(['a', 'b']);
});

test('sends a message again under the id it had', async () => {
  const { chat, asked } = chatThat([answer]);
  await chat.send('hello', 'mine-1');
  expect(asked[0]?.payload.clientMessageId).toBe('mine-1');
});
