import { expect, test } from '@jest/globals';
import { pttEvents, pttRequestNames } from '@crossfade/shared/ptt';
import { clientRequestNames, serverEvents } from '@crossfade/shared/signalling';
import { createAsyncApi } from './asyncapi.ts';

interface AsyncApi {
  channels: Record<
    'signalling' | 'pushToTalk',
    { address: string; messages: Record<string, { $ref: string }> }
  >;
  operations: Record<string, { action: string; reply?: object }>;
  components: {
    messages: Record<string, { name: string; summary: string }>;
    schemas: Record<string, { properties?: Record<string, { enum?: string[] }> }>;
  };
}

const document = createAsyncApi({ version: '1.2.3' }) as AsyncApi;
const text = JSON.stringify(document);
const messages = Object.values(document.components.messages);
const namesIn = (channel: keyof AsyncApi['channels']) =>
  Object.keys(document.channels[channel].messages)
    .map((id) => document.components.messages[id]?.name ?? '')
    .sort();

test('is the same every time', () => {
  expect(JSON.stringify(createAsyncApi({ version: '1.2.3' }))).toBe(text);
});

test('has every request with its answer, and every event', () => {
  const answers = clientRequestNames.map((name) => `${name} answer`);
  expect(namesIn('signalling')).toEqual(
    [...clientRequestNames, ...answers, ...Object.keys(serverEvents)].sort(),
  );
});

test('has the fifteen types of the plain WebSocket', () => {
  expect(new Set(namesIn('pushToTalk').map((name) => name.replace(' answer', '')))).toEqual(
    new Set([...pttRequestNames, ...Object.keys(pttEvents), 'ping', 'pong']),
  );
  expect([...pttRequestNames, 'ping', 'pong', 'ptt_denied', 'speaker_changed', 'error']).toHaveLength(15);
});

test('a request and an event of one name are told apart: one is received, one is sent', () => {
  const actions = Object.values(document.operations).map(({ action }) => action);
  expect(actions.filter((action) => action === 'receive')).toHaveLength(
    clientRequestNames.length + pttRequestNames.length + 1,
  );
  expect(actions.filter((action) => action === 'send')).toHaveLength(
    Object.keys(serverEvents).length + Object.keys(pttEvents).length,
  );
});

test('every message says in words what it is', () => {
  for (const { name, summary } of messages)
    expect([name, summary]).toEqual([name, expect.stringMatching(/^[A-Z].*\.$/)]);
});

test('has the errors', () => {
  expect(document.components.schemas['AckError']?.properties?.['code']?.enum).toContain('rate-limited');
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
