/** A minute of garbage at a media port, 10,000 packets a second, beside a call that runs on the same worker. */
import { startHarness } from '../test/integration/media-server/harness.ts';
import { sendGarbage } from '../test/integration/media-server/garbage.ts';
import { startRunningCall, watchRouters } from '../test/integration/media-server/running-call.ts';
import { ms, table } from './statistics.ts';

const SECONDS = 60;
const PACKETS_PER_SECOND = 10_000;
/** Milliseconds the call may be without a packet, without those for which the machine itself is to blame. */
const GAP_LIMIT_MS = 100;

/** Prints a table; tells whether the figures are met. */
export async function benchGarbage(): Promise<boolean> {
  const routers = watchRouters();
  const harness = await startHarness();
  try {
    await harness.createRoom('room');
    const router = routers.at(-1);
    if (!router) throw new Error('no router');
    const call = await startRunningCall(router);
    const { iceCandidates } = await harness.createTransport('room', 'ann', 'send');
    const port = iceCandidates.find(({ protocol }) => protocol === 'udp')?.port ?? 0;
    const [before] = await harness.workers();
    await call.look();
    const { sent, sentBytes, receivedBytes } = await sendGarbage({
      port,
      packetsPerSecond: PACKETS_PER_SECOND,
      seconds: SECONDS,
    });
    const { gap } = await call.look();
    const [after] = await harness.workers();
    await call.stop();
    const alive = before?.pid === after?.pid;
    const perSecond = sent / SECONDS;
    console.log(
      table([
        ['packets a second', 'came back', 'the call’s longest gap', 'worker'],
        [
          perSecond.toFixed(0),
          `${((100 * receivedBytes) / sentBytes).toFixed(1)} % of the bytes`,
          ms(gap),
          alive ? 'the same' : 'died',
        ],
      ]),
    );
    return alive && receivedBytes <= sentBytes && gap < GAP_LIMIT_MS;
  } finally {
    await harness.close();
  }
}
