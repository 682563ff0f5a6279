/** The SDK as it is published: what is in the package, who can use it, and what of it a page has to load. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CallEvents } from '@crossfade/client/call';
import { bundle } from '../../bundle.ts';
import { packSdk, readmeExamples, type PackedSdk } from '../../packed-sdk.ts';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../../..');
const LIMIT_MS = 120_000;

let sdk: PackedSdk;

beforeAll(async () => {
  sdk = await packSdk();
}, LIMIT_MS);
afterAll(() => sdk.remove());

test('the packages contain what is needed to use them, and nothing else', async () => {
  for (const files of [sdk.files.client, sdk.files.shared]) {
    const others = files.filter((file) => !/^dist\/[\w-]+(\.js|\.d\.ts)$/.test(file)).sort();
    expect(others).toEqual(['LICENSE', 'README.md', 'package.json']);
    expect(files.filter((file) => /test/i.test(file))).toEqual([]);
  }
  const { exports } = JSON.parse(await readFile(path.join(ROOT, 'client/package.json'), 'utf8')) as {
    exports: Record<string, { types: string; default: string }>;
  };
  const offered = Object.values(exports).flatMap((files) => [files.types, files.default]);
  for (const file of offered) expect(sdk.files.client).toContain(file.replace('./', ''));
  const license = await readFile(path.join(ROOT, 'LICENSE'), 'utf8');
  for (const name of ['client', 'shared']) {
    expect(await readFile(path.join(ROOT, name, 'LICENSE'), 'utf8')).toBe(license);
  }
});

test('everything but the hooks can be imported where there is neither React nor a browser', async () => {
  const script = `
    const { joinCall, CodedError } = await import('@crossfade/client/call');
    const { openLocalMedia } = await import('@crossfade/client/local-media');
    const { longestGap } = await import('@crossfade/client/gap-meter');
    const hooks = await import('@crossfade/client/react').catch(({ code }) => code);
    console.log([joinCall, CodedError, openLocalMedia, longestGap].map((one) => typeof one).join(), hooks);`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
    cwd: sdk.folder,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect(stdout.trim()).toBe('function,function,function,function ERR_MODULE_NOT_FOUND');
});

test(
  'a page that only joins calls loads nothing of React, of the hooks, or of what only they need',
  async () => {
    const entry = path.join(sdk.folder, 'page.js');
    await writeFile(entry, `import { joinCall } from '@crossfade/client/call'; globalThis.join = joinCall;`);
    const { code, modules } = await bundle({ entry, as: { format: 'es' } });
    const names = modules.map((id) => id.replace(/^.*\/node_modules\//, ''));
    expect(names).toContain('@crossfade/client/dist/session.js');
    expect(names.filter((name) => name.includes('react'))).toEqual([]);
    for (const unused of ['chat-log', 'call-visit', 'local-media']) {
      expect(names).not.toContain(`@crossfade/client/dist/${unused}.js`);
    }
    expect(code).not.toContain('useSyncExternalStore');
  },
  LIMIT_MS,
);

test(
  'the README’s example for React is correct TypeScript for who has the package installed',
  async () => {
    await sdk.add('react', '@types/react');
    const [example] = await readmeExamples('tsx');
    // Types that cannot be resolved would be `any`, and anything would do.
    const strict = `
import type { CallSnapshot } from '@crossfade/client/call';
// @ts-expect-error A snapshot has no such thing.
export type Nothing = CallSnapshot['nothing'];
// @ts-expect-error Nor has its path.
export type Neither = NonNullable<CallSnapshot['sfu']>['consumers'][number]['nothing'];`;
    await writeFile(path.join(sdk.folder, 'meeting.tsx'), `${example ?? ''}${strict}`);
    const tsc = path.join(ROOT, 'node_modules/typescript7/bin/tsc');
    const options = '--noEmit --strict --target es2023 --module esnext --moduleResolution bundler';
    const jsx = '--jsx react-jsx --lib es2024,dom,dom.iterable --skipLibCheck --types react';
    const args = [tsc, ...`${options} ${jsx}`.split(' '), 'meeting.tsx'];
    const { stdout } = await run(process.execPath, args, {
      cwd: sdk.folder,
      env: { ...process.env, NODE_OPTIONS: '' },
    }).catch((error: unknown) => error as { stdout: string });
    expect(stdout).toBe('');
  },
  LIMIT_MS,
);

test('the README names every event, every hook and everything that can be imported', async () => {
  const readme = await readFile(path.join(ROOT, 'client/README.md'), 'utf8');
  const events = {
    status: true,
    'participant-joined': true,
    'participant-left': true,
    'participant-updated': true,
    'local-updated': true,
    mode: true,
    'switching-to': true,
    'active-speaker': true,
    locked: true,
    sfu: true,
    chat: true,
    floor: true,
  } satisfies Record<keyof CallEvents, true>;
  const section = readme.slice(readme.indexOf('## Events'), readme.indexOf('## Errors'));
  for (const event of Object.keys(events)) expect(section).toMatch(new RegExp(`^\\| \`${event}\``, 'm'));
  const hooks = await readFile(path.join(ROOT, 'client/dist/react.js'), 'utf8');
  const names = new Set([...hooks.matchAll(/^export function (use\w+)/gm)].map(([, name]) => name ?? ''));
  expect(names.size).toBe(8);
  for (const name of names) expect(readme).toMatch(new RegExp(`^\\| \`${name}\\(`, 'm'));
  const manifest = await readFile(path.join(ROOT, 'client/package.json'), 'utf8');
  const { exports } = JSON.parse(manifest) as { exports: object };
  for (const name of Object.keys(exports)) expect(readme).toContain(`\`@crossfade/client${name.slice(1)}\``);
});
