/** What is beside the pictures: chat, captions, push-to-talk and what is told of the connection, between two people. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { freePort } from '../integration/gateway/free-port.ts';
import { startTranscribingLink, type TranscribingLink } from '../integration/gateway/transcribing-link.ts';
import { launchChromium } from './chromium.ts';
import { Person } from './person.ts';
import { startProduct, type Product } from './product.ts';
import { hears } from './received.ts';
import { until } from './until.ts';
import { watchSignalling, type SignallingWire } from './signalling-wire.ts';

const SCREENSHOTS = path.resolve(import.meta.dirname, '../../artifacts/screenshots');
const DESKTOP = { width: 1_100, height: 760 };
const PHONE = { width: 360, height: 740 };

jest.setTimeout(180_000);

let link: TranscribingLink;
let product: Product;
let browser: Browser;
let people: Person[] = [];

beforeAll(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  const port = await freePort();
  link = await startTranscribingLink(`http://127.0.0.1:${String(port)}`);
  product = await startProduct({
    mediaServer: { PORT: String(port) },
    gateway: { MEDIA_SERVER_URLS: link.url, P2P_MAX_PARTICIPANTS: '1', SWITCH_TIMEOUT_MS: '20000' },
  });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await product.stop();
  await link.close();
});
afterEach(async () => {
  const problems = people.flatMap((person) => person.problems);
  await Promise.all(people.map((person) => person.close()));
  people = [];
  expect(problems).toEqual([]);
});

async function open(name: string, prepare?: (page: Person['page']) => Promise<void>): Promise<Person> {
  const person = await Person.open(browser, product.url, name, prepare);
  people.push(person);
  return person;
}

/** As it looks on a large screen and on a phone. */
async function screenshots({ page }: Person, name: string): Promise<void> {
  const usual = page.viewportSize();
  for (const [kind, size] of [
    ['desktop', DESKTOP],
    ['phone', PHONE],
  ] as const) {
    await page.setViewportSize(size);
    // The tiles glide to their new places.
    await page.waitForTimeout(500);
    await page.screenshot({ path: path.join(SCREENSHOTS, `${name}-${kind}.png`) });
  }
  if (usual) await page.setViewportSize(usual);
}

const button = ({ page }: Person, name: string) => page.getByRole('button', { name, exact: true });
const messages = ({ page }: Person) => page.getByRole('log', { name: 'Messages' });
const focused = ({ page }: Person) =>
  page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? null);

test('two people write to each other, read what is said, and see how they are connected', async () => {
  const callId = 'panels';
  const wires: SignallingWire[] = [];
  const ann = await open('Ann', async (page) => {
    wires.push(await watchSignalling(page));
  });
  const [wire] = wires as [SignallingWire];
  const ben = await open('Ben');
  await ann.join(callId);
  await ann.settled('p2p', 0);
  await ann.page.getByTestId('mode-badge').getByText('Just you').waitFor();
  await ben.join(callId);
  await Promise.all([ann.settled('sfu', 1), ben.settled('sfu', 1)]);
  await ann.page.getByTestId('mode-badge').getByText('Media server').waitFor();

  // The focus goes into the chat and comes back.
  await button(ann, 'Chat').click();
  await ann.page.getByRole('textbox', { name: 'Message' }).waitFor();
  expect(await focused(ann)).toBe('Message');
  await ann.page.keyboard.press('Escape');
  await ann.page.getByRole('textbox', { name: 'Message' }).waitFor({ state: 'detached' });
  expect(await focused(ann)).toBe('Chat');
  await ann.page.keyboard.press('c');
  await ann.page.keyboard.type('Look: https://example.org/agenda?day=1.');
  await ann.page.keyboard.press('Enter');

  await ben.page.getByText('1 unread message').waitFor();
  await ben.page.keyboard.press('c');
  const address = messages(ben).getByRole('link');
  await address.waitFor();
  expect(await address.evaluate((a: HTMLAnchorElement) => [a.href, a.rel, a.target])).toEqual([
    'https://example.org/agenda?day=1',
    'noopener noreferrer',
    '_blank',
  ]);
  expect(await ben.page.getByText('1 unread message').count()).toBe(0);
  await ben.page.keyboard.type('Thank you.');
  await ben.page.keyboard.press('Shift+Enter');
  await ben.page.keyboard.type('Two lines.');
  await ben.page.keyboard.press('Enter');
  await messages(ann).getByText('Thank you.\nTwo lines.').waitFor();
  expect(await messages(ann).getByText('Thank you.').count()).toBe(1);
  await screenshots(ann, 'chat');

  // What cannot be sent says so; what was said meanwhile is there afterwards.
  wire.cut();
  await ann.statusIs('reconnecting');
  await ann.page.getByRole('textbox', { name: 'Message' }).fill('Still here');
  await ann.page.keyboard.press('Enter');
  await ben.page.getByRole('textbox', { name: 'Message' }).fill('Where are you?');
  await ben.page.keyboard.press('Enter');
  await messages(ann).getByText('Not sent. The service could not be reached.').waitFor();
  await screenshots(ann, 'chat-not-sent');
  wire.restore();
  await ann.statusIs('joined');
  await messages(ann).getByText('Where are you?').waitFor();
  await messages(ann).getByRole('button', { name: 'Send again' }).click();
  await messages(ben).getByText('Still here').waitFor();
  await messages(ann).getByText('Not sent').waitFor({ state: 'detached' });
  expect(await messages(ann).getByText('Still here').count()).toBe(1);

  // Captions come as they are guessed, and stay as they were meant.
  await ann.page.keyboard.press('Escape');
  await button(ann, 'Captions').click();
  await ann.page.getByText('No captions so far.').waitFor();
  const { remotes } = await ann.settled('sfu', 1);
  const participantId = remotes[0]?.participantId ?? '';
  const piece = { participantId, startMs: 0, endMs: 900, language: 'en' };
  const captions = ann.page.getByRole('region', { name: 'Captions' });
  link.say(callId, { ...piece, text: 'can every one', final: false });
  await captions.getByText('can every one').waitFor();
  link.say(callId, { ...piece, text: 'Can everyone read this?', final: true });
  // Beside the line itself there is what a screen reader is told.
  await captions.getByText('Can everyone read this?').first().waitFor();
  await captions.getByText('can every one').waitFor({ state: 'detached' });
  link.say(callId, { ...piece, startMs: 2_000, text: 'if so we', final: false });
  await captions.getByText('if so we').waitFor();
  await captions.getByText('Ben', { exact: true }).first().waitFor();
  await screenshots(ann, 'captions');
  await button(ann, 'Captions').click();

  await ann.page.getByTestId('mode-badge').click();
  const panel = ann.page.getByRole('complementary', { name: 'Connection' });
  await panel.getByText(/\d+ × \d+, \d+ fps/).waitFor();
  await panel.getByText(/VP8|VP9|AV1|H264/).waitFor();
  await panel.getByText(/\d+ kbit\/s/).waitFor();
  await panel.getByText('2 people in the call: too many to connect everyone directly.').waitFor();
  await panel.getByText('What it was based on').first().click();
  await panel.getByText('participants', { exact: true }).first().waitFor();
  await screenshots(ann, 'connection');
  await ann.page.keyboard.press('Escape');
  await panel.waitFor({ state: 'detached' });

  // What was written is still there after a reload.
  await ben.page.reload();
  await ben.join();
  await Promise.all([ann.settled('sfu', 1), ben.settled('sfu', 1)]);
  await ben.page.keyboard.press('c');
  await messages(ben).getByText('Still here').waitFor();
  expect(await messages(ben).getByText('Where are you?').count()).toBe(1);
  // Nothing of that is news.
  expect(await ben.page.getByText(/unread message/).count()).toBe(0);
});

test('push-to-talk: who holds the space bar or the button is heard, one at a time', async () => {
  const callId = 'radio';
  const ann = await open('Ann');
  const ben = await open('Ben');
  await ann.fillIn(callId);
  await ann.page.getByLabel('Push-to-talk: one speaks at a time').check();
  await ann.join(callId);
  await ann.page.getByTestId('talk').waitFor();
  await ben.join(callId);
  const [atAnn, atBen] = await Promise.all([ann.settled('sfu', 1), ben.settled('sfu', 1)]);
  const [benId, annId] = [atAnn, atBen].map(({ remotes }) => remotes[0]?.participantId ?? '') as [
    string,
    string,
  ];
  const talk = (person: Person, look: string) => person.page.locator(`[data-testid=talk][data-look=${look}]`);
  await talk(ben, 'idle').waitFor();
  expect(await button(ann, 'Microphone').count()).toBe(0);
  expect(await hears(ben, annId)).toBe(false);
  await screenshots(ann, 'talk-idle');

  // A click leaves the focus on a button: the space bar talks all the same.
  await button(ann, 'Copy link').click();
  await ann.page.keyboard.down(' ');
  await talk(ann, 'speaking').waitFor();
  await talk(ben, 'taken').getByText('Ann is speaking').waitFor();
  expect(await hears(ben, annId)).toBe(true);
  await screenshots(ann, 'talk-speaking');

  // Who asks meanwhile waits, and is next.
  await talk(ben, 'taken').hover();
  await ben.page.mouse.down();
  await talk(ben, 'waiting').getByText('You are next').waitFor();
  await screenshots(ben, 'talk-waiting');
  await ann.page.keyboard.up(' ');
  await talk(ben, 'speaking').waitFor();
  await talk(ann, 'taken').getByText('Ben is speaking').waitFor();
  expect(await hears(ann, benId)).toBe(true);
  await ben.page.mouse.up();
  await talk(ann, 'idle').waitFor();
  await until<true>('Ben is heard no longer', 20_000, async () =>
    (await hears(ann, benId)) ? { pending: 'heard' } : { done: true },
  );

  // In the chat, the space bar writes.
  await ann.page.keyboard.press('c');
  await ann.page.getByRole('textbox', { name: 'Message' }).waitFor();
  await ann.page.keyboard.type('a b');
  expect(await ann.page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('a b');
  await ann.page.keyboard.press('Escape');

  // Who turns to something else is heard no longer.
  await ann.page.keyboard.down(' ');
  await talk(ann, 'speaking').waitFor();
  await ann.page.evaluate(() => window.dispatchEvent(new FocusEvent('blur')));
  await talk(ann, 'idle').waitFor();
  await talk(ben, 'idle').waitFor();
  await ann.page.keyboard.up(' ');
});
