/**
 * Servers that go away under a call of eight, each with a tone of their own: the gateway is started again, and a media
 * server is killed beside a spare. And people who can use nothing but a relay.
 */
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { RedisServer, redisProgram } from '../integration/gateway/redis.ts';
import { startTurnServer, type TurnServer } from '../integration/gateway/turn-server.ts';
import { launchChromium } from './chromium.ts';
import { everybodyThere, Gathering } from './gathering.ts';
import type { Person, Seen } from './person.ts';
import { startProduct, type Product } from './product.ts';
import { hasShown, showsNothingWrong } from './shown-texts.ts';
import { heardAs, longest, playsExactly, tonesOf, tonesSince } from './tones.ts';
import { until } from './until.ts';

jest.setTimeout(400_000);

const NAMES = ['Ann', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gia', 'Hal'];
/** Two cores neither encode nor decode eight pictures for everyone: the others have no camera, and are heard. */
const WITH_CAMERA = ['Ann', 'Ben'];
const STILL_HEARD = 'You are still heard and seen. We are reconnecting to the service…';
const STOPPED = 'Sound and picture stopped. We are setting them up again; please stay…';
const SECRET = 'only for this test: the secret of coturn';
const TAKES_MS = 60_000;
/** Eight pages that share two cores are slow to play what has arrived, milliseconds. */
const LONGEST_SILENCE_MS = 1_500;

const withRedis = redisProgram === undefined ? test.skip : test;

let redis: RedisServer | undefined;
let turn: TurnServer;
let product: Product;
let browser: Browser;
let gathering: Gathering;

beforeAll(async () => {
  turn = await startTurnServer(SECRET);
  if (redisProgram !== undefined) redis = await RedisServer.start();
  product = await startProduct({
    mediaServers: 2,
    gateway: {
      SWITCH_TIMEOUT_MS: '20000',
      // However long a gateway takes to start on a busy machine.
      RESUME_WINDOW_MS: '120000',
      TURN_URLS: `turn:127.0.0.1:${String(turn.port)}?transport=udp`,
      TURN_SECRET: SECRET,
      ...(redis && { REDIS_URL: redis.url }),
    },
  });
  browser = await launchChromium(5, ['--autoplay-policy=no-user-gesture-required']);
  gathering = new Gathering(browser, product.url);
});
afterAll(async () => {
  await browser.close();
  await product.stop();
  await redis?.stop();
  await turn.stop();
});
afterEach(async () => {
  expect((await gathering.end()).filter((problem) => !isMissingGateway(problem))).toEqual([]);
});

/** The browser itself writes down that nobody listened while the gateway was away. */
function isMissingGateway(problem: string): boolean {
  return /WebSocket connection to .* failed/.test(problem);
}

/** The tones of everybody else. */
const others = (person: Person, people: readonly Person[]) =>
  people.flatMap(({ name }) => (name === person.name ? [] : [NAMES.indexOf(name)]));
const hearEachOther = (people: readonly Person[]) =>
  Promise.all(people.map((person) => playsExactly(person.page, others(person, people), TAKES_MS)));
const seen = (people: readonly Person[]): Promise<(Seen | null)[]> =>
  Promise.all(people.map((person) => person.see()));
const identities = (all: readonly (Seen | null)[]) => all.map((each) => each?.participantId);

/** As of somebody who has none. Before the page is loaded. */
async function withoutCamera(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const devices = navigator.mediaDevices;
    const open = devices.getUserMedia.bind(devices);
    devices.getUserMedia = (asked) =>
      asked?.video ? Promise.reject(new DOMException('', 'NotFoundError')) : open(asked);
  });
}

/** Everybody decodes new frames of everybody who has a camera. */
async function seeWhoHasACamera(people: readonly Person[]): Promise<void> {
  await Promise.all(
    people.map(async (person) => {
      const ids = (await person.see())?.remotes.filter(({ name }) => WITH_CAMERA.includes(name)) ?? [];
      const frames = async () => {
        const { remotes } = await person.stats();
        return ids.map(({ participantId }) => {
          const remote = remotes.find((each) => each.participantId === participantId);
          return remote?.path === 'sfu' ? (remote.video?.framesDecoded ?? 0) : 0;
        });
      };
      const before = await frames();
      await until(`${person.name} sees ${String(ids.length)} pictures`, TAKES_MS, async () => {
        const now = await frames();
        // Another path counts anew.
        const come = now.every((count, index) => count > 3 && count !== before[index]);
        return now.length > 0 && come ? { done: now } : { pending: { before, now } };
      });
    }),
  );
}

/** People in a call on the media server, who hear each other, and see who has a camera. */
async function together(callId: string, names: readonly string[]): Promise<Person[]> {
  const people: Person[] = [];
  for (const [tone, name] of names.entries()) {
    const person = await gathering.open(name, async (page) => {
      // Room for all of them: of who is on another page no picture comes.
      await page.setViewportSize({ width: 820, height: 640 });
      if (!WITH_CAMERA.includes(name)) await withoutCamera(page);
      await tonesOf(page, tone, NAMES.length);
    });
    people.push(person);
    await person.join(callId);
    // One after the other: a page that is opened takes a core for itself.
    await person.settled(tone > 1 ? 'sfu' : 'p2p', tone, TAKES_MS);
  }
  await Promise.all(people.map((person) => person.settled('sfu', names.length - 1, TAKES_MS)));
  await hearEachOther(people);
  await seeWhoHasACamera(people);
  return people;
}

withRedis('eight people keep hearing each other, once each, whichever server goes', async () => {
  const callId = 'servers-go';
  const people = await together(callId, NAMES);
  const before = await seen(people);

  // The gateway is started again: nobody is silent meanwhile, and everybody is who they were.
  const [ann] = people as [Person];
  const restartedAt = await ann.page.evaluate(() => performance.now());
  await product.restartGateway();
  await Promise.all(people.map(({ page }) => hasShown(page, STILL_HEARD, TAKES_MS)));
  await Promise.all(people.map(({ page }) => showsNothingWrong(page, TAKES_MS)));
  await hearEachOther(people);
  const samples = await tonesSince(ann.page, restartedAt);
  for (const tone of others(ann, people)) {
    const missing = longest(samples, ({ levels }) => heardAs(levels[tone] ?? 0) !== 'once');
    expect(missing).toBeLessThan(LONGEST_SILENCE_MS);
  }
  const resumed = await seen(people);
  expect(identities(resumed)).toEqual(identities(before));
  expect(resumed.map((each) => each?.epoch)).toEqual(before.map((each) => each?.epoch));

  // Their media server is killed: the spare one takes over, and nobody joins again.
  await product.killMediaServerOf(callId);
  await Promise.all(people.map(({ page }) => hasShown(page, STOPPED, TAKES_MS)));
  const epoch = (before[0]?.epoch ?? 0) + 1;
  await Promise.all(
    people.map((person) =>
      until(`${person.name} is in the next room`, TAKES_MS, async () => {
        const now = await person.see();
        return now !== null && now.epoch >= epoch && now.switchingTo === null
          ? { done: now }
          : { pending: now };
      }),
    ),
  );
  await hearEachOther(people);
  await seeWhoHasACamera(people);
  await Promise.all(people.map(({ page }) => showsNothingWrong(page, TAKES_MS)));
  expect(identities(await seen(people))).toEqual(identities(before));
});

/** Every connection of the page goes through a relay, as behind a firewall that lets nothing else out. */
async function onlyByRelay(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const Original = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Original {
      constructor(configuration?: RTCConfiguration) {
        super({ ...configuration, iceTransportPolicy: 'relay' });
      }
    };
  });
}

const isRelayed = async (person: Person) => (await person.stats()).remotes.map(({ relayed }) => relayed);

test('who can use nothing but a relay is in the call: directly, and by way of the media server', async () => {
  const callId = 'only-by-relay';
  const ann = await gathering.open('Ann', onlyByRelay);
  const [ben, cleo] = (await gathering.openAll('Ben', 'Cleo')) as [Person, Person];
  await gathering.meet(callId, ann, ben);
  expect(await isRelayed(ann)).toEqual([true]);
  await cleo.join(callId);
  await everybodyThere([ann, ben, cleo]);
  expect(await isRelayed(ann)).toEqual([true, true]);
  expect(await isRelayed(ben)).toEqual([false, false]);
  await Promise.all([ann, ben, cleo].map(({ page }) => showsNothingWrong(page)));
});
