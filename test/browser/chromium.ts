/** A real Chromium with a made-up camera and microphone. */
import path from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  // Every page has a window of its own; none of them may be slowed down for being covered by another.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  // The media server listens on 127.0.0.1, and so may be the only address of the machine.
  '--allow-loopback-in-peer-connection',
];

/**
 * @param framesPerSecond of the made-up camera: every encoder and decoder shares the machine with all others
 * @param flags besides those that every test needs
 * @param audible whether what pages play is really played, for pages that listen to it; they bring camera and microphone of
 *   their own, as with the made-up ones a captured sound would be made up, too
 */
export async function launchChromium(
  framesPerSecond = 10,
  flags: readonly string[] = [],
  { audible = false } = {},
): Promise<Browser> {
  return chromium.launch({
    executablePath: path.join(import.meta.dirname, 'chromium.sh'),
    env: { ...process.env, CHROMIUM_BIN: process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium' },
    ignoreDefaultArgs: audible ? ['--mute-audio'] : [],
    args: [
      ...FLAGS,
      ...flags,
      ...(audible
        ? []
        : [
            '--use-fake-ui-for-media-stream',
            `--use-fake-device-for-media-stream=fps=${String(framesPerSecond)}`,
          ]),
    ],
  });
}
