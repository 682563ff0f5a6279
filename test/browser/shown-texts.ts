/** What a page tells about connections, in the order it told it: the banner's and the tiles' texts. */
import type { Page } from 'playwright-core';

declare global {
  interface Window {
    shownTexts?: string[];
  }
}

/** Notes what is shown from the moment the page is loaded; has to be called before. */
export async function watchTexts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const texts: string[] = [];
    window.shownTexts = texts;
    let shown = new Set<string>();
    const look = () => {
      const elements = document.querySelectorAll<HTMLElement>('[data-step], [data-trouble]');
      const now = new Set([...elements].map((element) => element.innerText));
      for (const text of now) if (!shown.has(text)) texts.push(text);
      shown = now;
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true });
  });
}

/** Waits until this has been shown. Returns everything that has been. */
export async function hasShown(page: Page, text: string, timeoutMs = 30_000): Promise<string[]> {
  const isShown = (wanted: string) =>
    window.shownTexts?.includes(wanted) === true ? window.shownTexts : null;
  try {
    const handle = await page.waitForFunction(isShown, text, { timeout: timeoutMs, polling: 100 });
    return (await handle.jsonValue()) ?? [];
  } catch (cause) {
    throw new Error(`“${text}” was not shown: ${await standing(page)}`, { cause });
  }
}

/** For a failure report: what was shown so far, and how the call stands. */
async function standing(page: Page): Promise<string> {
  const told = await page.evaluate(() => {
    const { status, mode, switchingTo, epoch, remotes = [] } = window.crossfade?.call.snapshot ?? {};
    const others = remotes.map(({ displayName, path, trouble }) => [displayName, path, trouble]);
    return { texts: window.shownTexts, status, mode, switchingTo, epoch, others };
  });
  return JSON.stringify(told);
}

/** Waits until nothing is wrong any more. */
export async function showsNothingWrong(page: Page, timeoutMs = 30_000): Promise<void> {
  const isWell = () => document.querySelector('[data-step], [data-trouble]') === null;
  try {
    await page.waitForFunction(isWell, undefined, { timeout: timeoutMs, polling: 100 });
  } catch (cause) {
    throw new Error(`Something is still wrong: ${await standing(page)}`, { cause });
  }
}
