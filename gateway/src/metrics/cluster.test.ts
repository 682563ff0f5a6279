import { expect, test } from '@jest/globals';
import { createRegistry } from '@crossfade/service/metrics';
import { ClusterMetrics } from './cluster.ts';

test('whether Redis answers is asked for when the metrics are read', async () => {
  const registry = createRegistry('gateway');
  let isReady = true;
  new ClusterMetrics(registry).watchStore(() => isReady);
  expect(await registry.metrics()).toMatch(/^crossfade_call_store_ready(\{.*\})? 1$/m);
  isReady = false;
  expect(await registry.metrics()).toMatch(/^crossfade_call_store_ready(\{.*\})? 0$/m);
});
