import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { EVERYTHING, SentEncodings, activeEncodings } from './sent-encodings.ts';

test.each([
  [EVERYTHING, [true, true, true]],
  [{ pausedByServer: false, wantedSpatialLayer: 2 }, [true, true, true]],
  [{ pausedByServer: false, wantedSpatialLayer: 0 }, [true, false, false]],
  [{ pausedByServer: true, wantedSpatialLayer: null }, [false, false, false]],
  [{ pausedByServer: true, wantedSpatialLayer: 1 }, [false, false, false]],
])('of three sizes, with %j, these are sent: %j', (demand, active) => {
  expect(activeEncodings(3, demand)).toEqual(active);
});

/** As a browser's: one change at a time, and some are refused. */
class FakeSender {
  encodings = [
    { rid: 'r0', active: true },
    { rid: 'r1', active: true },
  ];
  changes = 0;
  refuse = 0;
  #pending = false;

  getParameters(): RTCRtpSendParameters {
    return { encodings: this.encodings.map((encoding) => ({ ...encoding })) } as RTCRtpSendParameters;
  }

  async setParameters({ encodings }: RTCRtpSendParameters): Promise<void> {
    if (this.#pending) throw new Error('Another change is under way.');
    this.#pending = true;
    await Promise.resolve();
    this.#pending = false;
    if (this.refuse > 0) {
      this.refuse -= 1;
      throw new Error('Not now.');
    }
    this.changes += 1;
    this.encodings = encodings as typeof this.encodings;
  }

  get active() {
    return this.encodings.map(({ active }) => active);
  }
}

describe('what is sent', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());
  const later = () => jest.advanceTimersByTimeAsync(2_000);

  test('is what was asked for last, whatever the browser refuses meanwhile', async () => {
    const demand = fc.record({
      pausedByServer: fc.boolean(),
      wantedSpatialLayer: fc.option(fc.nat(1), { nil: null }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ demand, refuse: fc.nat(2), turns: fc.nat(4) }), { minLength: 1, maxLength: 12 }),
        async (steps) => {
          const sender = new FakeSender();
          const sent = new SentEncodings(sender);
          for (const step of steps) {
            sender.refuse = step.refuse;
            sent.follow(step.demand);
            for (let turn = 0; turn < step.turns; turn += 1) await Promise.resolve();
          }
          await later();
          expect(sender.active).toEqual(activeEncodings(2, steps.at(-1)?.demand ?? EVERYTHING));
          sent.close();
          expect(jest.getTimerCount()).toBe(0);
        },
      ),
    );
  });

  test('is not touched when it is so already, or after the end', async () => {
    const sender = new FakeSender();
    const sent = new SentEncodings(sender);
    sent.follow({ pausedByServer: false, wantedSpatialLayer: 1 });
    await later();
    expect(sender.changes).toBe(0);
    sent.close();
    sent.follow({ pausedByServer: true, wantedSpatialLayer: null });
    await later();
    expect(sender.active).toEqual([true, true]);
  });
});
