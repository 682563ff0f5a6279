/**
 * What people in a call notice, in real Chromium on the whole product over loopback: how long joining takes, how long a
 * mode switch takes, and how long the pictures of those who stay stand still because of it; beside the same app with a
 * naive switch, which breaks before it makes.
 */
import type { CallAnswer } from '@crossfade/shared/gateway-api';
import { launchChromium } from '../test/browser/chromium.ts';
import { CAPTURE, measureGrowAndShrink, type SwitchCost } from '../test/browser/measure.ts';
import { startProduct, type ProductOptions } from '../test/browser/product.ts';
import { besideNaive } from './naive-web-app.ts';
import { median, ms, percentile, table } from './statistics.ts';

const RUNS = 20;
/** The figures asked for, milliseconds: p95, but for the median of what a switch adds to the longest gap between frames. */
const LIMITS = { join: 500, commit: 800, addedMedian: 20, added: 70 };

interface Figures {
  /** From pressing the button to the first picture of another: of the second person, and of the third. */
  join: Record<'second' | 'third', number[]>;
  /** From the trigger to the commit, by direction: what the gateway recorded. */
  duration: Record<'sfu' | 'p2p', number[]>;
  tiles: Record<'sfu' | 'p2p', SwitchCost['tiles']>;
  aborted: number;
}

/** Prints a table; tells whether the figures are met. */
export async function benchCalls(runs = RUNS): Promise<boolean> {
  const { own, naive } = await besideNaive((name, options) => measure(name, runs, options));
  return report(own, naive, runs);
}

async function measure(name: string, runs: number, options: ProductOptions): Promise<Figures> {
  const gateway = { BACK_TO_P2P_DELAY_MS: '1500', SWITCH_TIMEOUT_MS: '10000', ...options.gateway };
  const product = await startProduct({ ...options, gateway });
  const browser = await launchChromium(CAPTURE.frameRate);
  const figures: Figures = {
    join: { second: [], third: [] },
    duration: { sfu: [], p2p: [] },
    tiles: { sfu: [], p2p: [] },
    aborted: 0,
  };
  try {
    for (let run = 1; run <= runs; run += 1) {
      const callId = `bench-${String(run)}`;
      const cost = await measureGrowAndShrink(browser, product.url, callId);
      figures.join.second.push(cost.joinToFrameMs.second);
      figures.join.third.push(cost.joinToFrameMs.third);
      for (const { to, tiles } of cost.switches) figures.tiles[to].push(...tiles);
      await addTransitions(figures, product.url, callId);
      const gaps = cost.switches.map(
        ({ to, tiles }) => `${to} gap ${ms(Math.max(...tiles.map(({ gapMs }) => gapMs)))}`,
      );
      console.log(`${name}, run ${String(run)} of ${String(runs)}: ${gaps.join(', ')}`);
    }
  } finally {
    await browser.close();
    await product.stop();
  }
  return figures;
}

async function addTransitions(figures: Figures, url: string, callId: string): Promise<void> {
  const answer = await fetch(`${url}/api/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Bench', callId }),
  });
  const { token } = (await answer.json()) as { token: string };
  const response = await fetch(`${url}/api/calls/${callId}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { transitions } = (await response.json()) as CallAnswer;
  for (const { to, outcome, durationMs } of transitions) {
    if (outcome === 'committed' && durationMs !== null) figures.duration[to].push(durationMs);
    // The last people to leave end the call while it may be on its way somewhere.
    if (outcome === 'aborted') figures.aborted += 1;
  }
}

function report(own: Figures, naive: Figures, runs: number): boolean {
  const pair = (values: readonly number[]) => `${ms(median(values))} / ${ms(percentile(values, 0.95))}`;
  const row = (what: string, of: (figures: Figures) => readonly number[], limit: string) => [
    what,
    pair(of(own)),
    pair(of(naive)),
    limit,
  ];
  const added = (to: 'sfu' | 'p2p') => (figures: Figures) =>
    figures.tiles[to].map(({ gapMs, baselineMs }) => Math.max(0, gapMs - baselineMs));
  const direction = (to: 'sfu' | 'p2p', name: string) => [
    row(`${name}, trigger to commit`, ({ duration }) => duration[to], `p95 ${ms(LIMITS.commit)}`),
    row(`${name}, longest gap between frames`, ({ tiles }) => tiles[to].map(({ gapMs }) => gapMs), ''),
    row(
      'the same tiles in the steady call',
      ({ tiles }) => tiles[to].map(({ baselineMs }) => baselineMs),
      '',
    ),
    row(`${name}, added by the switch`, added(to), `${ms(LIMITS.addedMedian)} / ${ms(LIMITS.added)}`),
  ];
  const aborted = `${String(own.aborted)} switches aborted (naive: ${String(naive.aborted)})`;
  console.log(`\nCalls in Chromium, ${String(runs)} runs, ${String(CAPTURE.frameRate)} fps; ${aborted}\n`);
  console.log(
    table([
      ['median / p95', 'Crossfade', 'naive', 'asked for'],
      row('second person, join to first frame', ({ join }) => join.second, `p95 ${ms(LIMITS.join)}`),
      row('third person, join to first frame', ({ join }) => join.third, `p95 ${ms(LIMITS.join)}`),
      ...direction('sfu', 'P2P → SFU'),
      ...direction('p2p', 'SFU → P2P'),
    ]),
  );
  const directions = ['sfu', 'p2p'] as const;
  return (
    Object.values(own.join).every((times) => percentile(times, 0.95) <= LIMITS.join) &&
    directions.every((to) => percentile(own.duration[to], 0.95) <= LIMITS.commit) &&
    directions.every((to) => median(added(to)(own)) <= LIMITS.addedMedian) &&
    directions.every((to) => percentile(added(to)(own), 0.95) <= LIMITS.added)
  );
}
