/** Keeps a transport to the media server connected: restarts ICE when the connection is lost. */
import type { types } from 'mediasoup-client';
import { CodedError } from '@crossfade/shared/errors';

export interface UpkeepOptions {
  /** Asks the media server for fresh ICE parameters. */
  restart: () => Promise<{ iceParameters: types.IceParameters }>;
  changed: () => void;
  /** The media server no longer has it, or nothing helped. */
  failed: (reason: string) => void;
}

/** How long `disconnected`, which often heals by itself, is waited out, milliseconds. */
const INTERRUPTION_MS = 1_000;
/** Pause before the next attempt, and how many of them are made. */
const RETRY_MS = 2_000;
const ATTEMPTS = 5;

export function keepConnected(transport: types.Transport, options: UpkeepOptions): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempts = 0;

  const restart = async () => {
    if (transport.closed || transport.connectionState === 'connected') return;
    attempts += 1;
    if (attempts > ATTEMPTS) {
      options.failed('The connection to the media server is lost.');
      return;
    }
    try {
      const { iceParameters } = await options.restart();
      // Rejects if the transport was closed meanwhile; the next attempt sees that.
      await transport.restartIce({ iceParameters });
    } catch (error) {
      if (error instanceof CodedError && !error.retryable) {
        options.failed(`restarting ICE: ${error.code}`);
        return;
      }
    }
    schedule(RETRY_MS);
  };
  const schedule = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => void restart(), ms);
  };

  transport.on('connectionstatechange', (state) => {
    if (state === 'connected') {
      attempts = 0;
      clearTimeout(timer);
    }
    if (state === 'disconnected') schedule(INTERRUPTION_MS);
    if (state === 'failed') schedule(0);
    options.changed();
  });
  transport.observer.on('close', () => clearTimeout(timer));
}
