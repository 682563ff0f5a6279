import { afterEach, expect, test } from '@jest/globals';
import type { ProducerInfo } from '@crossfade/shared/media-api';
import type { types } from 'mediasoup-client';
import { SfuPath } from './sfu.ts';
import type { Request } from './signalling.ts';
import { FakeTrack } from './testing/fake-stream.ts';

const paths: SfuPath[] = [];
afterEach(() => {
  for (const path of paths.splice(0)) path.close();
});

interface FakeConsumer {
  closed: boolean;
  rtpReceiver: RTCRtpReceiver;
}

/** As mediasoup-client's; each consumer is made when the test says so, and in the order it says. */
class FakeTransport {
  readonly id = 'transport';
  readonly connectionState = 'connected';
  readonly closed = false;
  readonly observer = { on: () => undefined };
  /** Makes the consumer of a producer, by its id. */
  readonly making = new Map<string, () => FakeConsumer>();

  on(): void {
    // Nothing of it happens by itself.
  }

  consume({
    id,
    producerId,
    kind,
  }: {
    id: string;
    producerId: string;
    kind: 'video';
  }): Promise<FakeConsumer> {
    return new Promise((resolve) => {
      this.making.set(producerId, () => {
        const track = new FakeTrack(kind, producerId);
        const rtpReceiver = {
          track,
          getStats: () => Promise.resolve(new Map()),
        } as unknown as RTCRtpReceiver;
        const consumer = { id, producerId, kind, track, rtpParameters: {}, rtpReceiver, closed: false };
        resolve(Object.assign(consumer, { close: () => (consumer.closed = true) }));
        return consumer;
      });
    });
  }

  close(): void {
    // Nothing to give back.
  }
}

function setUp() {
  const transport = new FakeTransport();
  const failures: string[] = [];
  const asked: string[][] = [];
  const device = {
    recvRtpCapabilities: {},
    createSendTransport: () => new FakeTransport(),
    createRecvTransport: () => transport,
  } as unknown as types.Device;
  const request = (name: string, { producerIds = [] }: { producerIds?: string[] }) => {
    if (name === 'media:create-transport') return Promise.resolve({});
    if (name !== 'media:consume') return Promise.resolve({ ok: true });
    asked.push(producerIds);
    const consumers = producerIds.map((producerId) => ({
      id: `of-${producerId}`,
      producerId,
      kind: 'video',
      rtpParameters: {},
    }));
    return Promise.resolve({ consumers, refused: [] });
  };
  const path = new SfuPath({
    callId: 'call',
    epoch: 1,
    selfId: 'me',
    device: Promise.resolve(device),
    iceServers: [],
    transports: undefined,
    local: {
      track: () => null,
      state: { audio: true, video: true },
      stream: {} as MediaStream,
      screen: null,
    },
    simulcast: false,
    views: {
      wishFor: () => ({ kind: 'picture', view: null, priority: 1 }),
      relief: 0,
    },
    besideAnother: false,
    standby: false,
    expected: () => [],
    request: request as unknown as Request,
    events: {
      changed: () => undefined,
      barred: () => undefined,
      failed: (reason) => failures.push(reason),
    },
  });
  paths.push(path);
  const made = async (producerId: string) => {
    const consumer = transport.making.get(producerId)?.();
    if (!consumer) throw new Error(`${producerId} is not being received`);
    await turn();
    return consumer;
  };
  return { path, asked, failures, made };
}

function camera(producerId: string): ProducerInfo {
  return { producerId, participantId: 'ann', kind: 'video', source: 'camera', paused: false };
}

/** Until everything that waits for nothing but promises has happened. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

test.each([
  ['the first before the second', ['first', 'second']],
  ['the second before the first', ['second', 'first']],
])('of two cameras of one participant the newer one is received: %s', async (_name, order) => {
  const { path, asked, failures, made } = setUp();
  path.setProducers([camera('first'), camera('second')]);
  await turn();
  expect(asked).toEqual([['first', 'second']]);

  const consumers = new Map<string, FakeConsumer>();
  for (const producerId of order) consumers.set(producerId, await made(producerId));
  expect(path.received.find('ann', 'video')?.receiver).toBe(consumers.get('second')?.rtpReceiver);
  expect(consumers.get('second')?.closed).toBe(false);
  // What came too late was closed at once.
  expect(consumers.get('first')?.closed).toBe(order[0] === 'second');

  // What became of the first one changes nothing for the second.
  path.removeProducer('first');
  expect(path.received.find('ann', 'video')?.receiver).toBe(consumers.get('second')?.rtpReceiver);
  expect(failures).toEqual([]);
});

test('what is gone while it is being received is not shown', async () => {
  const { path, failures, made } = setUp();
  path.addProducer(camera('first'));
  await turn();
  path.removeProducer('first');
  expect((await made('first')).closed).toBe(true);
  expect(path.received.find('ann', 'video')).toBeNull();
  expect(failures).toEqual([]);
});
