/** Every state of the web app's pages, in dark and light, on a desk and on a phone: pictures of all, and nothing wrong in any. */
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { signUserToken } from '@crossfade/service/tokens';
import type { Browser, Page } from 'playwright-core';
import { freePort } from '../integration/gateway/free-port.ts';
import { startTranscribingLink, type TranscribingLink } from '../integration/gateway/transcribing-link.ts';
import { launchChromium } from './chromium.ts';
import { giveDrawnCamera, LOOKS } from './drawn-camera.ts';
import { lookAt } from './page-look.ts';
import { Person } from './person.ts';
import { startProduct, type Product } from './product.ts';
import { mediaArrives } from './received.ts';
import { watchSignalling, type SignallingWire } from './signalling-wire.ts';

const PHONE = { width: 360, height: 640 };
const secret = randomBytes(32).toString('hex');

jest.setTimeout(300_000);

let link: TranscribingLink;
let product: Product;
let browser: Browser;
let people: Person[] = [];
/** What is wrong with how the pages look. */
let wrong: string[] = [];

beforeAll(async () => {
  const port = await freePort();
  link = await startTranscribingLink(`http://127.0.0.1:${String(port)}`);
  product = await startProduct({
    mediaServer: { PORT: String(port) },
    gateway: {
      MEDIA_SERVER_URLS: link.url,
      USER_JWT_SECRET: secret,
      MAX_PARTICIPANTS: '3',
      SWITCH_TIMEOUT_MS: '20000',
      // Captions come from a media server: two stay on it.
      BACK_TO_P2P_DELAY_MS: '120000',
    },
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
  const found = wrong;
  wrong = [];
  expect(problems).toEqual([]);
  expect(found).toEqual([]);
});

async function open(
  name: keyof typeof LOOKS,
  address = '/',
  prepare?: (page: Page) => Promise<void>,
): Promise<Person> {
  const shown = name.charAt(0).toUpperCase() + name.slice(1);
  const person = await Person.open(browser, `${product.url}${address}`, shown, async (page) => {
    await giveDrawnCamera(page, LOOKS[name]);
    await prepare?.(page);
  });
  people.push(person);
  return person;
}

async function look({ page }: Person, state: string): Promise<void> {
  wrong.push(...(await lookAt(page, state)));
}

/** This person's token says that they may moderate. */
async function mayModerate(page: Page): Promise<void> {
  const claims = { sub: 'moderator', name: 'Ann', grants: { moderate: true } };
  const token = signUserToken({ secret, issuer: 'crossfade' }, claims, 600);
  await page.route('**/api/tokens', (route) => route.fulfill({ json: { token, userId: 'moderator' } }));
}

/** Camera and microphone are refused, or not there, as a browser says it; or the question is never answered. */
const devicesAre = (answer: 'NotAllowedError' | 'NotFoundError' | 'asked') => async (page: Page) => {
  await page.addInitScript((name) => {
    navigator.mediaDevices.getUserMedia = () =>
      name === 'asked' ? new Promise(() => undefined) : Promise.reject(new DOMException('', name));
    navigator.mediaDevices.enumerateDevices = () => Promise.resolve([]);
  }, answer);
};

const button = ({ page }: Person, name: string) => page.getByRole('button', { name, exact: true });
const focused = ({ page }: Person) =>
  page.evaluate(() => {
    const element = document.activeElement;
    return element?.ariaLabel ?? element?.id ?? null;
  });

test('the app is small: 200 KB of JavaScript in all, compressed', async () => {
  const assets = path.resolve(import.meta.dirname, '../../web/dist/assets');
  const scripts = (await readdir(assets)).filter((name) => name.endsWith('.js'));
  const sizes = await Promise.all(
    scripts.map(async (name) => gzipSync(await readFile(path.join(assets, name)), { level: 9 }).length),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  process.stdout.write(`The JavaScript of the app is ${String(total)} bytes, compressed.\n`);
  expect(scripts.length).toBeGreaterThan(1);
  expect(total).toBeLessThanOrEqual(200_000);
});

test('before a call: the join page, and what may keep one from joining', async () => {
  const ann = await open('ann');
  const { page } = ann;
  await page.locator('video').waitFor();
  await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
  const paint = await page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
  );
  process.stdout.write(`The join page is first painted after ${String(Math.round(paint ?? NaN))} ms.\n`);
  expect(paint).toBeLessThan(5_000);
  await look(ann, 'join');

  // The other scheme, by a button; it is still there after a reload, and can be taken back.
  await page.emulateMedia({ colorScheme: 'light' });
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  // What the browser paints its own bars with: the first that applies.
  const bars = () =>
    page.evaluate(
      () =>
        [...document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')].find(
          ({ media }) => window.matchMedia(media).matches,
        )?.dataset['of'],
    );
  const light = await background();
  expect(await bars()).toBe('light');
  await button(ann, 'Dark colours').click();
  expect(await bars()).toBe('dark');
  const dark = await background();
  expect(dark).not.toBe(light);
  await page.reload();
  expect(await button(ann, 'Dark colours').getAttribute('aria-pressed')).toBe('true');
  expect(await background()).toBe(dark);
  expect(await bars()).toBe('dark');
  await button(ann, 'Dark colours').click();
  expect(await background()).toBe(light);
  expect(await bars()).toBe('light');
  expect(await page.evaluate(() => localStorage.getItem('crossfade.scheme'))).toBeNull();

  // By keyboard, from the first thing to the last, and always visibly.
  const passed: string[] = [];
  await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
  await page.reload();
  await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
  for (let key = 0; key < 9; key += 1) {
    await page.keyboard.press('Tab');
    const [name, outline] = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      const label =
        element.ariaLabel ?? (element as HTMLInputElement).labels?.[0]?.innerText ?? element.innerText;
      return [label.trim(), getComputedStyle(element).outlineStyle] as const;
    });
    expect([name, outline]).toEqual([name, 'solid']);
    passed.push(name);
  }
  expect(passed).toEqual([
    'Dark colours',
    'Microphone',
    'Camera',
    'Microphone',
    'Camera',
    'Your name',
    'Call',
    'Push-to-talk: one speaks at a time',
    'Join',
  ]);
  await page.getByLabel('Call', { exact: true }).fill('?');
  await page.keyboard.press('Enter');
  await page.getByText('Tell the others who you are.').waitFor();
  await look(ann, 'join-with-errors');

  // The service is out of reach.
  await page.route('**/api/tokens', (route) => route.abort());
  await ann.fillIn('out-of-reach');
  await button(ann, 'Join').click();
  await page.getByText('We cannot reach the service. Check your connection and try again.').waitFor();
  await look(ann, 'join-out-of-reach');
  ann.problems.splice(0);

  for (const [state, prepare, text] of [
    ['join-asked', devicesAre('asked'), 'Your browser asks for your camera and microphone.'],
    ['join-refused', devicesAre('NotAllowedError'), 'Allow them next to the address bar, then try again.'],
    ['join-no-devices', devicesAre('NotFoundError'), 'No camera and no microphone were found.'],
  ] as const) {
    const ben = await open('ben', '/call/weekly', prepare);
    await ben.page.getByText(text).waitFor();
    await look(ben, state);
    await ben.close();
  }

  await page.goto(`${product.url}/call/Weekly%20call%3F`);
  await page.getByText('Ask for a new link.').waitFor();
  await look(ann, 'damaged-link');
  await page.goto(`${product.url}/no/such/page`);
  await page.getByText('There is no such page').waitFor();
  await look(ann, 'no-such-page');
  ann.problems.splice(0);
});

test('in a call: alone, two, three, and everything that can be opened; and how it ends', async () => {
  const callId = 'weekly';
  const wires: SignallingWire[] = [];
  const ann = await open('ann', `/call/${callId}`, async (page) => {
    await mayModerate(page);
    wires.push(await watchSignalling(page));
  });
  const [wire] = wires as [SignallingWire];
  await ann.join();
  await ann.settled('p2p', 0);
  await look(ann, 'call-alone');

  const ben = await open('ben', `/call/${callId}`);
  await ben.join();
  await Promise.all([ann.settled('p2p', 1), ben.settled('p2p', 1)]);
  await mediaArrives(ann, 'p2p', 1);
  await look(ann, 'call-two');

  await ann.page.getByTestId('mode-badge').click();
  await ann.page
    .getByText(/\d+ kbit\/s/)
    .first()
    .waitFor();
  await look(ann, 'connection');
  await ann.page.keyboard.press('Escape');
  await ann.page.setViewportSize({ width: 1_280, height: 800 });
  const devices = ann.page.getByRole('dialog', { name: 'Devices' });
  await button(ann, 'Devices').focus();
  await ann.page.keyboard.press('Enter');
  await devices.waitFor();
  await ann.page.keyboard.press('Escape');
  await devices.waitFor({ state: 'hidden' });
  expect(await focused(ann)).toBe('Devices');
  await ann.page.keyboard.press('Enter');
  await devices.waitFor();
  await look(ann, 'devices');
  await ann.page.keyboard.press('Escape');

  wire.cut();
  await ann.statusIs('reconnecting');
  await look(ann, 'network-lost');
  wire.restore();
  await ann.statusIs('joined');

  const cleo = await open('cleo', `/call/${callId}`);
  await cleo.join();
  await Promise.all([ann, ben, cleo].map((person) => person.settled('sfu', 2, 90_000)));
  await mediaArrives(ann, 'sfu', 2);
  await look(ann, 'call-three');

  // Who would be the fourth.
  const late = await open('ben', `/call/${callId}`);
  await late.join();
  await late.page.getByText('This call is full. Try again when someone has left.').waitFor();
  await look(late, 'call-full');
  late.problems.splice(0);
  await late.close();

  await ann.page.keyboard.press('g');
  await button(ann, 'Speaker view').and(ann.page.locator('[aria-pressed=true]')).waitFor();
  await look(ann, 'speaker-view');
  await ann.page.keyboard.press('g');

  await ann.page.keyboard.press('c');
  await ann.page.keyboard.type('Hello both! The agenda: https://example.org/agenda');
  await ann.page.keyboard.press('Enter');
  await ben.page.keyboard.press('c');
  await ben.page.keyboard.type('Thank you. Shall we start with the budget?');
  await ben.page.keyboard.press('Enter');
  await ann.page.getByRole('log').getByText('Shall we start').waitFor();
  await look(ann, 'chat');
  await ann.page.keyboard.press('Escape');

  await ann.page.evaluate(async () => {
    const call = window.crossfade?.call;
    const cleo = call?.snapshot.remotes.find(({ displayName }) => displayName === 'Cleo');
    await call?.moderate.remove(cleo?.participantId ?? '', 'This meeting is for the board');
  });
  await cleo.page.getByText('“This meeting is for the board”').waitFor();
  await look(cleo, 'removed');
  await button(cleo, 'Rejoin').waitFor({ state: 'detached' });
  await cleo.close();

  // On a phone the buttons that have no room are in a menu.
  await ann.page.setViewportSize(PHONE);
  await button(ann, 'More').click();
  await ann.page.getByRole('dialog', { name: 'More' }).waitFor();
  await look(ann, 'more-menu');
  await ann.page.setViewportSize(PHONE);
  await ann.page.getByRole('dialog', { name: 'More' }).getByRole('button', { name: 'Captions' }).click();
  await ann.page.getByText('Nothing has come so far.').waitFor();
  await look(ann, 'captions-none');
  const participantId = (await ann.see())?.remotes.find(({ name }) => name === 'Ben')?.participantId ?? '';
  const said = { participantId, startMs: 0, endMs: 900, language: 'en', final: true };
  link.say(callId, { ...said, text: 'Before we start: can everyone read what I am saying here?' });
  await ann.page.getByRole('region', { name: 'Captions' }).getByText('can everyone read').first().waitFor();
  await look(ann, 'captions');

  // On a window as narrow as his the chat is over everything.
  await ben.page.keyboard.press('Escape');
  await ben.hangUp();
  await ben.page.getByText('You left the call').waitFor();
  await look(ben, 'left');
  await ann.page.evaluate(() => window.crossfade?.call.moderate.end());
  await ann.page.getByText('The call is over').waitFor();
  await look(ann, 'ended');
});

test('push-to-talk, and a call without camera and microphone', async () => {
  const ann = await open('ann', '/', devicesAre('NotAllowedError'));
  await ann.fillIn('radio');
  await ann.page.getByLabel('Push-to-talk: one speaks at a time').check();
  await ann.join('radio');
  await ann.page.getByTestId('talk').waitFor();
  await ann.page.keyboard.press('v');
  await ann.page.getByText('Allow it next to the address bar').first().waitFor();
  await look(ann, 'push-to-talk-listening');
  const ben = await open('ben', '/call/radio');
  await ben.join();
  await Promise.all([ann.settled('sfu', 1), ben.settled('sfu', 1)]);
  await ben.page.keyboard.down(' ');
  await ben.page.locator('[data-testid=talk][data-look=speaking]').waitFor();
  await ann.page.locator('[data-testid=talk][data-look=taken]').waitFor();
  await look(ann, 'push-to-talk-heard');
  await look(ben, 'push-to-talk-speaking');
});
