/**
 * People who come and go at the worst moment, while everyone has a tone of their own: what each page plays is found by
 * FFT, so nobody is missing, doubled or still there.
 */
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import { everybodyThere, Gathering, longestFreeze } from './gathering.ts';
import type { Person } from './person.ts';
import { startProduct, type Product } from './product.ts';
import { showsNothingWrong } from './shown-texts.ts';
import { heardAs, longest, playsExactly, tonesOf, tonesSince } from './tones.ts';

jest.setTimeout(180_000);

const NAMES = ['Ann', 'Ben', 'Cleo', 'Dan'];
/** A page that shares two cores with all others may be slow to play what has arrived, milliseconds. */
const LONGEST_SILENCE_MS = 600;
const LONGEST_FREEZE_MS = 3_000;
/** Within the time a switch waits for everybody, milliseconds. */
const ASLEEP_MS = 4_000;

let product: Product;
let browser: Browser;
let gathering: Gathering;

beforeAll(async () => {
  product = await startProduct({
    gateway: { BACK_TO_P2P_DELAY_MS: '1000', SWITCH_TIMEOUT_MS: '20000' },
  });
  browser = await launchChromium(10, ['--autoplay-policy=no-user-gesture-required']);
  gathering = new Gathering(browser, product.url);
});
afterAll(async () => {
  await browser.close();
  await product.stop();
});
afterEach(async () => {
  expect(await gathering.end()).toEqual([]);
});

/** Pages whose tone is their place in the list of names. */
async function open(...names: string[]): Promise<Person[]> {
  return Promise.all(
    names.map((name) => gathering.open(name, (page) => tonesOf(page, NAMES.indexOf(name), NAMES.length))),
  );
}

/** Everybody plays everybody else's tone once, and nothing else. */
async function hearEachOther(people: readonly Person[]): Promise<void> {
  const tone = ({ name }: Person) => NAMES.indexOf(name);
  await Promise.all(
    people.map((person) => playsExactly(person.page, people.filter((each) => each !== person).map(tone))),
  );
}

const pageTime = ({ page }: Person) => page.evaluate(() => performance.now());

/** What Ann played of Ben since: there all the time, and never twice. */
async function wasNeverMissed(ann: Person, since: number): Promise<void> {
  const samples = await tonesSince(ann.page, since);
  const ben = NAMES.indexOf('Ben');
  const own = NAMES.indexOf('Ann');
  expect(samples.length).toBeGreaterThan(20);
  expect(longest(samples, ({ levels }) => heardAs(levels[ben] ?? 0) !== 'once')).toBeLessThan(
    LONGEST_SILENCE_MS,
  );
  expect(longest(samples, ({ levels }) => (levels[ben] ?? 0) > 1.6)).toBeLessThan(200);
  expect(longest(samples, ({ levels }) => heardAs(levels[own] ?? 0) !== 'nothing')).toBe(0);
  const benId = (await ann.see())?.remotes.find(({ name }) => name === 'Ben')?.participantId ?? '';
  expect(await longestFreeze(ann, benId, since)).toBeLessThan(LONGEST_FREEZE_MS);
}

test('whoever comes, goes and comes again while the call moves: everybody is heard once, and nobody who has left', async () => {
  const callId = 'come-and-go';
  const [ann, ben, cleo] = (await open('Ann', 'Ben', 'Cleo')) as [Person, Person, Person];
  await gathering.meet(callId, ann, ben);
  await hearEachOther([ann, ben]);
  const since = await pageTime(ann);

  // Each time at another moment of the switch.
  const inCall = () => window.crossfade?.call.snapshot.status.kind === 'joined';
  const switching = () => (window.crossfade?.call.snapshot.switchingTo ?? null) !== null;
  for (const moment of [inCall, switching]) {
    await cleo.join(callId);
    await cleo.page.waitForFunction(moment, undefined, { polling: 20 });
    await cleo.hangUp();
    await cleo.page.goto(product.url);
    // Else there is nothing to switch for the next time.
    await Promise.all([ann, ben].map((person) => person.settled('p2p', 1)));
  }
  await cleo.join(callId);
  await everybodyThere([ann, ben, cleo]);
  await hearEachOther([ann, ben, cleo]);
  await cleo.hangUp();
  await everybodyThere([ann, ben]);
  await hearEachOther([ann, ben]);
  await showsNothingWrong(ann.page);
  await wasNeverMissed(ann, since);
});

test('two who come at the same moment, and two who go: one switch each way', async () => {
  const callId = 'at-once';
  const people = await open('Ann', 'Ben', 'Cleo', 'Dan');
  const [ann, ben, cleo, dan] = people as [Person, Person, Person, Person];
  await gathering.meet(callId, ann, ben);
  await hearEachOther([ann, ben]);
  const since = await pageTime(ann);

  await Promise.all([cleo.join(callId), dan.join(callId)]);
  await everybodyThere(people);
  await hearEachOther(people);
  expect((await ann.see())?.epoch).toBe(1);

  await Promise.all([cleo.hangUp(), dan.hangUp()]);
  await everybodyThere([ann, ben]);
  await hearEachOther([ann, ben]);
  expect((await ann.see())?.epoch).toBe(2);
  await wasNeverMissed(ann, since);
});

test('a tab that sleeps while a third one comes is in the call with everybody when it wakes up', async () => {
  const people = await open('Ann', 'Ben', 'Cleo');
  const [ann, ben, cleo] = people as [Person, Person, Person];
  await gathering.meet('asleep', ann, ben);
  await hearEachOther([ann, ben]);
  const before = await ben.see();

  const { sleep, wake } = await sleeper(ben.page);
  await sleep();
  await cleo.join('asleep');
  await cleo.page.waitForFunction(() => window.crossfade?.call.snapshot.switchingTo === 'sfu');
  await cleo.page.waitForTimeout(ASLEEP_MS);
  expect((await cleo.see())?.mode).toBe('p2p');
  const sleptMs = await wake();
  expect(sleptMs).toBeGreaterThan(ASLEEP_MS / 2);

  await everybodyThere(people);
  await hearEachOther(people);
  await Promise.all(people.map(({ page }) => showsNothingWrong(page)));
  expect((await ben.see())?.participantId).toBe(before?.participantId);
});

/**
 * Stops everything in a page but its media, as a browser does with a tab that nobody looks at. (It does so only with hidden tabs, and a
 * browser without windows hides none.) `wake` returns for how long no timer of it ran, milliseconds.
 */
async function sleeper(page: Page): Promise<{ sleep: () => Promise<void>; wake: () => Promise<number> }> {
  const debug = await page.context().newCDPSession(page);
  const pause = await page.evaluateHandle(() => {
    const longest = { last: performance.now(), ms: 0 };
    setInterval(() => {
      const now = performance.now();
      longest.ms = Math.max(longest.ms, now - longest.last);
      longest.last = now;
    }, 50);
    return longest;
  });
  await debug.send('Debugger.enable');
  return {
    sleep: async () => {
      const stopped = new Promise((resolve) => debug.once('Debugger.paused', resolve));
      await debug.send('Debugger.pause');
      await stopped;
    },
    wake: async () => {
      await debug.send('Debugger.resume');
      await page.waitForTimeout(200);
      return pause.evaluate(({ ms }) => ms);
    },
  };
}
