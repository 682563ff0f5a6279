/** How a page looks in each view: kept as pictures, judged by axe, and by the room that things have on a phone. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Page } from 'playwright-core';

const SCREENSHOTS = path.resolve(import.meta.dirname, '../../artifacts/screenshots');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** As fingers need it, CSS pixels (WCAG 2.5.5). */
const TOUCH = 44;

interface View {
  readonly name: string;
  readonly scheme: 'dark' | 'light';
  readonly width: number;
  readonly height: number;
  /** Judged by axe too; what differs in size only, it has seen. */
  readonly axe: boolean;
}

const VIEWS: readonly View[] = [
  { name: 'desktop-dark', scheme: 'dark', width: 1_280, height: 800, axe: true },
  { name: 'desktop-light', scheme: 'light', width: 1_280, height: 800, axe: true },
  { name: 'phone-light', scheme: 'light', width: 390, height: 844, axe: true },
  { name: 'phone-dark', scheme: 'dark', width: 360, height: 640, axe: true },
  { name: 'phone-lying', scheme: 'dark', width: 844, height: 390, axe: false },
];

declare global {
  interface Window {
    axe?: {
      run: (
        context: Document,
        options: object,
      ) => Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
    };
  }
}

/** Takes a picture of the page in every view. Returns what is wrong in them, in words; nothing, if all is well. */
export async function lookAt(page: Page, state: string): Promise<string[]> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const usual = page.viewportSize();
  const wrong: string[] = [];
  for (const { name, scheme, width, height, axe } of VIEWS) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height });
    await page.evaluate(settled);
    await page.screenshot({ path: path.join(SCREENSHOTS, `${state}-${name}.png`) });
    const phone = Math.min(width, height) < 500;
    const found = [
      ...(await page.evaluate(misplaced, phone ? TOUCH : 24)),
      ...(axe ? await violations(page) : []),
    ];
    wrong.push(...found.map((text) => `${state}, ${name}: ${text}`));
  }
  if (usual) await page.setViewportSize(usual);
  return wrong;
}

async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => window.axe !== undefined))) await page.evaluate(AXE);
  return page.evaluate(async () => {
    const options = { resultTypes: ['violations'], elementRef: false };
    const found = (await window.axe?.run(document, options))?.violations ?? [];
    return found.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html.slice(0, 160)} (${node.failureSummary ?? ''})`),
    );
  });
}

/** Runs in the page: until what appears, glides and fades has come to its end. */
async function settled(): Promise<void> {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  for (let frames = 0; frames < 4; frames += 1) await frame();
  const moving = document
    .getAnimations()
    .filter(({ effect }) => effect?.getComputedTiming().iterations !== Infinity);
  await Promise.allSettled(moving.map(({ finished }) => finished));
  for (let frames = 0; frames < 2; frames += 1) await frame();
}

/** Runs in the page: what can be pressed but is cut off, covered or too small for a finger; what is wider than the page. */
function misplaced(touch: number): string[] {
  const { innerWidth: width, innerHeight: height } = window;
  const wrong: string[] = [];
  const root = document.documentElement;
  if (root.scrollWidth > width) wrong.push(`the page is ${String(root.scrollWidth)} wide`);
  const scrolls = root.scrollHeight > height;
  const pressable = document.querySelectorAll<HTMLElement>(
    'button, select, textarea, input:not([type=checkbox])',
  );
  for (const element of pressable) {
    if (element.closest('[inert]') !== null || !element.checkVisibility({ visibilityProperty: true }))
      continue;
    const box = element.getBoundingClientRect();
    const name = element.ariaLabel ?? element.innerText.trim();
    const sizes = `${String(Math.round(box.width))} × ${String(Math.round(box.height))}`;
    if (box.width < touch - 0.5 || box.height < touch - 0.5) wrong.push(`“${name}” is only ${sizes}`);
    if (box.left < -0.5 || box.right > width + 0.5) wrong.push(`“${name}” is cut off at the side`);
    const scroller = element.closest('aside, [role=dialog]');
    if (scroller === null && !scrolls && (box.top < -0.5 || box.bottom > height + 0.5))
      wrong.push(`“${name}” is cut off`);
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    if (x < 0 || y < 0 || x >= width || y >= height) continue;
    const top = document.elementFromPoint(x, y);
    // A popup is over the page as long as it is open; a whole tile can be pressed, and things lie on it.
    if (top === null || element.contains(top) || document.querySelector(':popover-open')) continue;
    if (element.closest('article') !== null) continue;
    wrong.push(`“${name}” is covered by ${top.outerHTML.slice(0, 120)}`);
  }
  return wrong;
}
