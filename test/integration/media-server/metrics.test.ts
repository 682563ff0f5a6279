/** What Prometheus gets to read, with real workers. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it, test } from '@jest/globals';
import { createRegistry } from '@crossfade/service/metrics';
import { startHarness, type Harness } from './harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ STATS_INTERVAL_S: '1' }, { registry: createRegistry('media-server') });
});
afterAll(() => harness.close());

/** The samples of a metric, by their labels (without the service's name). */
async function samples(name: string): Promise<Record<string, number>> {
  const text = await harness.registry.metrics();
  const lines = [...text.matchAll(new RegExp(`^${name}(?:{(.*)})? (\\S+)$`, 'gm'))];
  return Object.fromEntries(
    lines.map(([, labels = '', value]) => [labels.replace(/,?service="[^"]*",?/, ''), Number(value)]),
  );
}

const KINDS = ['room', 'transport', 'producer', 'consumer', 'data-producer', 'data-consumer', 'pipe'];

describe('the metrics', () => {
  it('count what was created, is open and was closed, by kind', async () => {
    const { rtpCapabilities } = await harness.createRoom('counted');
    const send = await harness.createTransport('counted', 'ann', 'send');
    const recv = await harness.createTransport('counted', 'ben', 'recv');
    const producerId = await harness.produce('counted', send.id);
    const body = { transportId: recv.id, producerId, rtpCapabilities };
    expect((await harness.post('/rooms/counted/consume', body)).status).toBe(201);
    const counts = async () => ({
      created: await samples('crossfade_media_created_total'),
      open: await samples('crossfade_media_open'),
      closed: await samples('crossfade_media_closed_total'),
    });
    const during = await counts();
    expect(Object.keys(during.open)).toEqual(KINDS.map((kind) => `kind="${kind}"`));
    expect(during.open).toMatchObject({ 'kind="transport"': 2, 'kind="consumer"': 1 });
    await harness.delete('/rooms/counted');
    const after = await counts();
    for (const kind of KINDS.map((name) => `kind="${name}"`)) {
      expect(after.open[kind]).toBe(0);
      expect(after.closed[kind]).toBe(after.created[kind]);
      expect(during.open[kind]).toBe((during.created[kind] ?? NaN) - (during.closed[kind] ?? NaN));
    }
  });

  it('tell CPU and memory of each worker, load and drains', async () => {
    expect(await samples('crossfade_media_worker_cpu_ratio')).toHaveProperty('worker="0"');
    expect((await samples('crossfade_media_worker_memory_bytes'))['worker="0"']).toBeGreaterThan(1_000_000);
    expect((await samples('crossfade_media_node_score'))['']).toBeLessThan(0.8);
    await harness.post('/node/drain');
    expect(await samples('crossfade_media_draining')).toEqual({ '': 1 });
    expect(await samples('crossfade_media_drains_total')).toEqual({ 'reason="asked"': 1 });
    await harness.delete('/node/drain');
    expect(await samples('crossfade_media_draining')).toEqual({ '': 0 });
  });

  it('tell how far behind the readers of the feed are', async () => {
    const reader = await harness.feed();
    expect(await samples('crossfade_media_feed_readers')).toEqual({ '': 1 });
    while ((await samples('crossfade_media_feed_lag_seconds_count'))[''] === 0) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect((await samples('crossfade_media_feed_lag_seconds_sum'))['']).toBeLessThan(1);
    reader.close();
  });

  it('name requests by their route, not by what is in their address', async () => {
    await harness.get('/rooms/nobody-knows-this-one');
    const labels = Object.keys(await samples('crossfade_http_request_duration_seconds_count'));
    expect(labels).toContain('method="GET",route="/rooms/:roomId",status="404"');
    expect(labels.join()).not.toContain('nobody');
  });
});

const promtool = spawnSync('promtool', ['--version']).status === 0 ? test : test.skip;

promtool('promtool has nothing to say about them (sudo apt-get install prometheus)', async () => {
  const text = await harness.registry.metrics();
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  expect([status, stdout, stderr]).toEqual([0, '', '']);
});
