/** What an operator gets to see: settings that cannot be used, and what the log and the answers say. Needs the built gateway. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { constants, getPriority, tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Log } from '@crossfade/service/log';
import { signUserToken } from '@crossfade/service/tokens';
import { openServer } from '../../../gateway/src/store/database.ts';
import { RedisConnection } from '../../../gateway/src/store/redis-connection.ts';
import { startGatewayProcess } from './gateway-process.ts';
import { postgresqlPrograms, PostgresqlServer } from './postgresql.ts';
import { RedisServer, redisProgram } from './redis.ts';
import { ScriptedClient } from './scripted-client.ts';
import { secrets, startScriptedGateway, userKey } from './stack.ts';

function capturedLog() {
  const lines: { level: string; message: string; fields: unknown }[] = [];
  const at = (level: string) =>
    ((message: string, fields: unknown) => lines.push({ level, message, fields })) as never;
  const log: Log = { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
  return { lines, log };
}

/** How a gateway ends that should not start. */
async function startOf(settings: Record<string, string>): Promise<{ code: number; said: string }> {
  const main = path.join(import.meta.dirname, '../../../gateway/dist/main.js');
  const child = spawn(process.execPath, [main], {
    cwd: tmpdir(),
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      ...secrets,
      PORT: '0',
      METRICS_PORT: '0',
      WEB_ROOT: 'none',
      LOG_LEVEL: 'error',
      ...settings,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

test.each([
  [
    { DATA_DIR: '/proc/nope/data' },
    'Setting DATA_DIR cannot be used: /proc/nope/data is no folder that can be written to (ENOENT).',
  ],
  [
    { AUDIT_LOG_FILE: '/proc/nope/audit' },
    'Setting AUDIT_LOG_FILE cannot be used: /proc/nope/audit cannot be written (ENOENT).',
  ],
])('%j: one sentence, and the end', async (settings, sentence) => {
  expect(await startOf(settings)).toEqual({ code: 1, said: `${sentence}\n` });
});

const onLinux = process.platform === 'linux' ? test : test.skip;
onLinux('the embedded database comes after the calls for a processor, and nothing else does', async () => {
  const gateway = await startGatewayProcess({ MEDIA_SERVER_URLS: 'http://127.0.0.1:9' });
  const tasks = `/proc/${String(gateway.pid)}/task`;
  const niceOf = async (task: string) => {
    const stat = await readFile(`${tasks}/${task}/stat`, 'utf8');
    // The nineteenth field; the second one is a name in parentheses.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  };
  const nice = await Promise.all((await readdir(tasks)).map(niceOf));
  await gateway.stop();
  const own = getPriority();
  const { PRIORITY_BELOW_NORMAL } = constants.priority;
  expect(nice.filter((one) => one !== own)).toEqual(
    own < PRIORITY_BELOW_NORMAL ? [PRIORITY_BELOW_NORMAL] : [],
  );
});

describe('a gateway', () => {
  const json = { 'content-type': 'application/json' };
  const authorization = `Bearer ${signUserToken(userKey, { sub: 'u', grants: { moderate: true } }, 60)}`;

  test('warns of tokens for anyone, says what is wrong with a body or a path, and tells a flood once', async () => {
    const { lines, log } = capturedLog();
    const gateway = await startScriptedGateway({ MAX_CONNECTIONS_PER_MINUTE: '1' }, undefined, log);
    const ask = async (where: string, init: RequestInit) => {
      const response = await fetch(`${gateway.url}${where}`, init);
      return { status: response.status, problem: (await response.json()) as { detail?: string } };
    };
    try {
      const warnings = lines.filter(({ level }) => level === 'warn');
      expect(warnings.filter(({ message }) => message.includes('POST /api/tokens'))).toHaveLength(1);
      for (const body of ['{"name":"x"}', new URLSearchParams({ name: 'x' })]) {
        expect((await ask('/api/tokens', { method: 'POST', body })).status).toBe(415);
        const headers = { authorization };
        expect((await ask('/api/calls/c', { method: 'PATCH', body, headers })).status).toBe(415);
      }
      expect((await ask('/api/tokens', { method: 'POST', body: '{"name":"x"}', headers: json })).status).toBe(
        201,
      );
      const path = await ask('/api/calls/a%20b', { headers: { authorization } });
      expect([path.status, path.problem.detail]).toEqual([422, expect.stringMatching(/^callId: must be/)]);

      const token = signUserToken(userKey, { sub: 'often' }, 60);
      const clients = [];
      for (let attempt = 0; attempt < 5; attempt += 1) {
        clients.push(await ScriptedClient.connect(gateway.url, token).catch(() => undefined));
      }
      for (const client of clients) client?.close();
      expect(clients.filter((client) => client !== undefined)).toHaveLength(1);
      const refused = lines.filter(
        ({ fields }) => (fields as { action?: string } | undefined)?.action === 'refused',
      );
      expect(refused).toHaveLength(1);
    } finally {
      await gateway.close();
    }
  });
});

const withPostgresql = postgresqlPrograms === undefined ? test.skip : test;
withPostgresql('a database that does not exist, and a user that does not, are told apart', async () => {
  const server = await PostgresqlServer.start(postgresqlPrograms ?? '');
  try {
    await expect(openServer(server.url.replace('/postgres?', '/nope?'))).rejects.toThrow(
      'Setting DATABASE_URL cannot be used: there is no such database (3D000).',
    );
    await expect(openServer(server.url.replace('//postgres@', '//nobody@'))).rejects.toThrow(
      'Setting DATABASE_URL cannot be used: the user or the password is refused (28000).',
    );
  } finally {
    await server.stop();
  }
});

const withRedis = redisProgram === undefined ? test.skip : test;
withRedis('a Redis that refuses the password is told as that, once', async () => {
  const server = await RedisServer.start();
  const { lines, log } = capturedLog();
  const connection = new RedisConnection(server.url.replace('//', '//:wrong@'), log);
  try {
    // Tried again and again meanwhile.
    expect(await connection.connected(1_500)).toBe(false);
    expect(lines.filter(({ level }) => level !== 'debug')).toEqual([
      {
        level: 'error',
        message: 'REDIS_URL: its user or password is refused',
        fields: { reason: expect.any(String) },
      },
    ]);
  } finally {
    connection.close();
    await server.stop();
  }
});
