/** Keeps a transport to the media server connected: restarts ICE when the connection is lost. */
import type { types } from 'mediasoup-client';
import { CodedError } from '@crossfade/shared/errors';
import type { LinkHealth } from './reconnection.ts';

export interface UpkeepOptions {
  /** Asks the media server for fresh ICE parameters. */
  restart: () => Promise<{ iceParameters: types.IceParameters }>;
  changed: () => void;
  /** The media server no longer has it, or nothing helped. */
  failed: (reason: string) => void;
}

export interface Upkeep {
  readonly health: LinkHealth;
  /**
   * Restarts ICE at once if it is not connected.
   * @param doubt even if it is: the device slept, or has another network
   */
  lookAgain: (doubt: boolean) => void;
}

/** How long `disconnected`, which often heals by itself, is waited out, milliseconds. */
const INTERRUPTION_MS = 1_000;
/** Pause before the next attempt, and how many of them are made that the media server answers. */
const RETRY_MS = 2_000;
const ATTEMPTS = 5;

export function keepConnected(transport: types.Transport, options: UpkeepOptions): Upkeep {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempts = 0;
  let restarting = false;
  let health: LinkHealth = 'connecting';

  const restart = async (doubt: boolean) => {
    clearTimeout(timer);
    if (restarting || transport.closed) return;
    if (transport.connectionState === 'connected' && !doubt) {
      attempts = 0;
      return;
    }
    if (attempts === ATTEMPTS) {
      health = 'failed';
      options.failed('The connection to the media server is lost.');
      return;
    }
    restarting = true;
    try {
      const { iceParameters } = await options.restart();
      attempts += 1;
      // Rejects if the transport was closed meanwhile; the next attempt sees that.
      await transport.restartIce({ iceParameters });
    } catch (error) {
      if (error instanceof CodedError && !error.retryable) {
        health = 'failed';
        options.failed(`restarting ICE: ${error.code}`);
        return;
      }
      // While the gateway is out of reach nothing was tried: that does not count.
      if (!(error instanceof CodedError && error.code === 'timeout')) attempts += 1;
    } finally {
      restarting = false;
    }
    schedule(RETRY_MS);
  };
  const schedule = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => void restart(false), ms);
  };

  transport.on('connectionstatechange', (state) => {
    if (state === 'connected') {
      attempts = 0;
      health = 'connected';
      clearTimeout(timer);
    }
    if (state === 'disconnected' || state === 'failed') {
      if (health === 'connected') health = 'interrupted';
      schedule(state === 'failed' ? 0 : INTERRUPTION_MS);
    }
    options.changed();
  });
  transport.observer.on('close', () => clearTimeout(timer));
  return {
    get health() {
      return health;
    },
    lookAgain: (doubt) => {
      // One that nothing goes over yet connects by itself.
      if (health !== 'connecting') void restart(doubt);
    },
  };
}
