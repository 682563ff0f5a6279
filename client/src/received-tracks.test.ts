import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { ReceivedTracks } from './received-tracks.ts';
import { FakeTrack } from './testing/fake-stream.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A receiver whose track is mute until its first packet, and whose statistics are answered when the test says so. */
class FakeReceiver {
  readonly track = Object.assign(new FakeTrack('video', 'v'), { muted: true });
  framesDecoded = 0;
  readonly #asked: (() => void)[] = [];

  getStats(): Promise<Map<string, object>> {
    return new Promise((resolve) => {
      this.#asked.push(() =>
        resolve(
          new Map([
            ['in', { id: 'in', type: 'inbound-rtp', kind: 'video', framesDecoded: this.framesDecoded }],
          ]),
        ),
      );
    });
  }

  async answer(): Promise<void> {
    for (const answer of this.#asked.splice(0)) answer();
    await jest.advanceTimersByTimeAsync(0);
  }

  get asked(): number {
    return this.#asked.length;
  }

  firstPacket(): void {
    this.track.muted = false;
    this.track.dispatchEvent(new Event('unmute'));
  }
}

function receiving() {
  const receiver = new FakeReceiver();
  const changed = jest.fn();
  const tracks = new ReceivedTracks(changed);
  tracks.add('ann', 'video', receiver as unknown as RTCRtpReceiver);
  return { receiver, tracks, decoded: () => tracks.find('ann', 'video')?.decoded };
}

test('a track counts as decoded with its first frame, soon after its first packet', async () => {
  const { receiver, decoded } = receiving();
  await receiver.answer();
  await jest.advanceTimersByTimeAsync(500);
  expect(receiver.asked).toBe(0);
  receiver.firstPacket();
  await jest.advanceTimersByTimeAsync(0);
  await receiver.answer();
  expect(decoded()).toBe(false);
  receiver.framesDecoded = 1;
  await jest.advanceTimersByTimeAsync(30);
  await receiver.answer();
  expect(decoded()).toBe(true);
});

test('a first packet that comes while the track is looked at is not overlooked', async () => {
  const { receiver, decoded } = receiving();
  receiver.firstPacket();
  await receiver.answer();
  receiver.framesDecoded = 1;
  await jest.advanceTimersByTimeAsync(30);
  await receiver.answer();
  expect(decoded()).toBe(true);
});

test('what is taken away, or closed, is looked at no more', async () => {
  const { receiver, tracks } = receiving();
  tracks.remove('ann');
  await receiver.answer();
  await jest.advanceTimersByTimeAsync(5_000);
  expect(receiver.asked).toBe(0);
  const other = receiving();
  other.tracks.close();
  await other.receiver.answer();
  await jest.advanceTimersByTimeAsync(5_000);
  expect(other.receiver.asked).toBe(0);
});
