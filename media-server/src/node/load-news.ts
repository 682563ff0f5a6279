/** Tells the feed's readers how full this server is: every 2 s, and at once when it drains or a worker comes or goes. */
import type { NodeLoad } from '@crossfade/shared/media-events';
import type { WorkerPool } from '../workers/pool.ts';
import type { Drain } from './drain.ts';
import type { MediaNode } from './node.ts';

/** Milliseconds between two `node-load` events without news. */
const INTERVAL_MS = 2_000;

export interface LoadNewsOptions {
  node: MediaNode;
  drain: Drain;
  pool: WorkerPool;
  tell: (load: NodeLoad) => void;
}

/** @returns stops it */
export function startLoadNews({ node, drain, pool, tell }: LoadNewsOptions): () => void {
  let stopped = false;
  const news = () => {
    if (!stopped) tell(node.load);
  };
  const timer = setInterval(news, INTERVAL_MS);
  timer.unref();
  drain.on('changed', news);
  pool.on('died', news).on('restarted', news);
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}
