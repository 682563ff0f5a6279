import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { CodedError, ERROR_CATALOGUE, parseOrThrow, toAckError } from './errors.ts';

test('the catalogue has statuses of errors, and sentences', () => {
  for (const { status, title } of Object.values(ERROR_CATALOGUE)) {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(title).toMatch(/^[A-Z].*\.$/);
  }
});

test('what may succeed later is said to be retryable: quotas, capacity, our own failures', () => {
  for (const { status, retryable } of Object.values(ERROR_CATALOGUE)) {
    if (status === 429 || status >= 500) expect(retryable).toBe(true);
    if ([400, 401, 403, 404, 413, 415, 422].includes(status)) expect(retryable).toBe(false);
  }
});

test('what is invalid is told by path, and not at any length', () => {
  const schema = z.object({ list: z.array(z.int()) });
  const error = (() => {
    try {
      return parseOrThrow(schema, { list: Array.from({ length: 100 }, () => 'x') });
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(CodedError);
  const ack = toAckError(error as CodedError);
  expect(ack).toMatchObject({ code: 'validation-failed', retryable: false });
  expect(ack.errors).toHaveLength(20);
  expect(ack.errors?.[0]?.path).toBe('list.0');
});

test('the cause stays inside', () => {
  const error = new CodedError('internal', undefined, { cause: new Error('password=1') });
  expect(JSON.stringify(toAckError(error))).not.toContain('password');
});
