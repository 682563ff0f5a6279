import { expect, test } from '@jest/globals';
import { feedEventSchema } from '@crossfade/shared/media-events';
import { createAsyncApi } from './asyncapi.ts';

interface AsyncApi {
  channels: { feed: { address: string; messages: Record<string, { $ref: string }> } };
  operations: Record<string, { action: string; messages: { $ref: string }[]; reply?: object }>;
  components: {
    messages: Record<string, { name: string; summary: string }>;
    schemas: Record<string, { required?: string[] }>;
  };
}

const document = createAsyncApi({ version: '1.2.3' }) as AsyncApi;
const text = JSON.stringify(document);
const events = feedEventSchema.options.map(({ shape }) => shape.type.value);

test('is the same every time', () => {
  expect(JSON.stringify(createAsyncApi({ version: '1.2.3' }))).toBe(text);
});

test('has every event, both requests with their answers, the load of the server, and its errors', () => {
  const names = Object.values(document.components.messages).map(({ name }) => name);
  const requests = ['join-room', 'join-room answer', 'leave-room', 'leave-room answer'];
  expect(names.sort()).toEqual([...events, ...requests, 'node-load', 'error'].sort());
  expect(Object.keys(document.channels.feed.messages).sort()).toEqual(
    Object.keys(document.components.messages).sort(),
  );
});

test('the server sends events, and receives requests that it answers', () => {
  const { joinRoom, leaveRoom, ...sent } = document.operations;
  expect([joinRoom, leaveRoom]).toMatchObject([
    { action: 'receive', reply: {} },
    { action: 'receive', reply: {} },
  ]);
  expect(Object.keys(sent)).toHaveLength(events.length + 2);
  for (const operation of Object.values(sent)) expect(operation.action).toBe('send');
});

test('every event says in words what it is, and carries the envelope', () => {
  for (const [id, { name, summary }] of Object.entries(document.components.messages)) {
    expect([name, summary]).toEqual([name, expect.stringMatching(/^[A-Z].*\.$/)]);
    if (!events.some((event) => event === name)) continue;
    expect(document.components.schemas[id]?.required).toEqual(
      expect.arrayContaining(['type', 'roomId', 'epoch', 'bootId', 'seq', 'at']),
    );
  }
});

test('every reference leads somewhere', () => {
  const at = (pointer: string) =>
    pointer
      .slice(2)
      .split('/')
      .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference = '']) => reference);
  expect([...new Set(references)].filter((reference) => at(reference) === undefined)).toEqual([]);
});
