/** The page of the API documents in a real browser: it loads, from one place, and requests can be tried. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { MEDIA_ROUTES } from '@crossfade/shared/media-routes';
import { serviceToken, startHarness, type Harness } from '../integration/media-server/harness.ts';
import { launchChromium } from './chromium.ts';

let browser: Browser;
let harness: Harness;
beforeAll(async () => {
  browser = await launchChromium();
  harness = await startHarness();
});
afterAll(async () => {
  await browser.close();
  await harness.close();
});

test('shows every operation, offline, and carries one out with a token', async () => {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  const elsewhere: string[] = [];
  page.on('request', (sent) => {
    if (!sent.url().startsWith(harness.url) && !sent.url().startsWith('data:')) elsewhere.push(sent.url());
  });

  await page.goto(`${harness.url}/docs`);
  await page.locator('.opblock').first().waitFor();
  expect(await page.locator('.opblock').count()).toBe(MEDIA_ROUTES.length);

  await page.locator('button.authorize').first().click();
  await page.locator('.auth-container input').fill(serviceToken());
  await page.locator('.auth-btn-wrapper button.authorize').click();
  await page.locator('.auth-btn-wrapper .btn-done').click();

  const operation = page.locator('#operations-Rooms-createRoom');
  await operation.locator('.opblock-summary-control').click();
  await operation.locator('tr[data-param-name="roomId"] input').fill('tried-from-the-page');
  await operation.locator('button.execute').click();
  const status = operation.locator('.live-responses-table .response .response-col_status');
  await status.waitFor();
  expect(await status.innerText()).toContain('201');
  expect((await harness.snapshot('tried-from-the-page')).roomId).toBe('tried-from-the-page');

  expect(complaints).toEqual([]);
  expect(elsewhere).toEqual([]);
  await page.close();
});
