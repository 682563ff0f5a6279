import { expect, test } from '@jest/globals';
import { problemText, problemTexts } from './problem-text.ts';

const kinds = ['refused', 'missing', 'busy', 'insecure-page', 'unknown'] as const;

test('names the device and what to do', () => {
  for (const kind of kinds) {
    expect(problemText({ device: 'camera', kind })).toContain('camera');
    expect(problemText({ device: 'microphone', kind })).toContain('microphone');
  }
  expect(problemText({ device: 'camera', kind: 'insecure-page' })).toContain('https or on localhost');
});

test('the same trouble with both devices is told once', () => {
  for (const kind of ['refused', 'missing', 'insecure-page', 'unknown'] as const) {
    const texts = problemTexts([
      { device: 'microphone', kind },
      { device: 'camera', kind },
    ]);
    expect(texts).toHaveLength(1);
    expect(texts[0]).toMatch(/camera/i);
    expect(texts[0]).toContain('microphone');
  }
});

test('different troubles are told one by one', () => {
  expect(problemTexts([])).toEqual([]);
  expect(problemTexts([{ device: 'camera', kind: 'missing' }])).toHaveLength(1);
  expect(
    problemTexts([
      { device: 'microphone', kind: 'refused' },
      { device: 'camera', kind: 'missing' },
    ]),
  ).toHaveLength(2);
});
