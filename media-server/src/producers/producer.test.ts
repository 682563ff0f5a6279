/** When a producer is taken in, whatever its owner and its receivers do in whatever order. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import fc from 'fast-check';
import { extras } from 'mediasoup';
import type { Consumer as MediasoupConsumer, Producer as MediasoupProducer } from 'mediasoup/types';
import { Consumer } from '../consumers/consumer.ts';
import { Producer } from './producer.ts';

const DELAY_MS = 3_000;

/** As much of a mediasoup producer or consumer as is needed; it answers at once. */
class FakeMedia extends extras.EnhancedEventEmitter {
  readonly id = 'p1';
  readonly kind = 'audio';
  readonly type = 'simple';
  readonly rtpParameters = { codecs: [] };
  paused: boolean;

  constructor(paused: boolean) {
    super();
    this.paused = paused;
  }

  pause() {
    this.paused = true;
    return Promise.resolve();
  }

  resume() {
    this.paused = false;
    return Promise.resolve();
  }

  close() {
    return undefined;
  }
}

function setUp(unwatchedPauseMs = DELAY_MS) {
  const media = new FakeMedia(false);
  const producer = new Producer(media as unknown as MediasoupProducer, {
    participantId: 'ann',
    source: 'microphone',
    log: silentLog,
    unwatchedPauseMs,
    unwantedLayersMs: 0,
  });
  const told: string[] = [];
  producer
    .on('paused', (by) => told.push(`paused by ${by}`))
    .on('resumed', (by) => told.push(`resumed by ${by}`));
  const receive = () => {
    const copy = new FakeMedia(true);
    const consumer = new Consumer(copy as unknown as MediasoupConsumer, {
      participantId: 'ben',
      producer,
      log: silentLog,
    });
    producer.addConsumer(consumer);
    return { consumer, copy };
  };
  return { media, producer, told, receive };
}

const passed = (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds);

describe('a producer', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is not shown as paused while it is about to flow, nor before it is', async () => {
    const { media, producer } = setUp(0);
    const pausing = producer.pause();
    expect(producer.info.paused).toBe(false);
    await pausing;
    expect(producer.info.paused).toBe(true);
    // The worker has not answered yet: whoever looks now, and knows better, has to pause it once more.
    const answer = Promise.withResolvers<undefined>();
    media.resume = () => answer.promise;
    const resuming = producer.resume();
    expect(producer.info.paused).toBe(false);
    answer.resolve(undefined);
    await resuming;
    expect(producer.info.paused).toBe(false);
  });

  it('gets its time before somebody has to receive it, and again when its owner resumes it', async () => {
    const { media, producer, told } = setUp();
    await passed(DELAY_MS - 1);
    await producer.pause();
    await producer.resume();
    await passed(DELAY_MS - 1);
    expect(media.paused).toBe(false);
    await passed(1);
    expect(told).toEqual(['paused by owner', 'resumed by owner', 'paused by server']);
    expect([media.paused, producer.paused]).toEqual([true, false]);
  });

  it('is taken in always, if that is how it is set', async () => {
    const { told } = setUp(0);
    await passed(10 * DELAY_MS);
    expect(told).toEqual([]);
  });

  it('holds its receivers back, also those that come later, without changing what they want', async () => {
    const { producer, receive } = setUp();
    const before = receive();
    await before.consumer.resume();
    producer.muffle(true);
    const after = receive();
    await after.consumer.resume();
    await passed(DELAY_MS);
    for (const { consumer, copy } of [before, after]) {
      expect([copy.paused, consumer.paused, consumer.wanted]).toEqual([true, false, true]);
    }
    expect(producer.paused).toBe(false);
    await before.consumer.pause();
    producer.muffle(false);
    await passed(0);
    expect([before.copy.paused, after.copy.paused]).toEqual([true, false]);
  });

  it('is taken in exactly when its owner lets it and somebody receives it, or did a moment ago', async () => {
    const step = fc.record({
      what: fc.constantFrom(
        'pause',
        'resume',
        'receive',
        'want',
        'want',
        'leave',
        'close',
        'muffle',
        'wait',
        'wait',
      ),
      which: fc.nat(4),
      waitMs: fc.constantFrom(1, DELAY_MS / 2, DELAY_MS, 3 * DELAY_MS),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { media, producer, told, receive } = setUp();
        let receivers: ReturnType<typeof receive>[] = [];
        for (const { what, which, waitMs } of steps) {
          const receiver = receivers[which % receivers.length];
          if (what === 'pause') await producer.pause();
          else if (what === 'resume') await producer.resume();
          else if (what === 'receive') receivers.push(receive());
          else if (what === 'muffle') producer.muffle(which % 2 === 0);
          else if (what === 'want') await receiver?.consumer.resume();
          else if (what === 'leave') await receiver?.consumer.pause();
          else if (what === 'close') {
            receiver?.consumer.close();
            receivers = receivers.filter((one) => one !== receiver);
          } else await passed(waitMs);
          await passed(0);
          const watched = receivers.some(({ consumer }) => consumer.wanted);
          if (watched) expect(media.paused).toBe(producer.paused);
          if (producer.paused) expect(media.paused).toBe(true);
        }
        await passed(DELAY_MS);
        const watched = receivers.some(({ consumer }) => consumer.wanted);
        expect(media.paused).toBe(producer.paused || !watched);
        for (const by of ['owner', 'server']) {
          const own = told.filter((text) => text.endsWith(by));
          expect(own).toEqual(own.map((_, index) => `${index % 2 === 0 ? 'paused' : 'resumed'} by ${by}`));
        }
        producer.close();
        expect(jest.getTimerCount()).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
