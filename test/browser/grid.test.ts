/**
 * Who is seen, and what of it is received: the web app's stage with many made-up people, and a real call whose pages are turned on
 * a small phone, judged by the packets that arrive.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { RemoteStats } from '@crossfade/client/call';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import { bundleMadeUpStage, openStage } from './made-up-stage.ts';
import { Person } from './person.ts';
import { startProduct, type Product } from './product.ts';
import { hears } from './received.ts';
import { watchSending } from './sent-media.ts';
import { until } from './until.ts';

const SCREENSHOTS = path.resolve(import.meta.dirname, '../../artifacts/screenshots');
const LIMIT_MS = 60_000;
/** As small as a phone with the bars of its browser: two tiles a page. */
const SMALL_PHONE = { width: 320, height: 400 };
const LAPTOP = { width: 1_280, height: 720 };
/** A camera that is sent in two sizes, 320 and 640 pixels wide, and seldom: three pages encode both. */
const TWO_SIZES = { width: 640, height: 360, frameRate: 5 };

jest.setTimeout(180_000);

let browser: Browser;
beforeAll(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
});

const shownIds = (page: Page) =>
  page
    .locator('article[data-participant-id]')
    .evaluateAll((tiles) => tiles.map((tile) => tile.dataset['participantId'] ?? ''));
const nameOf = (page: Page) =>
  page.locator('article').evaluateAll((tiles) => tiles.map((tile) => tile.ariaLabel));

describe('the stage with fifty people', () => {
  let page: Page;
  const problems: string[] = [];
  const show = (others: number, change: { speaker?: number; sharing?: number } = {}) =>
    page.evaluate((made) => window.madeUpStage?.show(made), { others, ...change });
  const unseen = () =>
    page.evaluate(
      () =>
        Object.entries(window.madeUpStage?.views ?? {}).filter(
          ([video, view]) => video.startsWith('camera') && view === null,
        ).length,
    );

  beforeAll(async () => {
    const bundle = await bundleMadeUpStage();
    page = await browser.newPage({ viewport: { width: 360, height: 640 }, reducedMotion: 'reduce' });
    page.on('pageerror', (error) => problems.push(error.message));
    await openStage(page, bundle);
  });
  afterAll(async () => {
    await page.close();
    expect(problems).toEqual([]);
  });

  test('turns pages on a phone, by touch and by keys; what has no tile is not wanted', async () => {
    await show(49);
    await page.getByText('Page 1 of 9').waitFor();
    expect(await nameOf(page)).toEqual(['Ann', 'Ben', 'Cleo', 'Dan', 'Eve', 'You']);
    await until('what has a tile is wanted', LIMIT_MS, async () => {
      const count = await unseen();
      return count === 44 ? { done: count } : { pending: count };
    });
    await page.getByRole('button', { name: 'Next page' }).click();
    expect(await shownIds(page)).toEqual(['p5', 'p6', 'p7', 'p8', 'p9', 'p10']);
    expect(await page.evaluate(() => window.madeUpStage?.views['camera p0'])).toBeNull();
    await page.keyboard.press('PageUp');
    expect(await shownIds(page)).toHaveLength(5);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBe(360);
    await page.screenshot({ path: path.join(SCREENSHOTS, 'fifty-people-phone.png') });
  });

  test('brings who speaks to the first page, and moves nobody but one other', async () => {
    await show(49);
    const before = await nameOf(page);
    const speaks = async (index: number) => {
      await show(49, { speaker: index });
      await page.locator(`[data-speaks][data-participant-id="p${String(index)}"]`).waitFor();
    };
    await speaks(30);
    expect((await nameOf(page)).filter((name, seat) => name !== before[seat])).toEqual(['Ann 30']);
    await speaks(31);
    await speaks(30);
    expect((await nameOf(page)).filter((name) => !before.includes(name)).sort()).toEqual([
      'Ann 30',
      'Ben 31',
    ]);
  });

  test('fills a laptop, shows a speaker large, and a shared screen by itself', async () => {
    await page.setViewportSize(LAPTOP);
    await show(16, { speaker: 1 });
    await page.getByRole('button', { name: 'Page 2 of 2' }).waitFor();
    expect(await page.locator('article').count()).toBe(9);
    await page.getByRole('button', { name: 'Page 2 of 2' }).click();
    expect(await page.locator('article').count()).toBe(8);
    expect(await page.getByRole('button', { name: 'Page 2 of 2' }).getAttribute('aria-current')).toBe('page');

    const largest = async () => {
      const widths = await page
        .locator('article')
        .evaluateAll((tiles) => tiles.map((tile) => ({ name: tile.ariaLabel, width: tile.clientWidth })));
      const [first, second] = widths.sort((a, b) => b.width - a.width);
      return (first?.width ?? 0) > 3 * (second?.width ?? 0) ? (first?.name ?? null) : null;
    };
    const isLarge = (name: string | null) =>
      until(`${name ?? 'nobody'} is large`, LIMIT_MS, async () => {
        const now = await largest();
        return now === name ? { done: now } : { pending: now };
      });
    await isLarge(null);
    await page.keyboard.press('g');
    await isLarge('Ben');
    await show(16, { speaker: 2 });
    await isLarge('Cleo');
    await page.getByRole('button', { name: 'Keep Ann large' }).click();
    await isLarge('Ann');
    await page.screenshot({ path: path.join(SCREENSHOTS, 'speaker-view.png') });
    await page.getByRole('button', { name: 'Speaker view' }).click();
    await isLarge(null);

    await show(16, { sharing: 4 });
    await isLarge('Eve’s screen');
    await page.screenshot({ path: path.join(SCREENSHOTS, 'shared-screen.png') });
    await show(16);
    await isLarge(null);
  });
});

describe('a call on a small phone', () => {
  let product: Product;
  let people: Person[] = [];
  beforeAll(async () => {
    product = await startProduct({
      gateway: { SWITCH_TIMEOUT_MS: '20000' },
      // On a busy machine packets are late, which looks like a path that is too narrow.
      mediaServer: { INITIAL_OUTGOING_BITRATE: '3000000', MIN_OUTGOING_BITRATE: '3000000' },
    });
  });
  afterAll(async () => {
    await product.stop();
  });
  afterEach(async () => {
    const problems = people.flatMap((person) => person.problems);
    await Promise.all(people.map((person) => person.close()));
    people = [];
    expect(problems).toEqual([]);
  });

  /** Opens the page of somebody who comes in muted: nobody speaks, so nobody is moved to where they are seen. */
  async function enter(callId: string, name: string): Promise<Person> {
    const person = await Person.open(browser, product.url, name, (page) => watchSending(page, TWO_SIZES));
    people.push(person);
    await person.page.getByRole('button', { name: 'Microphone' }).click();
    await person.join(callId);
    return person;
  }

  const videoOf = async (person: Person, participantId: string) =>
    (await person.stats()).remotes.find((remote) => remote.participantId === participantId)?.video ?? null;
  /** What was asked of the media server, and what it sends. */
  const consumerOf = ({ page }: Person, participantId: string) =>
    page.evaluate(
      (id) =>
        window.crossfade?.call.snapshot.sfu?.consumers.find(
          (consumer) => consumer.participantId === id && consumer.kind === 'video',
        ),
      participantId,
    );
  /** Which sizes leave the page, and what keeps it from more. */
  const sizesSent = ({ page }: Person) =>
    page.evaluate(async () => {
      const stats = await Promise.all((window.connections ?? []).map((connection) => connection.getStats()));
      return stats.flatMap((report) =>
        [...report.values()].flatMap((stat: RTCOutboundRtpStreamStats) =>
          stat.type === 'outbound-rtp' && stat.kind === 'video'
            ? [
                [
                  stat.rid,
                  stat.active,
                  stat.framesPerSecond,
                  stat.targetBitrate,
                  stat.qualityLimitationReason,
                ],
              ]
            : [],
        ),
      );
    });
  type Video = Pick<NonNullable<RemoteStats['video']>, 'packetsReceived' | 'framesDecoded' | 'frameWidth'>;
  const NOTHING: Video = { packetsReceived: 0, framesDecoded: 0, frameWidth: 0 };
  /** Waits until the video of somebody is received as it should be, by what came within a second. */
  const receives = (person: Person, participantId: string, what: string, fits: (grown: Video) => boolean) =>
    until(`${person.name} receives ${what}`, LIMIT_MS, async () => {
      const before = await videoOf(person, participantId);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const now = await videoOf(person, participantId);
      const grown = {
        ...(now ?? NOTHING),
        packetsReceived: (now?.packetsReceived ?? 0) - (before?.packetsReceived ?? 0),
        framesDecoded: (now?.framesDecoded ?? 0) - (before?.framesDecoded ?? 0),
      };
      if (fits(grown)) return { done: grown };
      const sent = await Promise.all(people.map(sizesSent));
      return { pending: { grown, asked: await consumerOf(person, participantId), sent } };
    });
  const nothing = ({ packetsReceived }: Video) => packetsReceived === 0;
  const wide = (width: number) => (grown: Video) => grown.framesDecoded > 3 && grown.frameWidth === width;
  const presents = (person: Person, participantId: string) =>
    person.page.waitForFunction((id) => {
      const video = document.querySelector<HTMLVideoElement>(`[data-participant-id="${id}"] video`);
      return video !== null && video.videoWidth > 0 && getComputedStyle(video).opacity === '1';
    }, participantId);

  test('what other pages hold is not received; it is back in the size of its tile when the page is turned', async () => {
    const callId = 'pages';
    const ann = await enter(callId, 'Ann');
    await ann.page.setViewportSize(SMALL_PHONE);
    // A third while the phone shows two: their video is on another page, and the switch does not wait for it.
    const ben = await enter(callId, 'Ben');
    await ann.settled('p2p', 1);
    const cleo = await enter(callId, 'Cleo');
    const { remotes } = await ann.settled('sfu', 2, LIMIT_MS);
    const [benId, cleoId] = ['Ben', 'Cleo'].map(
      (name) => remotes.find((remote) => remote.name === name)?.participantId ?? '',
    ) as [string, string];
    expect(await shownIds(ann.page)).toEqual([benId]);
    expect((await videoOf(ann, cleoId))?.framesDecoded ?? 0).toBe(0);
    await receives(ann, benId, 'the small picture of Ben', wide(320));
    await receives(ann, cleoId, 'nothing of Cleo', nothing);
    const decisions = ann.page.evaluate(() =>
      window.recording?.modes.map(({ mode, switchingTo }) => [mode, switchingTo]),
    );
    expect(await decisions).toEqual([
      ['p2p', null],
      ['p2p', 'sfu'],
      ['sfu', null],
    ]);

    await ann.page.getByRole('button', { name: 'Next page' }).click();
    expect(await shownIds(ann.page)).toEqual([cleoId]);
    await presents(ann, cleoId);
    await receives(ann, cleoId, 'the picture of Cleo', ({ framesDecoded }) => framesDecoded > 3);
    await receives(ann, benId, 'nothing of Ben', nothing);
    await ann.page.screenshot({ path: path.join(SCREENSHOTS, 'second-page-phone.png') });

    // Whoever is on another page is heard all the same.
    await ben.page.evaluate(() => window.crossfade?.call.setMicrophone(true));
    await until('Ben is heard', LIMIT_MS, async () =>
      (await hears(ann, benId)) ? { done: true } : { pending: null },
    );
    const playing = ann.page
      .locator('audio')
      .evaluateAll((voices: HTMLAudioElement[]) =>
        voices.map((voice) => !voice.paused && voice.readyState > 2 && !voice.muted),
      );
    expect(await playing).toEqual([true, true]);
    expect(await shownIds(ann.page)).toEqual([cleoId]);
    await ben.page.evaluate(() => window.crossfade?.call.setMicrophone(false));

    // A larger window has room for all of them, one large: in the size that fits.
    await ann.page.setViewportSize(LAPTOP);
    await ann.page.getByRole('button', { name: 'Keep Cleo large' }).click();
    await receives(ann, cleoId, 'the large picture of Cleo', wide(640));
    await receives(ann, benId, 'the small picture of Ben', wide(320));
    await ann.page.getByRole('button', { name: 'Keep Ben large' }).click();
    await receives(ann, benId, 'the large picture of Ben', wide(640));
    await receives(ann, cleoId, 'the small picture of Cleo', wide(320));

    // A hidden page receives no pictures, and all of them when it is looked at again.
    const turn = (state: string) =>
      ann.page.evaluate((visibilityState) => {
        Object.defineProperty(document, 'visibilityState', { configurable: true, value: visibilityState });
        document.dispatchEvent(new Event('visibilitychange'));
      }, state);
    await turn('hidden');
    for (const id of [benId, cleoId]) await receives(ann, id, 'nothing', nothing);
    await turn('visible');
    for (const id of [benId, cleoId]) {
      await receives(ann, id, 'a picture again', ({ framesDecoded }) => framesDecoded > 3);
    }

    // Back to two, directly, while she is on another page again.
    await ann.page.setViewportSize(SMALL_PHONE);
    await cleo.hangUp();
    await ann.settled('p2p', 1);
    await presents(ann, benId);
    await receives(ann, benId, 'the picture of Ben', ({ framesDecoded }) => framesDecoded > 3);
  });
});
