import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { StableStream } from './stable-stream.ts';
import { FakeStream, FakeTrack } from './testing/fake-stream.ts';

const real = globalThis.MediaStream;

/** As browsers have it: a stream knows its tracks by their ids. */
class StreamById extends FakeStream {
  override addTrack(track: FakeTrack): void {
    if (!this.getTracks().some(({ id }) => id === track.id)) super.addTrack(track);
  }

  override removeTrack(track: FakeTrack): void {
    for (const each of this.getTracks()) if (each.id === track.id) super.removeTrack(each);
  }
}

beforeAll(() => {
  Object.assign(globalThis, { MediaStream: StreamById });
});
afterAll(() => {
  Object.assign(globalThis, { MediaStream: real });
});

const track = (id: string) => new FakeTrack('audio', id) as unknown as MediaStreamTrack;

test('shows exactly what it is given', () => {
  const { stream, show } = bound();
  const [a, b] = [track('a'), track('b')];
  show([a]);
  show([b]);
  expect(stream.getTracks()).toEqual([b]);
});

test('one track takes the place of another with the same id', () => {
  const { stream, show } = bound();
  const [first, second] = [track('a'), track('a')];
  show([first]);
  show([second]);
  expect(stream.getTracks()).toHaveLength(1);
  expect(stream.getTracks()[0]).toBe(second);
});

function bound() {
  const stable = new StableStream();
  return { stream: stable.stream, show: (tracks: MediaStreamTrack[]) => stable.show(tracks) };
}
