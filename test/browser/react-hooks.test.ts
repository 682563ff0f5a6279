/** The hooks of the SDK in a real browser and React: who renders when, and what StrictMode does to them. */
import path from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { bundle } from '../bundle.ts';
import { launchChromium } from './chromium.ts';
import type { Outcome, run } from './react-page.ts';

jest.setTimeout(120_000);

let browser: Browser;
let outcome: Outcome;

beforeAll(async () => {
  const { code } = await bundle({
    entry: path.join(import.meta.dirname, 'react-page.ts'),
    as: { format: 'iife', name: 'reactPage' },
    development: true,
  });
  browser = await launchChromium();
  const page = await browser.newPage();
  await page.addScriptTag({ content: code });
  outcome = await page.evaluate(() =>
    (globalThis as unknown as { reactPage: { run: typeof run } }).reactPage.run(),
  );
});
afterAll(() => browser.close());

test('a component renders only when what its hook returns is different', () => {
  const { first, ...later } = outcome.steps;
  // Chat renders a second time when its history is there.
  expect(first).toMatchObject({ call: 1, participants: 1, connection: 1, speaker: 1, floor: 1 });
  expect(later).toEqual({
    nothing: {},
    quality: { call: 1, participants: 1, 'tile ann': 1 },
    speaker: { call: 1, speaker: 1 },
    pending: { call: 1, connection: 1 },
    producer: { call: 1, producers: 1 },
    consumer: { call: 1, consumers: 1 },
    floor: { call: 1, floor: 1 },
    chat: { chat: expect.any(Number) },
    left: { call: 1, participants: 1 },
  });
});

test('they show what the call tells', () => {
  expect(outcome.text).toEqual({
    call: '1',
    participants: '["me","ben"]',
    connection: '{"state":"connecting","epoch":2,"role":"pending"}',
    producers: '["p"]',
    consumers: '["c"]',
    speaker: '"ann"',
    floor: '"speaking"',
    chat: '["complete","before","after"]',
  });
});

test('React has nothing to object to, and nothing listens any more when the components are gone', () => {
  expect(outcome.errors).toEqual([]);
  const [shown, gone] = outcome.subscribers;
  expect(shown).toBeGreaterThan(0);
  expect(gone).toBe(0);
});
