/** The media server as a process: one that may not start, and one that is told to end. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import request from 'supertest';
import { startServiceProcess, type ServiceProcess } from '../../browser/service-process.ts';
import { SECRET, serviceToken } from './harness.ts';
import { expectProblem } from './problems.ts';

let service: ServiceProcess | undefined;
afterEach(async () => {
  await service?.stop();
  service = undefined;
});

async function start(settings: Record<string, string>): Promise<string> {
  service = await startServiceProcess(
    'media-server/dist/main.js',
    {
      SERVICE_JWT_SECRET: SECRET,
      PORT: '0',
      METRICS_PORT: '0',
      RTC_BASE_PORT: '0',
      MEDIASOUP_WORKERS: '1',
      ...settings,
    },
    () => undefined,
  );
  return service.url;
}
const call = (method: 'get' | 'post' | 'delete', path: string) =>
  request(service?.url ?? '')
    [method](path)
    .set('authorization', `Bearer ${serviceToken()}`);
async function untilNotReady(): Promise<void> {
  while ((await call('get', '/ready')).status === 200);
}

it('drains on SIGTERM with its workers alive, and ends with status 0 when the rooms have left', async () => {
  await start({ DRAIN_DEADLINE_S: '600' });
  await call('post', '/api/rooms/one/create').send({}).expect(201);
  service?.signal('SIGTERM');
  await untilNotReady();
  expectProblem(await call('post', '/api/rooms/two/create').send({}), 'draining');
  // A worker answers this one.
  await call('post', '/api/rooms/one/transports').send({ participantId: 'a', direction: 'send' }).expect(201);
  expectProblem(await call('delete', '/api/node/drain'), 'shutting-down');
  await call('delete', '/api/rooms/one').expect(204);
  expect(await service?.ended).toBe(0);
});

it('closes the rooms at the deadline', async () => {
  await start({ DRAIN_DEADLINE_S: '1' });
  await call('post', '/api/rooms/one/create').send({}).expect(201);
  const before = performance.now();
  service?.signal('SIGTERM');
  expect(await service?.ended).toBe(0);
  expect(performance.now() - before).toBeGreaterThan(900);
});

it.each(['SIGTERM', 'SIGINT'] as const)('does not wait after a second signal (%s)', async (second) => {
  await start({ DRAIN_DEADLINE_S: '600' });
  await call('post', '/api/rooms/one/create').send({}).expect(201);
  service?.signal('SIGTERM');
  await untilNotReady();
  const before = performance.now();
  service?.signal(second);
  expect(await service?.ended).toBe(0);
  expect(performance.now() - before).toBeLessThan(5_000);
});

it('does not drain on SIGINT', async () => {
  await start({ DRAIN_DEADLINE_S: '600' });
  await call('post', '/api/rooms/one/create').send({}).expect(201);
  const before = performance.now();
  service?.signal('SIGINT');
  expect(await service?.ended).toBe(0);
  expect(performance.now() - before).toBeLessThan(5_000);
});

it('does not start with a limit of open files that is too low for its workers, and says so', () => {
  const main = path.resolve(import.meta.dirname, '../../../media-server/dist/main.js');
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', `ulimit -n 200 && exec "$0" "$1"`, process.execPath, main],
    {
      env: { PATH: process.env['PATH'], SERVICE_JWT_SECRET: SECRET, MEDIASOUP_WORKERS: '8' },
      encoding: 'utf8',
    },
  );
  expect(stderr).toBe(
    'Setting MEDIASOUP_WORKERS cannot be used: 8 of them need up to 256 open files in a process, and the limit is 200 (ulimit -n).\n',
  );
  expect(status).toBe(1);
});
