/** What Prometheus is told of the feed and its readers. */
import type { Eviction } from '@crossfade/service/backlog';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface FeedMetrics {
  evicted(why: Eviction): void;
  /** How long a reader took to get to what was sent, milliseconds. */
  lagged(milliseconds: number): void;
}

export function createFeedMetrics(registry: Registry): FeedMetrics {
  const evictions = new Counter({
    name: 'crossfade_media_feed_evictions_total',
    help: 'Readers of the feed that were cut off because they did not keep up.',
    labelNames: ['reason'],
    registers: [registry],
  });
  const lag = new Histogram({
    name: 'crossfade_media_feed_lag_seconds',
    help: 'How long readers of the feed take to get to what was sent.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  return {
    evicted: (reason) => evictions.inc({ reason }),
    lagged: (milliseconds) => lag.observe(milliseconds / 1_000),
  };
}

export function observeFeed(
  registry: Registry,
  feed: { readonly readerCount: number; readonly backlogBytes: number },
): void {
  new Gauge({
    name: 'crossfade_media_feed_readers',
    help: 'Connected readers of the feed.',
    registers: [registry],
    collect() {
      this.set(feed.readerCount);
    },
  });
  new Gauge({
    name: 'crossfade_media_feed_backlog_bytes',
    help: 'What waits for the slowest reader of the feed.',
    registers: [registry],
    collect() {
      this.set(feed.backlogBytes);
    },
  });
}
