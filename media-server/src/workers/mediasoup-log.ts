/** Brings what mediasoup and its workers have to say into the service's log; without this nobody sees it. */
import type { Log } from '@crossfade/service/log';
import { setLogEventListeners } from 'mediasoup';

/** For the whole process: mediasoup has one log. */
export function logMediasoup(log: Log): void {
  setLogEventListeners({
    ondebug: undefined,
    // Much of it is about what a caller sent, who was told with a code.
    onwarn: (namespace, text) => {
      log.debug('mediasoup', { namespace, text });
    },
    onerror: (namespace, text, error) => {
      log.warn('mediasoup', { namespace, text, error });
    },
  });
}
