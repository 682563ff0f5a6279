import { describe, expect, test } from '@jest/globals';
import { NO_CHOICE, otherView, pinned, spotlightOf } from './spotlight.ts';

const people = ['ann', 'ben', 'cleo'];
const calm = { tiles: people, screens: [], speakers: ['ben', 'ann'] };
const shared = { ...calm, tiles: [...people, 'screen-ann'], screens: ['screen-ann'] };

describe('what is shown large', () => {
  test('nobody, until that is asked for; then who spoke last', () => {
    expect(spotlightOf(NO_CHOICE, calm)).toBeNull();
    const speaker = otherView(NO_CHOICE, calm);
    expect(spotlightOf(speaker, calm)).toBe('ben');
    expect(spotlightOf(speaker, { ...calm, speakers: ['gone', 'ann'] })).toBe('ann');
    expect(spotlightOf(speaker, { ...calm, tiles: [] })).toBeNull();
    expect(spotlightOf(otherView(speaker, calm), calm)).toBeNull();
  });

  test('a shared screen by itself, as long as it is there; put back, it stays back, but not the next one', () => {
    expect(spotlightOf(NO_CHOICE, shared)).toBe('screen-ann');
    expect(spotlightOf(NO_CHOICE, calm)).toBeNull();
    const back = otherView(NO_CHOICE, shared);
    expect(spotlightOf(back, shared)).toBeNull();
    const another = {
      ...shared,
      tiles: [...shared.tiles, 'screen-ben'],
      screens: ['screen-ann', 'screen-ben'],
    };
    expect(spotlightOf(back, another)).toBe('screen-ben');
    expect(spotlightOf(otherView(back, shared), shared)).toBe('screen-ann');
  });

  test('what is pinned before all else, until it is let go of or leaves', () => {
    const held = pinned(NO_CHOICE, 'cleo');
    expect(spotlightOf(held, shared)).toBe('cleo');
    expect(spotlightOf(pinned(held, 'cleo'), shared)).toBe('screen-ann');
    expect(spotlightOf(pinned(held, 'ann'), calm)).toBe('ann');
    expect(spotlightOf(held, { ...calm, tiles: ['ann', 'ben'] })).toBeNull();
    expect(spotlightOf(otherView(held, calm), calm)).toBeNull();
  });
});
