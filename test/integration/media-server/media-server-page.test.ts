/** What docs/media-server.md shows does what it says, as it stands there. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { serviceToken, startHarness, type Harness } from './harness.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const PAGE = readFileSync(path.join(ROOT, 'docs/media-server.md'), 'utf8');

/** The code that follows a marker in the page. */
function code(marker: string): string {
  const found = new RegExp(`<!-- ${marker} -->\n+\`\`\`\\w+\n([^]*?)\n\`\`\``).exec(PAGE)?.[1];
  if (found === undefined) throw new Error(`no ${marker} in the page`);
  return found;
}

let harness: Harness;
const sockets = new Set<Socket>();
let reader: ChildProcess | undefined;
beforeAll(async () => {
  harness = await startHarness();
  harness.mediaServer.server.on('connection', (socket) => sockets.add(socket));
});
afterAll(async () => {
  reader?.kill();
  await harness.close();
});

const environment = () => ({
  PATH: process.env['PATH'] ?? '',
  MEDIA_SERVER: harness.url,
  TOKEN: serviceToken(),
});

const curl = spawnSync('curl', ['--version']).status === 0 ? test : test.skip;

curl('the walk ends with somebody receiving (sudo apt-get install curl)', async () => {
  const walk = spawn('bash', ['-euo', 'pipefail', '-c', code('walk')], {
    env: environment(),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  expect(await once(walk, 'exit')).toEqual([0, null]);
  const { participants, producers } = await harness.snapshot('demo');
  expect(producers).toMatchObject([{ participantId: 'ann', kind: 'audio', paused: false }]);
  expect(participants.find(({ participantId }) => participantId === 'ben')?.consumers).toMatchObject([
    { producerId: producers[0]?.producerId, paused: false },
  ]);
});

test('the reader of the feed misses nothing while its connection is lost', async () => {
  await harness.createRoom('followed');
  const { id } = await harness.createTransport('followed', 'ann', 'send');
  const script = spawn(process.execPath, ['--input-type=module', '-e', code('feed')], {
    cwd: ROOT,
    env: { ...environment(), ROOM: 'followed' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  reader = script;
  const lines = createInterface({ input: script.stdout })[Symbol.asyncIterator]();
  const line = async () => String((await lines.next()).value);

  expect(await line()).toBe('snapshot 0 0 producers');
  await harness.produce('followed', id);
  expect(await line()).toBe('event 1 new-producer');

  // While it is away, and after it has come back.
  const back = once(harness.mediaServer.server, 'upgrade');
  for (const socket of sockets) socket.destroy();
  await harness.produce('followed', id);
  await back;
  expect(await line()).toBe('missed 2 new-producer');
  await harness.produce('followed', id);
  expect(await line()).toBe('event 3 new-producer');
});
