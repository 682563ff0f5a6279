/** A network that goes dead, or gives somebody another address, under real pages with the SDK: video frames are what counts. */
import { setTimeout as pause } from 'node:timers/promises';
import { launchChromium } from '../../test/browser/chromium.ts';
import { Person } from '../../test/browser/person.ts';
import { startProduct } from '../../test/browser/product.ts';
import { mediaArrives } from '../../test/browser/received.ts';
import { freePort } from '../../test/integration/gateway/free-port.ts';
import type { Case } from './case.ts';
import { startMediaLink, type MediaLink } from './media-link.ts';

const LISTEN = '127.0.0.1';
/** What clients are told: the relay. */
const ANNOUNCED = '127.0.0.2';
/** How long the link is dead, milliseconds: longer than it takes to notice. */
const DEAD_MS = 8_000;
const LIMIT_MS = 30_000;
/** A picture moves when it has shown so many frames since. */
const FRAMES = 3;

interface Scene {
  link: MediaLink;
  people: readonly Person[];
  participantId: () => Promise<string>;
}

/** Three pages in a call on the media server; the last one's media pass through a link of which the others' do not suffer. */
async function inCall(work: (scene: Scene) => Promise<void>): Promise<void> {
  const port = await freePort();
  const link = await startMediaLink(ANNOUNCED, LISTEN, port);
  const starting = startProduct({
    gateway: { SWITCH_TIMEOUT_MS: '15000', BACK_TO_P2P_DELAY_MS: '60000' },
    mediaServer: {
      RTC_BASE_PORT: String(port),
      MEDIASOUP_LISTEN_IP: LISTEN,
      MEDIASOUP_ANNOUNCED_ADDRESS: ANNOUNCED,
    },
  });
  // A socket that stays open would keep everything alive.
  starting.catch(() => link.close());
  const product = await starting;
  const browser = await launchChromium();
  try {
    const people: Person[] = [];
    for (const name of ['Ann', 'Ben', 'Cem', 'Dan']) {
      // The first three make the call one on the media server; the fourth is the one whose network it is.
      if (people.length === 3) {
        await Promise.all(people.map((person) => person.settled('sfu', 2)));
        await Promise.all(people.map((person) => mediaArrives(person, 'sfu', 2)));
        link.watchNewcomers();
        await people.pop()?.close();
      }
      const person = await Person.open(browser, product.url, name, undefined, null);
      people.push(person);
      await person.join('network');
    }
    const dan = people.at(-1);
    if (!dan) throw new Error('nobody came');
    await Promise.all(people.map((person) => mediaArrives(person, 'sfu', 2)));
    const participantId = async () => (await dan.see())?.participantId ?? '';
    await work({ link, people, participantId });
  } finally {
    await browser.close();
    await product.stop();
    link.close();
  }
}

/** Resolves when everyone has shown new frames of everyone, with how long that took, milliseconds. */
async function allMove(people: readonly Person[]): Promise<number> {
  const since = performance.now();
  await Promise.all(
    people.map(({ page }) =>
      page.waitForFunction(
        ({ frames, others }) => {
          const presented = Object.values(window.recording?.presented ?? {});
          const wanted = ((window as { wanted?: number[] }).wanted ??= presented.map(
            (list) => (list.at(-1)?.count ?? 0) + frames,
          ));
          const moving = presented.filter((list, i) => (list.at(-1)?.count ?? 0) >= (wanted[i] ?? Infinity));
          return moving.length >= others;
        },
        { frames: FRAMES, others: people.length - 1 },
        { timeout: LIMIT_MS, polling: 50 },
      ),
    ),
  );
  for (const { page } of people)
    await page.evaluate(() => {
      delete (window as { wanted?: number[] }).wanted;
    });
  return performance.now() - since;
}

const halfOpen: Case = {
  id: 'R19',
  what: 'media of one of three pages go dead for 8 s, signalling goes on',
  runs: 5,
  figures: {
    flowing: { what: 'flowing again when the link is back', unit: 'ms', worst: 3_000 },
    another: { what: 'participants who are not the same', unit: 'count', worst: 0 },
  },
  measure: (runs, add) =>
    inCall(async ({ link, people, participantId }) => {
      const before = await participantId();
      for (let run = 0; run < runs; run += 1) {
        link.cut();
        await pause(DEAD_MS);
        link.heal();
        add('flowing', await allMove(people));
        add('another', (await participantId()) === before ? 0 : 1);
        await pause(2_000);
      }
    }),
};

const addressChanges: Case = {
  id: 'R20',
  what: 'the address of one of three pages changes, as behind a router that has forgotten it',
  runs: 10,
  figures: {
    flowing: { what: 'flowing again', unit: 'ms', p95: 3_000 },
    another: { what: 'participants who are not the same', unit: 'count', worst: 0 },
  },
  measure: (runs, add) =>
    inCall(async ({ link, people, participantId }) => {
      const before = await participantId();
      for (let run = 0; run < runs; run += 1) {
        await link.changeAddresses();
        add('flowing', await allMove(people));
        add('another', (await participantId()) === before ? 0 : 1);
        await pause(2_000);
      }
    }),
};

export const networkCases: readonly Case[] = [halfOpen, addressChanges];
