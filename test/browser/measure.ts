/**
 * What a call costs the people in it, measured in real pages: how long until the first frame, how long a switch takes,
 * and the longest time a picture stands still because of it. Used by the benchmark.
 */
import { longestGap, presentationTimes } from '@crossfade/client/gap-meter';
import type { Browser, Page } from 'playwright-core';
import type { ModeChange } from './page-recorder.ts';
import { Person, type Mode } from './person.ts';
import { mediaArrives } from './received.ts';

export interface TileGap {
  viewer: string;
  /** The participant whose picture it is. */
  of: string;
  /** Longest time between two presented frames around the swap, milliseconds. */
  gapMs: number;
  /** The same in the steady call before it: what the machine and the camera cost anyway, milliseconds. */
  baselineMs: number;
}

export interface SwitchCost {
  to: Mode;
  /** By client, from hearing of the switch to its commit, milliseconds. */
  switchMs: Record<string, number>;
  /** Of the pictures that were there before; somebody who has just come had nothing that could stand still. */
  tiles: TileGap[];
}

export interface CallCost {
  /** From pressing the button to the first picture of another: the second person, and the third; milliseconds. */
  joinToFrameMs: { second: number; third: number };
  switches: SwitchCost[];
}

/** How much around a swap counts, and how long the steady call before is watched, milliseconds. */
const AROUND_MS = 1_500;
const STEADY_MS = 4_000;
/** How long nothing happens after the form is filled in, milliseconds. */
const FILLED_IN_MS = 2_000;

/** Pixels; two others just fit. On a page for one, whoever speaks would take the place of whose picture is measured. */
const VIEWPORT = { width: 400, height: 360 };
/** What a camera is asked for. */
export const CAPTURE = { width: 320, height: 180, frameRate: 30 };

/** Two people call, a third joins and leaves again: one switch to the media server and one back. */
export async function measureGrowAndShrink(browser: Browser, url: string, callId: string): Promise<CallCost> {
  const people = await Promise.all(
    ['Ann', 'Ben', 'Cleo'].map((name) => Person.open(browser, url, name, keepSmall)),
  );
  const [ann, ben, cleo] = people as [Person, Person, Person];
  try {
    await ann.join(callId);
    await ann.settled('p2p', 0);
    // People fill in the form, look at themselves, and press the button.
    await ben.fillIn(callId);
    await cleo.fillIn(callId);
    await pause(FILLED_IN_MS);
    const second = await joinToFrame(ben);
    await Promise.all([ann, ben].map((person) => mediaArrives(person, 'p2p', 1)));
    await pause(STEADY_MS);

    const third = await joinToFrame(cleo);
    await Promise.all(people.map((person) => person.settled('sfu', 2)));
    await pause(STEADY_MS);
    const toSfu = await switchCost('sfu', [ann, ben]);

    await cleo.hangUp();
    await Promise.all([ann, ben].map((person) => person.settled('p2p', 1)));
    await pause(AROUND_MS + 500);
    const toP2p = await switchCost('p2p', [ann, ben]);
    return { joinToFrameMs: { second, third }, switches: [toSfu, toP2p] };
  } finally {
    await Promise.all(people.map((person) => person.close()));
  }
}

/** Three pages and two servers share a machine that paints and encodes without a graphics card. */
export async function keepSmall(page: Page): Promise<void> {
  await page.setViewportSize(VIEWPORT);
  await page.addInitScript((video) => {
    const devices = navigator.mediaDevices;
    const open = devices.getUserMedia.bind(devices);
    devices.getUserMedia = (wanted) => open(wanted?.video ? { ...wanted, video } : wanted);
  }, CAPTURE);
}

/** Joins with what is filled in, and waits for the first picture of anybody. */
export async function joinToFrame(person: Person): Promise<number> {
  const pressedAt = await person.join();
  // Without `waitForFunction`: what the test tool brings into the page for it takes as long as a join may.
  await person.page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          if (!Object.values(window.recording?.presented ?? {}).some((told) => told.length > 0)) return;
          clearInterval(timer);
          resolve();
        }, 50);
      }),
  );
  const { presented } = await person.recording();
  return Math.min(...Object.values(presented).flatMap((told) => told[0]?.at ?? [])) - pressedAt;
}

/** What the last switch to this mode cost; read it some time after the commit. */
export async function switchCost(to: Mode, viewers: readonly Person[]): Promise<SwitchCost> {
  const switchMs: Record<string, number> = {};
  const tiles: TileGap[] = [];
  for (const viewer of viewers) {
    const { presented, modes } = await viewer.recording();
    const swap = lastSwap(modes, to);
    if (!swap) throw new Error(`${viewer.name} has not switched to ${to}.`);
    switchMs[viewer.name] = swap.committedAt - swap.heardAt;
    for (const [of, told] of Object.entries(presented)) {
      const times = presentationTimes(told);
      const steadyFrom = swap.heardAt - STEADY_MS;
      const last = times.at(-1) ?? 0;
      // Shown all the time: neither a newcomer nor somebody who has left.
      if ((times[0] ?? Infinity) > steadyFrom || last < swap.committedAt + AROUND_MS / 2) continue;
      tiles.push({
        viewer: viewer.name,
        of,
        gapMs: longestGap(times, swap.committedAt - AROUND_MS, swap.committedAt + AROUND_MS) ?? 0,
        baselineMs: longestGap(times, steadyFrom, steadyFrom + 2 * AROUND_MS) ?? 0,
      });
    }
  }
  return { to, switchMs, tiles };
}

/** When somebody heard of the last switch to this mode, and of its commit, by the page's clock. */
export function lastSwap(
  modes: readonly ModeChange[],
  to: Mode,
): { heardAt: number; committedAt: number } | null {
  const heard = modes.findLastIndex(({ switchingTo }) => switchingTo === to);
  const begun = modes[heard];
  const commit = modes.slice(heard + 1).find(({ mode, switchingTo }) => mode === to && switchingTo === null);
  return begun && commit ? { heardAt: begun.at, committedAt: commit.at } : null;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
