/** A service's life as a process: start, say that it is ready, stop once. */
import type { Log } from './log.ts';
import { SettingError } from './settings.ts';

export interface RunningService {
  /** Where it can be reached. */
  url: string;
  /**
   * Sends its users elsewhere, working on meanwhile; resolves when they are gone or their time is up. On SIGTERM it
   * comes before `close`, and takes as long as the service's own settings say.
   */
  drain?(): Promise<void>;
  /** Stops it; called once. */
  close(): Promise<void>;
}

/** How long `close` may take before the process ends anyway, milliseconds. */
const STOP_LIMIT_MS = 10_000;

/**
 * Runs a service until SIGTERM, SIGINT or the end of the process that started it. A parent with an IPC channel is
 * told `{ type: 'ready', url }`. Sets the exit code: 0 after a stop, 1 if it could not start.
 *
 * SIGTERM comes from what operates services, and drains first. SIGINT comes from a person at a terminal, who does not
 * want to wait; neither does whoever sends a second signal. Both stop at once, still in order.
 */
export async function runService(start: () => Promise<{ service: RunningService; log: Log }>): Promise<void> {
  // Whoever reads the log may be gone before we are; that must not keep us from stopping.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  // As process 1 of a container nobody else does: a signal that nothing listens for is lost there.
  const stopEarly = () => process.exit(0);
  process.on('SIGTERM', stopEarly);
  process.on('SIGINT', stopEarly);
  let started;
  try {
    started = await start();
  } catch (error) {
    const text =
      error instanceof SettingError
        ? error.message
        : error instanceof Error
          ? (error.stack ?? '')
          : String(error);
    process.stderr.write(`${text}\n`);
    process.exit(1);
  }
  const { service, log } = started;

  let draining = false;
  let stopping = false;
  const stop = (why: string, exitCode = 0) => {
    if (stopping) return;
    stopping = true;
    log.info('stopping', { why });
    const limit = setTimeout(() => {
      log.error('did not stop in time');
      process.exit(1);
    }, STOP_LIMIT_MS);
    limit.unref();
    service.close().then(
      () => {
        log.info('stopped');
        process.exit(exitCode);
      },
      (error: unknown) => {
        log.error('stopping failed', { error });
        process.exit(1);
      },
    );
  };
  process.off('SIGTERM', stopEarly);
  process.off('SIGINT', stopEarly);
  process.on('SIGTERM', () => {
    if (!service.drain || draining || stopping) {
      stop('SIGTERM');
      return;
    }
    draining = true;
    log.info('draining', { why: 'SIGTERM' });
    service.drain().then(
      () => {
        stop('SIGTERM');
      },
      (error: unknown) => {
        log.error('draining failed', { error });
        stop('SIGTERM');
      },
    );
  });
  process.on('SIGINT', () => {
    stop('SIGINT');
  });
  process.on('uncaughtException', (error) => {
    log.error('uncaught exception', { error });
    stop('uncaught exception', 1);
  });
  if (process.send) {
    process.on('disconnect', () => {
      stop('parent gone');
    });
    process.send({ type: 'ready', url: service.url });
  }
}
