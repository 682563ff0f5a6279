/**
 * A call in other people's pages: the examples of the SDK's README as they are written, on a site of another origin, beside
 * the web app.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type * as callSdk from '@crossfade/client/call';
import type * as mediaSdk from '@crossfade/client/local-media';
import type { Browser, Page } from 'playwright-core';
import { bundle } from '../bundle.ts';
import { packSdk, readmeExamples, type PackedSdk } from '../packed-sdk.ts';
import { launchChromium } from './chromium.ts';
import { Person } from './person.ts';
import { startProduct, type Product } from './product.ts';
import { mediaArrives } from './received.ts';
import { startSite, type Site } from './site.ts';
import { until } from './until.ts';

jest.setTimeout(240_000);

const LIMIT_MS = 40_000;
/** As the README has it. */
const [SITE, GATEWAY, CALL] = ['http://localhost:8080', 'http://localhost:3000', 'amber-river-42'];
/** What an application of one's own adds to the README's component. */
const MOUNT = `
import { StrictMode, createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { Meeting } from './meeting.tsx';

const token = async () => {
  const body = new Blob([JSON.stringify({ callId: '${CALL}', name: 'Cleo' })], { type: 'application/json' });
  return (await (await fetch('${GATEWAY}/api/tokens', { method: 'POST', body })).json()).token;
};
const meeting = createElement(Meeting, { url: '${GATEWAY}', callId: '${CALL}', token });
createRoot(document.body).render(createElement(StrictMode, null, meeting));`;

/** What the gateway serves. */
type Sdk = typeof callSdk & typeof mediaSdk;

let sdk: PackedSdk;
let site: Site;
let product: Product;
let browser: Browser;
const problems: string[] = [];

beforeAll(async () => {
  sdk = await packSdk();
  await sdk.add('react', 'react-dom', 'scheduler');
  const [[page = ''], [component = '']] = [await readmeExamples('html'), await readmeExamples('tsx')];
  expect(page.trim().split('\n').length).toBeLessThanOrEqual(20);
  await writeFile(path.join(sdk.folder, 'meeting.tsx'), component);
  const entry = path.join(sdk.folder, 'main.js');
  await writeFile(entry, MOUNT);
  const { code } = await bundle({ entry, as: { format: 'es' }, development: true });
  site = await startSite({
    '/': page,
    '/react':
      '<!doctype html><title>React</title><body></body><script type="module" src="/main.js"></script>',
    '/main.js': code,
    '/empty': '<!doctype html><title>Elsewhere</title>',
  });
  product = await startProduct({
    gateway: { ALLOWED_ORIGINS: SITE, SWITCH_TIMEOUT_MS: '20000', BACK_TO_P2P_DELAY_MS: '60000' },
  });
  // The page is written for these addresses.
  const meant = `MAP localhost:8080 127.0.0.1:${String(site.port)}, MAP localhost:3000 ${new URL(product.url).host}`;
  browser = await launchChromium(10, [`--host-resolver-rules=${meant}`]);
});
afterAll(async () => {
  await browser.close();
  await product.stop();
  await site.stop();
  await sdk.remove();
});
afterEach(() => expect(problems).toEqual([]));

async function open(url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 560, height: 420 } });
  const page = await context.newPage();
  page.on('pageerror', (error) => problems.push(`${url}: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    // A browser asks every site for one; this one has none.
    if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico')) {
      problems.push(`${url}: ${message.text()}`);
    }
  });
  await page.goto(url);
  return page;
}

/** Waits until so many videos have a picture, and each of them has brought new frames. */
async function shows(page: Page, videos: number): Promise<void> {
  const read = () =>
    page.evaluate(() =>
      [...document.querySelectorAll('video')].map((video) =>
        video.videoWidth > 0 ? video.getVideoPlaybackQuality().totalVideoFrames : 0,
      ),
    );
  await page.bringToFront();
  let before = await read();
  await until(`${page.url()} shows ${String(videos)} videos`, LIMIT_MS, async () => {
    const after = await read();
    const grown = after.every((frames, index) => frames > (before[index] ?? frames));
    const done = after.length === videos && grown;
    if (before.length !== after.length) before = after;
    return done ? { done } : { pending: { before, after } };
  });
}

test('the page of twenty lines and the component for React are in a call with the web app', async () => {
  const ben = await Person.open(browser, `${GATEWAY}/call/${CALL}`, 'Ben');
  await ben.join();
  await ben.settled('p2p', 0);
  await ben.page.evaluate(() => {
    const joined: string[] = [];
    Object.assign(window, { joined });
    window.crossfade?.call.on('participant-joined', ({ participant }) =>
      joined.push(participant.displayName),
    );
  });

  const example = await open(`${SITE}/`);
  await ben.settled('p2p', 1);
  await mediaArrives(ben, 'p2p', 1);
  await shows(example, 2);
  expect(await example.locator('h1').textContent()).toBe(`You are in ${CALL}.`);

  const react = await open(`${SITE}/react`);
  await ben.settled('sfu', 2);
  await mediaArrives(ben, 'sfu', 2);
  await shows(example, 3);
  await shows(react, 3);
  await react.getByText('Media server: connected').waitFor();
  expect((await react.locator('figcaption').allTextContents()).sort()).toEqual(['Ann', 'Ben']);
  // Each came once, also the one that StrictMode mounts twice.
  expect(await ben.page.evaluate(() => (window as unknown as { joined: string[] }).joined)).toEqual([
    'Ann',
    'Cleo',
  ]);

  await react.getByRole('button', { name: 'Leave' }).click();
  await react.getByRole('button', { name: 'Join again' }).waitFor();
  await ben.settled('sfu', 1);
  await shows(example, 2);
  await react.getByRole('button', { name: 'Join again' }).click();
  await ben.settled('sfu', 2);
  await shows(react, 3);
  problems.push(...ben.problems);
});

test('a page of an origin that is not allowed gets the SDK, but neither a token nor a call', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  // Nothing else is mapped: by its address the same site has another origin.
  await page.goto(`http://127.0.0.1:${String(site.port)}/empty`);
  const outcome = await page.evaluate(
    async ([gateway, callId]) => {
      const sdk = (await import(`${gateway}/sdk/crossfade.js`)) as Sdk;
      const token = await fetch(`${gateway}/api/tokens`, { method: 'POST' }).then(
        () => 'got one',
        () => 'refused',
      );
      const media = await sdk.openLocalMedia({ audio: false, video: false });
      const signal = AbortSignal.timeout(3_000);
      const call = await sdk.joinCall({ url: gateway, token: 'any', callId, media, signal }).then(
        () => 'joined',
        () => 'refused',
      );
      return { token, call };
    },
    [GATEWAY, CALL] as const,
  );
  expect(outcome).toEqual({ token: 'refused', call: 'refused' });
  await context.close();
});
