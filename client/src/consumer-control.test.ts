import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { CodedError } from '@crossfade/shared/errors';
import { ConsumerControl } from './consumer-control.ts';
import type { Request } from './signalling.ts';
import type { Relief, VideoWish, View } from './video-wish.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const shown = (width: number, priority = 1): VideoWish => ({
  kind: 'picture',
  view: { width, height: (width * 9) / 16 },
  priority,
});
const LARGE: VideoWish = { kind: 'picture', view: null, priority: 1 };
const NOTHING: VideoWish = { kind: 'nothing' };

function control(first: VideoWish, layers = 3) {
  const asked: string[] = [];
  const failures: CodedError[] = [];
  const failed = jest.fn();
  const state = { wish: first, flows: true, relief: 0 as Relief, size: null as View | null };
  const request = ((
    name: string,
    payload: { preferredLayers?: { spatialLayer: number }; priority?: number },
  ) => {
    const { preferredLayers, priority } = payload;
    const chosen = [preferredLayers?.spatialLayer, priority].filter((part) => part !== undefined);
    asked.push([name.replace('media:', ''), ...chosen].join(' '));
    const failure = failures.shift();
    return failure ? Promise.reject(failure) : Promise.resolve({});
  }) as unknown as Request;
  const one = new ConsumerControl({
    callId: 'call',
    epoch: 3,
    consumerId: 'c',
    request,
    layers,
    wish: () => state.wish,
    flows: () => state.flows,
    relief: () => state.relief,
    decodedSize: () => state.size,
    changed: () => undefined,
    failed,
  });
  return { control: one, asked, failures, failed, state };
}

describe('a consumer', () => {
  test('that is wanted large only has to be resumed', async () => {
    const { control: one, asked } = control(LARGE);
    await one.settle();
    await one.settle();
    expect(asked).toEqual(['resume-consumer']);
  });

  test('has its size before it flows, and is paused while nobody sees it', async () => {
    const { control: one, asked, state } = control(shown(200));
    await one.settle();
    state.wish = NOTHING;
    await one.settle();
    state.wish = shown(1_280, 128);
    await one.settle();
    expect(asked).toEqual([
      'set-layers 0 1',
      'resume-consumer',
      'pause-consumer',
      'set-layers 2 128',
      'resume-consumer',
    ]);
  });

  test('that stands by has its size, and then only to be resumed', async () => {
    const { control: one, asked, state } = control(shown(200));
    state.flows = false;
    await one.settle();
    expect(asked).toEqual(['set-layers 0 1']);
    state.flows = true;
    await one.settle();
    expect(asked).toEqual(['set-layers 0 1', 'resume-consumer']);
  });

  test('that nobody sees is not asked for at all', async () => {
    const { control: one, asked } = control(NOTHING);
    await one.settle();
    expect(asked).toEqual([]);
  });

  test('in one size has no layers, but a priority', async () => {
    const { control: one, asked } = control(shown(100, 128), 1);
    await one.settle();
    expect(asked).toEqual(['set-layers 128', 'resume-consumer']);
  });

  test('follows the newest of several wishes', async () => {
    const { control: one, asked, state } = control(LARGE);
    const first = one.settle();
    state.wish = shown(200);
    void one.settle();
    state.wish = shown(640);
    await Promise.all([first, one.settle()]);
    expect(asked).toEqual(['resume-consumer', 'set-layers 1 1']);
  });

  test('comes smaller where the device cannot keep up', async () => {
    const { control: one, asked, state } = control(LARGE);
    await one.settle();
    state.relief = 1;
    await one.settle();
    state.relief = 0;
    await one.settle();
    expect(asked).toEqual(['resume-consumer', 'set-layers 1 1', 'set-layers 2 1']);
  });

  test('chooses anew when its sizes turn out to be others', async () => {
    const { control: one, asked, state } = control(shown(900));
    await one.settle();
    // The middle one of a large camera, and it suffices.
    state.size = { width: 960, height: 540 };
    one.layerChanged(1);
    await jest.advanceTimersByTimeAsync(1_000);
    one.layerChanged(2);
    state.size = { width: 1_920, height: 1_080 };
    await jest.advanceTimersByTimeAsync(5_000);
    expect(asked).toEqual(['resume-consumer', 'set-layers 1 1']);
  });

  test('is asked for again when that failed for the moment', async () => {
    const { control: one, asked, failures, failed } = control(shown(200));
    failures.push(new CodedError('timeout'), new CodedError('timeout'));
    const settled = one.settle();
    await jest.advanceTimersByTimeAsync(2_000);
    await settled;
    expect(asked).toEqual(['set-layers 0 1', 'set-layers 0 1', 'set-layers 0 1', 'resume-consumer']);
    expect(failed).not.toHaveBeenCalled();
  });

  test('flows though its size is refused; refused itself, the path is told', async () => {
    const { control: one, asked, failures, failed } = control(shown(200));
    failures.push(new CodedError('forbidden'), new CodedError('forbidden'));
    await one.settle();
    expect(asked).toEqual(['set-layers 0 1', 'resume-consumer']);
    expect(failed).toHaveBeenCalledTimes(1);
  });

  test('that is gone, or closed, is left alone', async () => {
    const { control: one, failures, failed, asked } = control(LARGE);
    failures.push(new CodedError('consumer-not-found'));
    await one.settle();
    expect(failed).not.toHaveBeenCalled();
    one.close();
    await one.settle();
    expect(asked).toHaveLength(1);
  });
});
