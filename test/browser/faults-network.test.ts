/** Networks that break: what each person reads meanwhile, that everything comes back, and that nobody else notices. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import { rulesOf } from './decisions.ts';
import { everybodyThere, Gathering } from './gathering.ts';
import type { Person } from './person.ts';
import { startProduct, type Product } from './product.ts';
import { mediaArrives } from './received.ts';
import { hasShown, showsNothingWrong } from './shown-texts.ts';
import { until } from './until.ts';

jest.setTimeout(180_000);

const STILL_HEARD = 'You are still heard and seen. We are reconnecting to the service…';
const INTERRUPTED = 'Your connection is interrupted. We are looking for another way…';
const TILE_INTERRUPTED = 'Interrupted. Reconnecting…';
const WAITING = 'Connection lost. Waiting…';
const OTHER_WAY = 'Looking for another way…';
const RECONNECTING = 'Reconnecting…';
/** A dead connection that is not asked is found dead when no ping has come for 20 s; well within that, milliseconds. */
const AT_ONCE_MS = 10_000;

const SCREENSHOTS = path.resolve(import.meta.dirname, '../../artifacts/screenshots');

let product: Product;
let browser: Browser;
let gathering: Gathering;

beforeAll(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  product = await startProduct({ gateway: { BACK_TO_P2P_DELAY_MS: '1000', SWITCH_TIMEOUT_MS: '20000' } });
  browser = await launchChromium();
  gathering = new Gathering(browser, product.url);
});
afterAll(async () => {
  await browser.close();
  await product.stop();
});
afterEach(async () => {
  expect(await gathering.end()).toEqual([]);
});

/** How many frames of somebody have been decoded. */
async function framesOf(person: Person, name: string): Promise<number> {
  const id = (await person.see())?.remotes.find((remote) => remote.name === name)?.participantId;
  const remote = (await person.stats()).remotes.find(({ participantId }) => participantId === id);
  return remote?.video?.framesDecoded ?? 0;
}

/** New frames of somebody come, whatever happens to a third. */
async function stillSees(person: Person, name: string): Promise<void> {
  const before = await framesOf(person, name);
  await until(`${person.name} still sees ${name}`, 20_000, async () => {
    const now = await framesOf(person, name);
    // A new path counts anew.
    return now > before + 5 || (now > 5 && now < before) ? { done: true } : { pending: now };
  });
}

async function screenshot({ page }: Person, name: string): Promise<void> {
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });
}

const comesOnline = ({ page }: Person) => page.evaluate(() => window.dispatchEvent(new Event('online')));

test('a network that is gone in the middle of a switch: the others go on, and who comes back is in it', async () => {
  const callId = 'cut-in-a-switch';
  const [ann, cleo] = (await gathering.openAll('Ann', 'Cleo')) as [Person, Person];
  const [ben, network] = await gathering.openWithNetwork('Ben');
  await gathering.meet(callId, ann, ben);

  network.cutBefore('"phase":"prepare"');
  await cleo.join(callId);
  await hasShown(ann.page, WAITING);
  await screenshot(ann, 'somebody-away');
  await stillSees(ann, 'Cleo');
  await stillSees(cleo, 'Ann');
  await hasShown(ben.page, INTERRUPTED);

  network.restore();
  const connections = network.connections;
  await comesOnline(ben);
  await until('Ben has connected again', AT_ONCE_MS, () =>
    Promise.resolve(network.connections > connections ? { done: true } : { pending: network.connections }),
  );
  const people = [ann, ben, cleo];
  await everybodyThere(people);
  await Promise.all(people.map(({ page }) => showsNothingWrong(page)));

  // Only the service is out of reach: nobody is missed.
  network.cutSignalling();
  await hasShown(ben.page, STILL_HEARD);
  await screenshot(ben, 'service-out-of-reach');
  await hasShown(ann.page, RECONNECTING);
  await Promise.all([mediaArrives(ben, 'sfu', 2), mediaArrives(ann, 'sfu', 2)]);
  network.restore();
  await Promise.all(people.map(({ page }) => showsNothingWrong(page)));

  // Only the media are: the same connection finds its way again, and nobody joins anew.
  const before = await ben.see();
  const told = await hasShown(ben.page, STILL_HEARD);
  network.cutMedia();
  // Tiles tell the same of those they show, sooner or later than the page of itself.
  const read = await until('Ben reads that he is cut off', 30_000, async () => {
    const texts = (await hasShown(ben.page, STILL_HEARD)).slice(told.length);
    const ofPage = texts.filter((text) => text !== TILE_INTERRUPTED);
    return ofPage.length > 0 ? { done: ofPage.at(-1) } : { pending: texts };
  });
  expect(read).toBe(INTERRUPTED);
  await screenshot(ben, 'connection-interrupted');
  await stillSees(ann, 'Cleo');
  network.restore();
  await everybodyThere(people);
  await Promise.all(people.map(({ page }) => showsNothingWrong(page)));
  expect(await ben.see()).toMatchObject({ participantId: before?.participantId, epoch: before?.epoch });
});

test('two who cannot reach each other are brought together by the media server, and it is told why', async () => {
  const callId = 'no-direct-way';
  const [ann] = (await gathering.openAll('Ann')) as [Person];
  const [ben, network] = await gathering.openWithNetwork('Ben');
  network.separatePeers();
  await ann.join(callId);
  await ann.settled('p2p', 0);
  await ben.join(callId);
  await Promise.all([ann.settled('sfu', 1), ben.settled('sfu', 1)]);
  await Promise.all([mediaArrives(ann, 'sfu', 1), mediaArrives(ben, 'sfu', 1)]);
  await hasShown(ann.page, OTHER_WAY);
  await Promise.all([showsNothingWrong(ann.page), showsNothingWrong(ben.page)]);
  expect(await rulesOf(product.url, callId)).toContain('p2p-failed');
});

test('a third who comes at the moment when the direct way breaks: everybody is on the media server', async () => {
  const callId = 'third-and-failure';
  const [ann, cleo] = (await gathering.openAll('Ann', 'Cleo')) as [Person, Person];
  const [ben, network] = await gathering.openWithNetwork('Ben');
  await gathering.meet(callId, ann, ben);
  network.separatePeers();
  await cleo.join(callId);
  await everybodyThere([ann, ben, cleo]);
  await Promise.all([ann, ben, cleo].map(({ page }) => showsNothingWrong(page)));
  expect((await ann.see())?.epoch).toBe(1);
});
