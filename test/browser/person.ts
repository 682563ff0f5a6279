/** Someone in a call: one page of the real web app in a window of its own, and what can be read from it. */
import type { Call, CallSnapshot, PathStats } from '@crossfade/client/call';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { recordPage, type Recording } from './page-recorder.ts';

declare global {
  interface Window {
    crossfade?: { call: Call };
  }
}

export type Mode = CallSnapshot['mode'];

/** The snapshot without what cannot leave the page. */
export interface Seen {
  mode: Mode;
  switchingTo: Mode | null;
  epoch: number;
  participantId: string;
  microphone: boolean;
  remotes: { participantId: string; name: string; path: string; audio: boolean; video: boolean }[];
}

/** What a camera is asked for: every page encodes and decodes, and all of them share the machine. */
const SMALL_CAMERA: MediaTrackConstraints = { width: 320, height: 180, frameRate: 10 };

export class Person {
  readonly name: string;
  readonly page: Page;
  /** What went wrong in the page: exceptions and `console.error`. */
  readonly problems: string[] = [];
  readonly #context: BrowserContext;

  private constructor(name: string, context: BrowserContext, page: Page) {
    this.name = name;
    this.#context = context;
    this.page = page;
    page.on('pageerror', (error) => this.problems.push(`${name}: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      // A connection that the test cut while something was being sent; what is sent on it is lost either way.
      if (message.text() === 'WebSocket is already in CLOSING or CLOSED state.') return;
      if (message.type() === 'error') this.problems.push(`${name}: ${message.text()}`);
    });
  }

  /**
   * Opens the join page; every person has a browser profile of their own.
   * @param prepare what has to be set up before the page is loaded; a camera it asks for itself is the one that counts
   * @param camera what the camera is asked for; null: what the app asks for
   */
  static async open(
    browser: Browser,
    url: string,
    name: string,
    prepare?: (page: Page) => Promise<void>,
    camera: MediaTrackConstraints | null = SMALL_CAMERA,
  ): Promise<Person> {
    const context = await browser.newContext({
      // Small: without a graphics card, painting three videos a page is much of the work.
      viewport: { width: 560, height: 420 },
      permissions: ['camera', 'microphone'],
      // So is moving tiles about, sixty times a second.
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    await page.addInitScript(recordPage);
    const person = new Person(name, context, page);
    await prepare?.(page);
    if (camera) {
      await page.addInitScript((video) => {
        const devices = navigator.mediaDevices;
        const open = devices.getUserMedia.bind(devices);
        devices.getUserMedia = (asked) => open(asked?.video ? { ...asked, video } : asked);
      }, camera);
    }
    await page.goto(url);
    return person;
  }

  /** Fills in the join page. */
  async fillIn(callId: string): Promise<void> {
    await this.page.getByLabel('Your name').fill(this.name);
    await this.page.getByLabel('Call', { exact: true }).fill(callId);
  }

  /**
   * Presses the button of the join page, after filling it in unless the page knows the call already. Returns when that
   * was, by the page's clock.
   */
  async join(callId?: string): Promise<number> {
    const { page } = this;
    // Of several windows only one is in front; those behind it would present no frames.
    await page.bringToFront();
    if (callId === undefined) await page.getByLabel('Your name').fill(this.name);
    else await this.fillIn(callId);
    const button = page.getByRole('button', { name: 'Join' });
    await button.waitFor();
    const pressedAt = await page.evaluate(() => performance.now());
    await button.click();
    return pressedAt;
  }

  async hangUp(): Promise<void> {
    await this.page.getByRole('button', { name: 'Leave' }).click();
  }

  /** What the page says about where the call runs. */
  async badge(): Promise<string | null> {
    return this.page.getByTestId('mode-badge').getAttribute('data-mode');
  }

  async close(): Promise<void> {
    await this.#context.close();
  }

  /** What the client sees of the call; null outside of one. */
  async see(): Promise<Seen | null> {
    return this.page.evaluate(() => {
      const snapshot = window.crossfade?.call.snapshot;
      if (!snapshot || snapshot.status.kind === 'ended') return null;
      const { mode, switchingTo, epoch, participantId, local, remotes } = snapshot;
      return {
        mode,
        switchingTo,
        epoch,
        participantId,
        microphone: local.media.audio,
        remotes: remotes.map((remote) => ({
          participantId: remote.participantId,
          name: remote.displayName,
          path: remote.path,
          audio: remote.media.audio,
          video: remote.media.video,
        })),
      };
    });
  }

  async stats(): Promise<PathStats> {
    const stats = await this.page.evaluate(() => window.crossfade?.call.stats());
    if (!stats) throw new Error(`${this.name} is in no call.`);
    return stats;
  }

  /** What was noted in the page so far, and the page's clock now, milliseconds. */
  async recording(): Promise<Recording & { now: number }> {
    return this.page.evaluate(() => ({
      presented: window.recording?.presented ?? {},
      modes: window.recording?.modes ?? [],
      now: performance.now(),
    }));
  }

  /** Waits until the call runs in this mode, without a switch under way, with so many others. */
  async settled(mode: Mode, others: number, timeoutMs = 30_000): Promise<Seen> {
    const settled = await this.#reaches(timeoutMs, { mode, others });
    const seen = await this.see();
    if (settled && seen) return seen;
    const decisions = await this.page.evaluate(() => window.crossfade?.call.decisions()).catch(String);
    const last = { seen, decisions, problems: this.problems };
    throw new Error(
      `${this.name} was not in mode ${mode} with ${String(others)} others in time. Last seen: ${JSON.stringify(last)}`,
    );
  }

  /** Waits until the call has this status. */
  async statusIs(status: CallSnapshot['status']['kind'], timeoutMs = 30_000): Promise<void> {
    if (await this.#reaches(timeoutMs, { status })) return;
    throw new Error(`${this.name} was not ${status} in time. Last seen: ${JSON.stringify(await this.see())}`);
  }

  /** Waits inside the page, without disturbing it: whether the call came to be like this in time. */
  async #reaches(
    timeoutMs: number,
    wanted: { mode?: Mode; others?: number; status?: CallSnapshot['status']['kind'] },
  ): Promise<boolean> {
    const { page } = this;
    const deadline = Date.now() + timeoutMs;
    const inCall = () => window.crossfade !== undefined;
    const entered = await page
      .waitForFunction(inCall, undefined, { timeout: timeoutMs, polling: 100 })
      .catch(() => null);
    if (!entered) return false;
    return page.evaluate(
      ({ mode, others, status, ms }) =>
        new Promise<boolean>((resolve) => {
          const call = window.crossfade?.call;
          if (!call) {
            resolve(false);
            return;
          }
          const look = () => {
            const { snapshot } = call;
            const isSo =
              (status === undefined || snapshot.status.kind === status) &&
              (mode === undefined ||
                (snapshot.mode === mode &&
                  snapshot.switchingTo === null &&
                  snapshot.remotes.every(({ path }) => path === mode))) &&
              (others === undefined || snapshot.remotes.length === others);
            if (isSo) end(true);
          };
          const stop = call.subscribe(look);
          const timer = setTimeout(() => end(false), ms);
          const end = (result: boolean) => {
            clearTimeout(timer);
            stop();
            resolve(result);
          };
          look();
        }),
      { ...wanted, ms: Math.max(0, deadline - Date.now()) },
    );
  }
}
