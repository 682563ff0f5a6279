/** The example in the documentation does what it says, as it stands there. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signUserToken } from '@crossfade/service/tokens';
import { Stack, userKey } from './stack.ts';

const PAGE = new URL('../../../docs/protocol.md', import.meta.url);
let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start();
});
afterAll(() => stack.close());

test('a radio joins, speaks and leaves', async () => {
  const page = await readFile(PAGE, 'utf8');
  const section = page.slice(page.indexOf('## Gateway: `/ws`'));
  const program = /```js\n(.*?)```/s.exec(section)?.[1] ?? '';
  const token = signUserToken(userKey, { sub: 'radio', name: 'radio' }, 60);
  const env = { GATEWAY_URL: stack.gateway.url, TOKEN: token, CHANNEL: 'docs' };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    env,
    timeout: 20_000,
  });
  expect(stdout).toMatch(/^joined [\w-]+ media at epoch 1$/m);
  expect(stdout).toMatch(/^speaking$/m);
  expect(stdout).toMatch(/^speaker [\w-]+$/m);
});
