import { expect, test } from '@jest/globals';
import { describeMode, whereItRuns } from './modes.ts';

test('who is alone is told so, wherever the call would run', () => {
  expect(whereItRuns('sfu', 0)).toEqual(whereItRuns('p2p', 0));
  expect(whereItRuns('sfu', 0).label).toBe('Just you');
  expect(whereItRuns('sfu', 1).label).toBe('Media server');
});

test('a switch is told while it is under way', () => {
  expect(describeMode('p2p', 2, 'sfu')).toMatch(/directly.* Switching to media server\.$/);
  expect(describeMode('p2p', 2, null)).not.toMatch(/Switching/);
});
