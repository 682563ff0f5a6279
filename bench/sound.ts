/**
 * What those who stay hear of a switch, in real Chromium on the whole product over loopback: the longest silence in a steady
 * tone, as the page really plays it, beside the same app with a naive switch.
 */
import type { Browser } from 'playwright-core';
import { launchChromium } from '../test/browser/chromium.ts';
import { longestSilence, noteSilences, SOUND_FLAGS, steadyDevices } from '../test/browser/heard-sound.ts';
import { CAPTURE, keepSmall, lastSwap } from '../test/browser/measure.ts';
import { Person, type Mode } from '../test/browser/person.ts';
import { startProduct, type ProductOptions } from '../test/browser/product.ts';
import { mediaArrives } from '../test/browser/received.ts';
import { besideNaive } from './naive-web-app.ts';
import { median, ms, percentile, table } from './statistics.ts';

const RUNS = 20;
/** p95, milliseconds. */
const LIMIT = 10;
const LOUDNESS = 0.2;
/** Before a switch, for comparison, and after its commit; milliseconds. */
const STEADY_MS = 2_500;
const AFTER_MS = 1_500;

interface Silence {
  silence: number;
  /** The longest in the steady call before it: what the machine costs anyway. */
  baseline: number;
}
type Silences = Record<Mode, Silence[]>;

/** Prints a table; tells whether the figures are met. */
export async function benchSound(runs = RUNS): Promise<boolean> {
  const { own, naive } = await besideNaive((name, options) => measure(name, runs, options));
  return report(own, naive, runs);
}

async function measure(name: string, runs: number, options: ProductOptions): Promise<Silences> {
  const gateway = { BACK_TO_P2P_DELAY_MS: '1500', SWITCH_TIMEOUT_MS: '10000', ...options.gateway };
  const product = await startProduct({ ...options, gateway });
  const browser = await launchChromium(CAPTURE.frameRate, SOUND_FLAGS, { audible: true });
  const silences: Silences = { sfu: [], p2p: [] };
  try {
    for (let run = 1; run <= runs; run += 1) {
      const heard = await listen(browser, product.url, `sound-${String(run)}`);
      silences.sfu.push(...heard.sfu);
      silences.p2p.push(...heard.p2p);
      const longest = (to: Mode) => ms(Math.max(...heard[to].map(({ silence }) => silence)));
      console.log(
        `${name}, run ${String(run)} of ${String(runs)}: sfu ${longest('sfu')}, p2p ${longest('p2p')}`,
      );
    }
  } finally {
    await browser.close();
    await product.stop();
  }
  return silences;
}

/** Two hear each other; a third one, who is silent, joins and leaves again. */
async function listen(browser: Browser, url: string, callId: string): Promise<Silences> {
  const open = (name: string, loudness: number) =>
    Person.open(browser, url, name, async (page) => {
      await keepSmall(page);
      await steadyDevices(page, loudness);
    });
  const ann = await open('Ann', LOUDNESS);
  const ben = await open('Ben', LOUDNESS);
  const cleo = await open('Cleo', 0);
  const two = [ann, ben];
  try {
    await ann.join(callId);
    await ann.settled('p2p', 0);
    await cleo.fillIn(callId);
    await ben.join(callId);
    await Promise.all(two.map((person) => person.settled('p2p', 1)));
    await Promise.all(two.map((person) => mediaArrives(person, 'p2p', 1)));
    for (const { page } of two) await noteSilences(page);
    await pause(STEADY_MS + 1_500);
    await cleo.join();
    await Promise.all([ann, ben, cleo].map((person) => person.settled('sfu', 2)));
    await pause(AFTER_MS + STEADY_MS);
    const sfu = await Promise.all(two.map((person) => around(person, 'sfu')));
    await cleo.hangUp();
    await Promise.all(two.map((person) => person.settled('p2p', 1)));
    await pause(AFTER_MS + 500);
    return { sfu, p2p: await Promise.all(two.map((person) => around(person, 'p2p'))) };
  } finally {
    await Promise.all([ann, ben, cleo].map((person) => person.close()));
  }
}

async function around(person: Person, to: Mode): Promise<Silence> {
  const swap = lastSwap((await person.recording()).modes, to);
  if (!swap) throw new Error(`${person.name} has not switched to ${to}.`);
  const { heardAt, committedAt } = swap;
  return {
    silence: await longestSilence(person.page, heardAt, committedAt + AFTER_MS),
    baseline: await longestSilence(person.page, heardAt - STEADY_MS, heardAt),
  };
}

function report(own: Silences, naive: Silences, runs: number): boolean {
  const pair = (values: readonly number[]) => `${ms(median(values))} / ${ms(percentile(values, 0.95))}`;
  const row = (what: string, of: (silences: Silences) => number[], limit = '') => [
    what,
    pair(of(own)),
    pair(of(naive)),
    limit,
  ];
  const asked = `p95 ${ms(LIMIT)}`;
  console.log(`\nSound in Chromium, ${String(runs)} runs\n`);
  console.log(
    table([
      ['longest silence, median / p95', 'Crossfade', 'naive', 'asked for'],
      row('P2P → SFU', ({ sfu }) => sfu.map(({ silence }) => silence), asked),
      row('in the steady call before', ({ sfu }) => sfu.map(({ baseline }) => baseline)),
      row('SFU → P2P', ({ p2p }) => p2p.map(({ silence }) => silence), asked),
      row('in the steady call before', ({ p2p }) => p2p.map(({ baseline }) => baseline)),
    ]),
  );
  return [own.sfu, own.p2p].every(
    (silences) =>
      percentile(
        silences.map(({ silence }) => silence),
        0.95,
      ) <= LIMIT,
  );
}

function pause(forMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forMs));
}
