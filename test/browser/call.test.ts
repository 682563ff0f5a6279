/**
 * The product as people use it: built services, the built web app, real Chromium pages. Media are judged by what is
 * decoded, never by what anybody announces.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import { Person } from './person.ts';
import { startProduct, type Product } from './product.ts';
import { hears, mediaArrives } from './received.ts';
import { soundsAllTheTime } from './tones.ts';
import { until } from './until.ts';
import { watchSignalling, type SignallingWire } from './signalling-wire.ts';

const SCREENSHOTS = path.resolve(import.meta.dirname, '../../artifacts/screenshots');
const DWELL_MS = 1_000;

jest.setTimeout(180_000);

let product: Product;
let browser: Browser;
let people: Person[] = [];

beforeAll(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  product = await startProduct({
    gateway: {
      BACK_TO_P2P_DELAY_MS: String(DWELL_MS),
      // The machine that runs all of this at once may be slow; how long a switch takes is for the benchmark.
      SWITCH_TIMEOUT_MS: '20000',
    },
  });
  browser = await launchChromium(10, ['--autoplay-policy=no-user-gesture-required']);
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

async function open(...names: string[]): Promise<Person[]> {
  const opened = await Promise.all(
    names.map((name) =>
      // The beeps of the made-up microphones are too short to be speech.
      Person.open(browser, product.url, name, name === 'Ben' ? soundsAllTheTime : undefined),
    ),
  );
  people.push(...opened);
  return opened;
}

/** Somebody whose signalling can be broken. */
async function openWithWire(name: string): Promise<[Person, SignallingWire]> {
  const wires: SignallingWire[] = [];
  const person = await Person.open(browser, product.url, name, async (page) => {
    wires.push(await watchSignalling(page));
  });
  people.push(person);
  return [person, ...(wires as [SignallingWire])];
}

/** Two people in a call, seeing and hearing each other directly. */
async function twoInACall(callId: string): Promise<[Person, Person]> {
  const [ann, ben] = (await open('Ann', 'Ben')) as [Person, Person];
  await ann.join(callId);
  await ann.settled('p2p', 0);
  await ben.join(callId);
  await Promise.all([ann.settled('p2p', 1), ben.settled('p2p', 1)]);
  await Promise.all([mediaArrives(ann, 'p2p', 1), mediaArrives(ben, 'p2p', 1)]);
  return [ann, ben];
}

/** Everybody's connection is judged, and somebody is seen to speak. */
async function showsConnections({ page }: Person, others: number): Promise<void> {
  await page.waitForFunction((count) => {
    const bars = document.querySelectorAll('[data-participant-id] [aria-label^="Connection: "]');
    return bars.length === count && document.querySelector('[data-speaks]') !== null;
  }, others);
}

async function screenshot({ page }: Person, name: string): Promise<void> {
  const usual = page.viewportSize();
  await page.setViewportSize({ width: 1_100, height: 760 });
  // The tiles glide to their new places.
  await page.waitForTimeout(600);
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });
  if (usual) await page.setViewportSize(usual);
}

describe('a call that grows and shrinks', () => {
  test('starts direct, moves to the media server for a third, and back when they leave', async () => {
    const callId = 'grows-and-shrinks';
    const [ann, ben] = await twoInACall(callId);
    await expect(ann.badge()).resolves.toBe('p2p');
    await showsConnections(ann, 1);
    await screenshot(ann, 'two-people');

    const [cleo] = (await open('Cleo')) as [Person];
    await cleo.fillIn(callId);
    await screenshot(cleo, 'join-page');
    await cleo.join(callId);
    const three = [ann, ben, cleo];
    await Promise.all(three.map((person) => person.settled('sfu', 2)));
    for (const person of three) {
      const arriving = await mediaArrives(person, 'sfu', 2);
      expect(new Set(arriving.map(({ participantId }) => participantId)).size).toBe(2);
      await expect(person.page.evaluate(() => document.visibilityState)).resolves.toBe('visible');
    }
    await expect(ann.badge()).resolves.toBe('sfu');
    await showsConnections(ann, 2);
    await screenshot(ann, 'three-people');

    const leftAt = Date.now();
    await cleo.hangUp();
    const two = [ann, ben];
    await Promise.all(two.map((person) => person.settled('p2p', 1)));
    expect(Date.now() - leftAt).toBeGreaterThanOrEqual(DWELL_MS);
    for (const person of two) await mediaArrives(person, 'p2p', 1);
    await expect(ann.badge()).resolves.toBe('p2p');
  });

  test('shows each participant in one stream for the whole call', async () => {
    const callId = 'one-stream';
    const [ann] = await twoInACall(callId);
    const markStream = () => {
      const stream = window.crossfade?.call.snapshot.remotes[0]?.stream;
      Object.assign(window, { firstStream: stream });
      return stream?.getTracks().map(({ id }) => id);
    };
    const before = await ann.page.evaluate(markStream);
    const [cleo] = (await open('Cleo')) as [Person];
    await cleo.join(callId);
    const { remotes } = await ann.settled('sfu', 2);
    const ben = remotes.find(({ name }) => name === 'Ben');
    const after = await ann.page.evaluate((id) => {
      const now = window.crossfade?.call.snapshot.remotes.find(({ participantId }) => participantId === id);
      return {
        same: now?.stream === (window as Window & { firstStream?: MediaStream }).firstStream,
        tracks: now?.stream.getTracks().map((track) => track.id),
        kinds: now?.stream.getTracks().map(({ kind }) => kind),
      };
    }, ben?.participantId);
    expect(after.same).toBe(true);
    expect(after.kinds?.sort()).toEqual(['audio', 'video']);
    expect(after.tracks).not.toEqual(before);
  });
});

describe('choices made while the call switches', () => {
  test('a microphone that is muted in the middle of a switch stays muted, until it is not', async () => {
    const callId = 'mute-in-a-switch';
    const [ann, ben] = await twoInACall(callId);
    await ann.page.evaluate(() => {
      const call = window.crossfade?.call;
      const stop = call?.subscribe(() => {
        if (call.snapshot.switchingTo !== 'sfu') return;
        stop?.();
        call.setMicrophone(false);
      });
    });
    const [cleo] = (await open('Cleo')) as [Person];
    await cleo.join(callId);
    await Promise.all([ann, ben, cleo].map((person) => person.settled('sfu', 2)));
    const { microphone, participantId } = (await ann.see()) ?? {};
    expect(microphone).toBe(false);
    await expect(hears(ben, participantId ?? '')).resolves.toBe(false);
    await expect(hears(cleo, participantId ?? '')).resolves.toBe(false);

    await ann.page.evaluate(() => window.crossfade?.call.setMicrophone(true));
    await Promise.all([mediaArrives(ben, 'sfu', 2), mediaArrives(cleo, 'sfu', 2)]);
  });
});

describe('a media worker that dies', () => {
  test('everyone is seen and heard again in the next room, in the same mode, and nobody joins again', async () => {
    const callId = 'worker-dies';
    const people = (await twoInACall(callId)) as Person[];
    const [cleo] = (await open('Cleo')) as [Person];
    await cleo.join(callId);
    people.push(cleo);
    await Promise.all(people.map((person) => person.settled('sfu', 2)));
    const before = await Promise.all(
      people.map((person) => mediaArrives(person, 'sfu', 2).then(() => person.see())),
    );

    for (const pid of await product.workers()) process.kill(pid, 'SIGKILL');
    const modes = await Promise.all(
      people.map((person) =>
        until(`${person.name} is in the next room`, 30_000, async () => {
          const seen = await person.see();
          return seen?.epoch === 2 ? { done: seen.mode } : { pending: seen };
        }),
      ),
    );
    expect(modes).toEqual(['sfu', 'sfu', 'sfu']);
    await Promise.all(people.map((person) => mediaArrives(person, 'sfu', 2)));
    const after = await Promise.all(people.map((person) => person.see()));
    expect(after.map((seen) => seen?.participantId)).toEqual(before.map((seen) => seen?.participantId));
  });
});

describe('connections that break', () => {
  test('a page that is reloaded is back in the same direct call', async () => {
    const callId = 'reload';
    const [ann, ben] = await twoInACall(callId);
    const before = await ann.see();
    await ben.page.reload();
    await ann.settled('p2p', 0);
    await ben.join();
    await Promise.all([ann.settled('p2p', 1), ben.settled('p2p', 1)]);
    await Promise.all([mediaArrives(ann, 'p2p', 1), mediaArrives(ben, 'p2p', 1)]);
    const after = await ann.see();
    expect(after?.epoch).toBe(before?.epoch);
    expect(after?.participantId).toBe(before?.participantId);
    expect(after?.remotes[0]?.participantId).not.toBe(before?.remotes[0]?.participantId);
  });

  test('media go on without signalling, and the session is resumed', async () => {
    const callId = 'signalling-lost';
    const [ann, wire] = await openWithWire('Ann');
    await ann.join(callId);
    const [ben] = (await open('Ben')) as [Person];
    await ben.join(callId);
    await Promise.all([ann.settled('p2p', 1), ben.settled('p2p', 1)]);
    const before = await ann.see();

    wire.cut();
    await ann.statusIs('reconnecting');
    await mediaArrives(ann, 'p2p', 1);
    wire.restore();
    await ann.statusIs('joined');
    expect(await ann.see()).toMatchObject({
      participantId: before?.participantId,
      epoch: before?.epoch,
      remotes: [{ participantId: before?.remotes[0]?.participantId, path: 'p2p' }],
    });
    await Promise.all([mediaArrives(ann, 'p2p', 1), mediaArrives(ben, 'p2p', 1)]);
  });

  test('who misses the commit of a switch catches up', async () => {
    const callId = 'commit-missed';
    const [ann, wire] = await openWithWire('Ann');
    await ann.join(callId);
    const [ben, cleo] = (await open('Ben', 'Cleo')) as [Person, Person];
    await ben.join(callId);
    await Promise.all([ann.settled('p2p', 1), ben.settled('p2p', 1)]);

    wire.breakBefore('"phase":"commit"');
    await cleo.join(callId);
    await Promise.all([ann, ben, cleo].map((person) => person.settled('sfu', 2)));
    await Promise.all([ann, ben, cleo].map((person) => mediaArrives(person, 'sfu', 2)));
    expect(wire.broken()).toBe(1);
  });
});
