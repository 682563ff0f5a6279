/**
 * What people in a call notice, in real Chromium on the whole product over loopback: how long joining takes, how long a
 * mode switch takes, and how long the pictures of those who stay stand still because of it.
 */
import type { CallAnswer } from '@crossfade/shared/gateway-api';
import { launchChromium } from '../test/browser/chromium.ts';
import { CAPTURE, measureGrowAndShrink, type SwitchCost } from '../test/browser/measure.ts';
import { startProduct } from '../test/browser/product.ts';
import { median, ms, percentile, table } from './statistics.ts';

const RUNS = 10;
/** The figures asked for, p95, milliseconds. */
const LIMITS = { join: 600, switch: 1_000, gap: 150 };

interface Figures {
  join: number[];
  /** From the trigger to the commit, by direction: what the gateway recorded. */
  duration: Record<'sfu' | 'p2p', number[]>;
  tiles: Record<'sfu' | 'p2p', SwitchCost['tiles']>;
  aborted: number;
}

/** Prints a table; tells whether the figures are met. */
export async function benchCalls(): Promise<boolean> {
  const product = await startProduct({
    gateway: { BACK_TO_P2P_DELAY_MS: '1500', SWITCH_TIMEOUT_MS: '10000' },
  });
  const browser = await launchChromium(CAPTURE.frameRate);
  const figures: Figures = {
    join: [],
    duration: { sfu: [], p2p: [] },
    tiles: { sfu: [], p2p: [] },
    aborted: 0,
  };
  try {
    for (let run = 1; run <= RUNS; run += 1) {
      const callId = `bench-${String(run)}`;
      const cost = await measureGrowAndShrink(browser, product.url, callId);
      figures.join.push(...Object.values(cost.joinToFrameMs));
      for (const { to, tiles } of cost.switches) figures.tiles[to].push(...tiles);
      await addTransitions(figures, product.url, callId);
      const gaps = cost.switches.map(
        ({ to, tiles }) => `${to} gap ${ms(Math.max(...tiles.map(({ gapMs }) => gapMs)))}`,
      );
      console.log(`run ${String(run)} of ${String(RUNS)}: ${gaps.join(', ')}`);
    }
  } finally {
    await browser.close();
    await product.stop();
  }
  return report(figures);
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

function report({ join, duration, tiles, aborted }: Figures): boolean {
  const row = (what: string, values: readonly number[], limit?: number) => [
    what,
    ms(median(values)),
    ms(percentile(values, 0.95)),
    limit === undefined ? '' : ms(limit),
  ];
  const gaps = (to: 'sfu' | 'p2p') => tiles[to].map(({ gapMs }) => gapMs);
  const baselines = (to: 'sfu' | 'p2p') => tiles[to].map(({ baselineMs }) => baselineMs);
  console.log(
    `\nCalls in Chromium, ${String(RUNS)} runs, ${String(CAPTURE.frameRate)} fps; ${String(aborted)} switches aborted\n`,
  );
  console.log(
    table([
      ['what', 'median', 'p95', 'limit (p95)'],
      row('join to first remote frame', join, LIMITS.join),
      row('P2P → SFU, trigger to commit', duration.sfu, LIMITS.switch),
      row('P2P → SFU, longest gap between frames', gaps('sfu'), LIMITS.gap),
      row('the same tiles in the steady call before', baselines('sfu')),
      row('SFU → P2P, trigger to commit', duration.p2p, LIMITS.switch),
      row('SFU → P2P, longest gap between frames', gaps('p2p'), LIMITS.gap),
      row('the same tiles in the steady call before', baselines('p2p')),
    ]),
  );
  return (
    percentile(join, 0.95) <= LIMITS.join &&
    (['sfu', 'p2p'] as const).every(
      (to) => percentile(duration[to], 0.95) <= LIMITS.switch && percentile(gaps(to), 0.95) <= LIMITS.gap,
    )
  );
}
