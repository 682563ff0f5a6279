/** Somebody who is muted by a moderator is not heard, although their browser goes on sending. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { signUserToken } from '@crossfade/service/tokens';
import type { Browser } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import { Person } from './person.ts';
import { startProduct, type Product } from './product.ts';
import { mediaArrives } from './received.ts';
import { until } from './until.ts';

jest.setTimeout(180_000);

const secret = randomBytes(32).toString('hex');
let product: Product;
let browser: Browser;

beforeAll(async () => {
  // In production the page uses the token of its address, and with it the grants.
  const settings = { NODE_ENV: 'production', USER_JWT_SECRET: secret, SWITCH_TIMEOUT_MS: '20000' };
  product = await startProduct({ gateway: settings });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await product.stop();
});

async function open(name: string, moderate: boolean): Promise<Person> {
  const claims = { sub: name, name, grants: { moderate } };
  const token = signUserToken({ secret, issuer: 'crossfade' }, claims, 600);
  return Person.open(browser, `${product.url}/call/moderated#token=${token}`, name);
}

test('two people: the call moves to the media server, which passes the muted sound on no more', async () => {
  const mo = await open('Mo', true);
  const ben = await open('Ben', false);
  await mo.join();
  await mo.settled('p2p', 0);
  await ben.join();
  await Promise.all([mo.settled('p2p', 1), ben.settled('p2p', 1)]);
  await mediaArrives(mo, 'p2p', 1);

  await mo.page.evaluate(async () => {
    const call = window.crossfade?.call;
    await call?.moderate.mute(call.snapshot.remotes[0]?.participantId ?? '');
  });
  await Promise.all([mo.settled('sfu', 1), ben.settled('sfu', 1)]);
  await ben.page.getByText('A moderator has turned your microphone off').first().waitFor();
  // Ben's browser does what it can to be heard: the track is live, and its packets go out.
  await ben.page.evaluate(() => {
    for (const track of window.crossfade?.call.snapshot.local.stream.getAudioTracks() ?? [])
      track.enabled = true;
  });
  const packets = async () => {
    const { remotes } = await mo.stats();
    return { audio: remotes[0]?.audio?.packetsReceived ?? 0, frames: remotes[0]?.video?.framesDecoded ?? 0 };
  };
  const pictureGoesOn = async () => {
    let before = await packets();
    return until<{ audio: number; frames: number }>('the picture of Ben goes on', 20_000, async () => {
      const now = await packets();
      // Counters start anew with every path.
      if (now.frames < before.frames) before = now;
      return now.frames > before.frames + 40 ? { done: now } : { pending: now };
    });
  };
  const onNewPath = await pictureGoesOn();
  // Of the sound there is not one packet.
  expect((await pictureGoesOn()).audio).toBe(onNewPath.audio);

  await mo.page.evaluate(async () => {
    const call = window.crossfade?.call;
    await call?.moderate.mute(call.snapshot.remotes[0]?.participantId ?? '', 'audio', false);
  });
  await Promise.all([mo.settled('p2p', 1), ben.settled('p2p', 1)]);
  expect((await ben.see())?.microphone).toBe(false);
  await ben.page.evaluate(() => window.crossfade?.call.setMicrophone(true));
  await mediaArrives(mo, 'p2p', 1);

  await mo.page.evaluate(async () => {
    const call = window.crossfade?.call;
    await call?.moderate.remove(call.snapshot.remotes[0]?.participantId ?? '', 'Too loud');
  });
  await ben.page.getByText('A moderator has removed you from this call: “Too loud”.').waitFor();
  await mo.settled('p2p', 0);
  // Asking for a token where there are none is not a problem, but the browser says so.
  const problems = [...mo.problems, ...ben.problems].filter((text) => !text.includes('404'));
  expect(problems).toEqual([]);
});
