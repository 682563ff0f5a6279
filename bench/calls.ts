/**
 * What people in a call notice, in real Chromium on the whole product over loopback: how long joining takes, how long a
 * mode switch takes, and the longest time without a new frame on the tiles of those who stay.
 */
import type { CallAnswer, TransitionRecord } from '@crossfade/shared/gateway-api';
import { launchChromium } from '../test/browser/chromium.ts';
import { Person, type FrameTimes } from '../test/browser/person.ts';
import { startProduct } from '../test/browser/product.ts';
import { until } from '../test/browser/until.ts';
import { median, ms, percentile, table } from './statistics.ts';

const RUNS = 20;
const FRAMES_PER_SECOND = 30;
/** The figures asked for, milliseconds. */
const LIMITS = { join: 600, switch: 1_000, gap: 150 };
/** How long the call is left alone before a switch: its own baseline. */
const BASELINE_MS = 2_000;
/** How long after the commit a frame may still be late because of it. */
const AFTER_MS = 1_000;
const DWELL_MS = 1_500;

interface Figures {
  join: number[];
  up: Switch[];
  down: Switch[];
}

interface Switch {
  durationMs: number;
  /** Longest time between two frames on a tile of those who stay. */
  gapMs: number;
  baselineMs: number;
}

/** Prints a table; tells whether the figures are met. */
export async function benchCalls(): Promise<boolean> {
  const product = await startProduct({ gateway: { BACK_TO_P2P_DELAY_MS: String(DWELL_MS) } });
  const browser = await launchChromium(FRAMES_PER_SECOND);
  const figures: Figures = { join: [], up: [], down: [] };
  try {
    const anna = await Person.open(browser, product.url, 'Anna');
    await anna.join('bench');
    for (let run = 0; run < RUNS; run += 1) await oneRun(figures, product.url, anna, browser, run);
  } finally {
    await browser.close();
    await product.stop();
  }
  return report(figures);
}

/** Ben joins Anna, Carl joins both, Carl leaves, Ben leaves. */
async function oneRun(
  figures: Figures,
  url: string,
  anna: Person,
  browser: Parameters<typeof Person.open>[0],
  run: number,
): Promise<void> {
  const ben = await Person.open(browser, url, 'Ben');
  const pressedAt = await ben.join('bench');
  const first = await until('the first frame', 10_000, async () => {
    const times = Object.values((await ben.frameTimes()).presented).flat();
    return times.length > 0 ? { done: Math.min(...times) } : { pending: 'no frame yet' };
  });
  figures.join.push(first - pressedAt);
  await Promise.all([anna.settled('p2p', 1), ben.settled('p2p', 1)]);

  const carl = await Person.open(browser, url, 'Carl');
  await pause(BASELINE_MS);
  figures.up.push(
    await measured(url, 'sfu', [anna, ben], async () => {
      await carl.join('bench');
      await Promise.all([anna, ben, carl].map((person) => person.settled('sfu', 2)));
    }),
  );
  await pause(BASELINE_MS - AFTER_MS);
  figures.down.push(
    await measured(url, 'p2p', [anna, ben], async () => {
      await carl.close();
      await Promise.all([anna, ben].map((person) => person.settled('p2p', 1)));
    }),
  );
  await ben.close();
  await until('Ben has left', 10_000, async () => {
    const seen = await anna.see();
    return seen?.remotes.length === 0 ? { done: null } : { pending: seen };
  });
  console.log(
    `run ${run + 1} of ${RUNS}: up ${summary(figures.up.at(-1))}, down ${summary(figures.down.at(-1))}`,
  );
}

/** Lets a switch happen, and reads from the record how long it took and from the tiles what could be seen of it. */
async function measured(
  url: string,
  to: 'p2p' | 'sfu',
  people: [Person, Person],
  change: () => Promise<void>,
): Promise<Switch> {
  const before = await Promise.all(people.map((person) => person.frameTimes()));
  await change();
  await pause(AFTER_MS);
  const after = await Promise.all(people.map((person) => person.frameTimes()));
  const ids = await Promise.all(people.map(async (person) => (await person.see())?.participantId ?? ''));
  const record = await lastTransition(url, to);
  // Each of the two watches the other's tile.
  const gaps = after.map((times, i) => longestGap(times, ids[1 - i] ?? '', before[i]?.now ?? 0, times.now));
  const baselines = before.map((times, i) =>
    longestGap(times, ids[1 - i] ?? '', times.now - BASELINE_MS, times.now),
  );
  return {
    durationMs: record.durationMs ?? Number.NaN,
    gapMs: Math.max(...gaps),
    baselineMs: Math.max(...baselines),
  };
}

function longestGap({ presented }: FrameTimes, participantId: string, from: number, to: number): number {
  const times = (presented[participantId] ?? []).filter((at) => at >= from && at <= to);
  return Math.max(...times.slice(1).map((at, i) => at - (times[i] ?? at)));
}

async function lastTransition(url: string, to: 'p2p' | 'sfu'): Promise<TransitionRecord> {
  const answer = await fetch(`${url}/api/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Bench', callId: 'bench' }),
  });
  const { token } = (await answer.json()) as { token: string };
  return until('the record of the switch', 5_000, async () => {
    const response = await fetch(`${url}/api/calls/bench`, { headers: { authorization: `Bearer ${token}` } });
    const { transitions } = (await response.json()) as CallAnswer;
    const last = transitions.filter(({ outcome }) => outcome === 'committed').at(-1);
    return last?.to === to ? { done: last } : { pending: last };
  });
}

function report({ join, up, down }: Figures): boolean {
  const row = (what: string, values: number[], limit: number | null) => [
    what,
    ms(median(values)),
    ms(percentile(values, 0.95)),
    limit === null ? '' : ms(limit),
  ];
  console.log(`\nCalls in Chromium, ${RUNS} runs\n`);
  console.log(
    table([
      ['what', 'median', 'p95', 'limit (p95)'],
      row('join to first remote frame', join, LIMITS.join),
      row(
        'P2P → SFU, trigger to commit',
        up.map((each) => each.durationMs),
        LIMITS.switch,
      ),
      row(
        'P2P → SFU, longest gap between frames',
        up.map((each) => each.gapMs),
        LIMITS.gap,
      ),
      row(
        '… the same tiles left alone',
        up.map((each) => each.baselineMs),
        null,
      ),
      row(
        'SFU → P2P, trigger to commit',
        down.map((each) => each.durationMs),
        LIMITS.switch,
      ),
      row(
        'SFU → P2P, longest gap between frames',
        down.map((each) => each.gapMs),
        LIMITS.gap,
      ),
      row(
        '… the same tiles left alone',
        down.map((each) => each.baselineMs),
        null,
      ),
    ]),
  );
  const switches = [...up, ...down];
  return (
    percentile(join, 0.95) <= LIMITS.join &&
    percentile(
      switches.map((each) => each.durationMs),
      0.95,
    ) <= LIMITS.switch &&
    percentile(
      switches.map((each) => each.gapMs),
      0.95,
    ) <= LIMITS.gap
  );
}

const summary = (one: Switch | undefined): string =>
  one ? `${ms(one.durationMs)}, gap ${ms(one.gapMs)}` : '';
const pause = (forMs: number) => new Promise<void>((resolve) => setTimeout(resolve, forMs));
