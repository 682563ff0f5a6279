import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Views } from './views.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

class FakePage extends EventTarget {
  visibilityState: DocumentVisibilityState = 'visible';
  pictureInPictureElement: Element | null = null;

  turn(state: DocumentVisibilityState): void {
    this.visibilityState = state;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

function views() {
  const page = new FakePage();
  const changed = jest.fn();
  return { page, changed, views: new Views(page, changed) };
}

const small = { width: 200, height: 112 };
const large = { width: 1_280, height: 720 };

describe('what is shown of a participant', () => {
  test('who is never spoken of is shown as large as there is', () => {
    const { views: shown } = views();
    expect(shown.wishFor('ann', 'camera')).toEqual({ kind: 'picture', view: null, priority: 1 });
  });

  test('a first size holds at once, another when it has settled', () => {
    const { views: shown, changed } = views();
    shown.set('ann', 'camera', small);
    expect(shown.wishFor('ann', 'camera')).toMatchObject({ view: small });
    for (const width of [300, 600, 900]) shown.set('ann', 'camera', { width, height: width });
    shown.set('ann', 'camera', large);
    expect(shown.wishFor('ann', 'camera')).toMatchObject({ view: small });
    jest.advanceTimersByTime(1_000);
    expect(shown.wishFor('ann', 'camera')).toMatchObject({ view: large });
    expect(changed).toHaveBeenCalledTimes(2);
  });

  test('one that is no longer shown comes on for a moment, and is back at once', () => {
    const { views: shown } = views();
    shown.set('ann', 'camera', small);
    shown.set('ann', 'camera', null);
    expect(shown.wishFor('ann', 'camera').kind).toBe('picture');
    shown.set('ann', 'camera', small);
    jest.advanceTimersByTime(2_000);
    expect(shown.wishFor('ann', 'camera').kind).toBe('picture');
    shown.set('ann', 'camera', null);
    jest.advanceTimersByTime(2_000);
    expect(shown.wishFor('ann', 'camera').kind).toBe('nothing');
    shown.set('ann', 'camera', large);
    expect(shown.wishFor('ann', 'camera')).toMatchObject({ view: large });
  });

  test('one that was not shown to begin with never comes', () => {
    const { views: shown } = views();
    shown.set('ann', 'camera', null);
    expect(shown.wishFor('ann', 'camera').kind).toBe('nothing');
    expect(shown.wishFor('ann', 'screen').kind).toBe('picture');
    shown.forget('ann');
    expect(shown.wishFor('ann', 'camera').kind).toBe('picture');
  });
});

describe('a hidden page', () => {
  test('wants nothing after a while, and all of it when it is back', () => {
    const { views: shown, page, changed } = views();
    shown.set('ann', 'camera', small);
    changed.mockClear();
    page.turn('hidden');
    jest.advanceTimersByTime(2_000);
    page.turn('visible');
    jest.advanceTimersByTime(20_000);
    expect(changed).not.toHaveBeenCalled();
    page.turn('hidden');
    jest.advanceTimersByTime(20_000);
    expect(shown.wishFor('ann', 'camera').kind).toBe('nothing');
    expect(shown.wishFor('ben', 'screen').kind).toBe('nothing');
    page.turn('visible');
    expect(shown.wishFor('ann', 'camera')).toMatchObject({ view: small });
    expect(changed).toHaveBeenCalledTimes(2);
  });

  test('goes on while somebody is seen in a window of their own', () => {
    const { views: shown, page } = views();
    page.pictureInPictureElement = {} as Element;
    page.turn('hidden');
    jest.advanceTimersByTime(20_000);
    expect(shown.wishFor('ann', 'camera').kind).toBe('picture');
    page.pictureInPictureElement = null;
    jest.advanceTimersByTime(20_000);
    expect(shown.wishFor('ann', 'camera').kind).toBe('nothing');
  });
});

test('a shared screen comes first, then whoever speaks or spoke last', () => {
  const { views: shown } = views();
  const priorities = () =>
    [shown.wishFor('ann', 'camera'), shown.wishFor('ben', 'camera'), shown.wishFor('ben', 'screen')].map(
      (wish) => (wish.kind === 'picture' ? wish.priority : 0),
    );
  expect(priorities()).toEqual([1, 1, 255]);
  shown.speaks('ann');
  shown.speaks(null);
  expect(priorities()).toEqual([128, 1, 255]);
  shown.speaks('ben');
  expect(priorities()).toEqual([1, 128, 255]);
});
