/**
 * What people send in real pages: screens, decoded on every path and through switches both ways; devices that go away; and
 * nothing at all.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import { Person } from './person.ts';
import { startProduct, type Product } from './product.ts';
import { hears, mediaArrives } from './received.ts';
import { until } from './until.ts';
import { makeUpScreen, screenArrives, screenIsHeard, screensWatched, watchScreens } from './shared-screen.ts';

const SCREENSHOTS = path.resolve(import.meta.dirname, '../../artifacts/screenshots');

jest.setTimeout(180_000);

let product: Product;
let browser: Browser;
let people: Person[] = [];

beforeAll(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  product = await startProduct({
    // The machine that runs all of this at once may be slow.
    gateway: { BACK_TO_P2P_DELAY_MS: '1000', SWITCH_TIMEOUT_MS: '20000' },
  });
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
  await product.stop();
});

afterEach(async () => {
  const problems = people.flatMap((person) => person.problems);
  await Promise.all(people.map((person) => person.close()));
  people = [];
  expect(problems).toEqual([]);
});

async function open(name: string, prepare?: (page: Page) => Promise<void>): Promise<Person> {
  const person = await Person.open(browser, product.url, name, prepare);
  people.push(person);
  return person;
}

async function idOf(person: Person): Promise<string> {
  return (await person.see())?.participantId ?? '';
}

/** Does this as soon as a switch to this mode is under way. */
async function inSwitch({ page }: Person, mode: 'p2p' | 'sfu', act: 'share' | 'stop'): Promise<void> {
  await page.evaluate(
    ([to, what]) => {
      const call = window.crossfade?.call;
      const stop = call?.subscribe(() => {
        if (call.snapshot.switchingTo !== to) return;
        stop?.();
        if (what === 'share') void call.shareScreen();
        else call.stopSharing();
      });
    },
    [mode, act] as const,
  );
}

async function screenshot({ page }: Person, name: string, width = 1_100, height = 760): Promise<void> {
  const usual = page.viewportSize();
  await page.setViewportSize({ width, height });
  await page.waitForTimeout(600);
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });
  if (usual) await page.setViewportSize(usual);
}

test('a screen goes along to the media server and back; one begun and one ended within a switch hold', async () => {
  const callId = 'screens';
  // Ann's is Chromium's own, made up as her camera is.
  const ann = await open('Ann');
  const ben = await open('Ben', makeUpScreen);
  await ann.join(callId);
  await ann.settled('p2p', 0);
  await ben.join(callId);
  await Promise.all([ann.settled('p2p', 1), ben.settled('p2p', 1)]);
  const [annId, benId] = [await idOf(ann), await idOf(ben)];

  await ann.page.getByRole('button', { name: 'Share screen' }).click();
  await ann.page.getByText('You are sharing your screen').waitFor();
  await screenArrives(ben, 'p2p', annId);
  await mediaArrives(ben, 'p2p', 1);
  await watchScreens(ben);
  await screenshot(ben, 'screen-of-another');
  await screenshot(ben, 'screen-of-another-phone', 360, 640);
  await screenshot(ann, 'sharing-a-screen');
  await screenshot(ann, 'sharing-a-screen-phone', 360, 640);

  await inSwitch(ben, 'sfu', 'share');
  const cleo = await open('Cleo');
  await cleo.join(callId);
  await Promise.all([ann, ben, cleo].map((person) => person.settled('sfu', 2)));
  await Promise.all([screenArrives(ben, 'sfu', annId), screenArrives(cleo, 'sfu', annId)]);
  await Promise.all([screenArrives(ann, 'sfu', benId), screenArrives(cleo, 'sfu', benId)]);
  await screenIsHeard(cleo, benId);
  await screenshot(cleo, 'two-screens');
  // Camera and microphone beside it are what they were, in a window large enough for both cameras: others are paused.
  await cleo.page.setViewportSize({ width: 1_100, height: 760 });
  await mediaArrives(cleo, 'sfu', 2);
  expect(await screensWatched(ben)).toEqual({ streams: 1, empty: 0 });

  await inSwitch(ann, 'p2p', 'stop');
  await watchScreens(ann);
  await cleo.hangUp();
  await Promise.all([ann, ben].map((person) => person.settled('p2p', 1)));
  await screenArrives(ann, 'p2p', benId);
  await screenIsHeard(ann, benId);
  expect(await screensWatched(ann)).toEqual({ streams: 1, empty: 0 });
  await ben.page.locator(`[data-screen-of="${annId}"]`).waitFor({ state: 'detached' });
  await Promise.all([mediaArrives(ann, 'p2p', 1), mediaArrives(ben, 'p2p', 1)]);

  await ben.page.evaluate(() => window.endScreen?.());
  await ann.page.locator('[data-screen-of]').waitFor({ state: 'detached' });
  await ben.page.getByText('You are sharing your screen').waitFor({ state: 'detached' });
  // Shared again, it is a screen like the first.
  await ann.page.getByRole('button', { name: 'Share screen' }).click();
  await screenArrives(ben, 'p2p', annId);
  await ann.page.getByRole('button', { name: 'Stop', exact: true }).click();
  await ben.page.locator('[data-screen-of]').waitFor({ state: 'detached' });
});

/** The device in use goes away; with `others` there is another one of its kind. */
async function unplug({ page }: Person, kind: 'audio' | 'video', others: boolean): Promise<void> {
  await page.evaluate(
    ([of, more]) => {
      const devices = navigator.mediaDevices;
      const real = devices.getUserMedia.bind(devices);
      if (!more) {
        devices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'));
        window.plugIn = () => {
          devices.getUserMedia = real;
          devices.dispatchEvent(new Event('devicechange'));
        };
      }
      const stream = window.crossfade?.call.snapshot.local.stream;
      const track = stream?.getTracks().find((each) => each.kind === of);
      track?.stop();
      track?.dispatchEvent(new Event('ended'));
    },
    [kind, others] as const,
  );
}

declare global {
  interface Window {
    plugIn?: () => void;
  }
}

test('who may use no device listens, and hears whoever loses theirs again', async () => {
  const callId = 'devices';
  const ann = await open('Ann');
  const lisa = await open('Lisa', async (page) => {
    await page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));
    });
  });
  await lisa.page.getByText('not allowed to use your camera and microphone').waitFor();
  await ann.join(callId);
  await ann.settled('p2p', 0);
  await lisa.join(callId);
  const [seen] = await Promise.all([ann.settled('p2p', 1), lisa.settled('p2p', 1)]);
  expect(seen.remotes).toMatchObject([{ name: 'Lisa', audio: false, video: false }]);
  await mediaArrives(lisa, 'p2p', 1);
  const annId = await idOf(ann);

  // Muted, and so is the one that takes its place.
  const microphone = ann.page.getByRole('button', { name: 'Microphone', exact: true });
  await microphone.click();
  await unplug(ann, 'audio', true);
  await ann.page.getByText('Now using').waitFor();
  // What was under way when it went is still heard for a moment; the made-up microphones beep every second.
  await until('Lisa hears nothing', 15_000, async () =>
    (await hears(lisa, annId)) ? { pending: await ann.see() } : { done: undefined },
  );
  await microphone.click();
  await mediaArrives(lisa, 'p2p', 1);

  await unplug(ann, 'video', false);
  await ann.page.getByText('No camera was found').waitFor();
  await until('Lisa is told', 10_000, async () => {
    const [remote] = (await lisa.see())?.remotes ?? [];
    return remote?.video === false ? { done: undefined } : { pending: remote };
  });
  await ann.page.evaluate(() => window.plugIn?.());
  await mediaArrives(lisa, 'p2p', 1);

  const cleo = await open('Cleo');
  await cleo.join(callId);
  await Promise.all([ann, lisa, cleo].map((person) => person.settled('sfu', 2)));
  await mediaArrives(lisa, 'sfu', 2);
  await screenshot(lisa, 'listening-only');
});
