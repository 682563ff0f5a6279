import { expect, test } from '@jest/globals';
import { problemKind } from './media-problem.ts';

test.each([
  ['NotAllowedError', 'refused'],
  ['NotFoundError', 'missing'],
  ['OverconstrainedError', 'missing'],
  ['NotReadableError', 'busy'],
  ['AbortError', 'busy'],
  ['SecurityError', 'insecure-page'],
  ['SomethingNew', 'unknown'],
])('%s means %s', (name, kind) => {
  expect(problemKind(name)).toBe(kind);
});
