import { describe, expect, it, jest } from '@jest/globals';
import { CodedError } from '@crossfade/shared/errors';
import { errors } from 'mediasoup';
import { ask, checkedByMediasoup } from './ask.ts';

const later = <T>(value: T, ms: number) => new Promise<T>((resolve) => setTimeout(resolve, ms, value));

describe('ask', () => {
  it('passes on the answer, and what was thrown', async () => {
    await expect(ask(Promise.resolve(7))).resolves.toBe(7);
    const failure = new TypeError('no');
    await expect(ask(Promise.reject(failure))).rejects.toBe(failure);
  });

  it('gives up after the limit, and undoes an answer that comes later', async () => {
    const discard = jest.fn();
    const { promise, resolve } = Promise.withResolvers<string>();
    await expect(ask(promise, discard, 20)).rejects.toMatchObject({ code: 'timeout' });
    expect(discard).not.toHaveBeenCalled();
    resolve('late');
    await promise;
    expect(discard).toHaveBeenCalledWith('late');
  });

  it('does not give up when it was this process that stood still', async () => {
    // The answer comes from outside (here: a timer); it and the look at what waits too long are both found late.
    const answer = ask(later('in time', 120), undefined, 15);
    const until = performance.now() + 160;
    while (performance.now() < until);
    await expect(answer).resolves.toBe('in time');
  });

  it('says that a worker that has gone can be asked again', async () => {
    const gone = new errors.WorkerClosedError('Channel closed, pending request aborted [method:X, id:1]');
    await expect(ask(Promise.reject(gone))).rejects.toMatchObject({
      code: 'no-capacity',
      retryable: true,
      message: 'The media worker has gone; ask again.',
    });
  });
});

describe('checkedByMediasoup', () => {
  it.each([
    [
      new errors.UnsupportedError('unsupported codec [mimeType:audio/x]'),
      'unsupported codec [mimeType:audio/x]',
    ],
    [new TypeError('duplicated payloadType'), 'duplicated payloadType'],
    [
      new TypeError("Cannot read properties of undefined (reading 'x')"),
      'The media parameters were refused.',
    ],
    ['text', 'The media parameters were refused.'],
  ])('makes the caller mend %p', async (thrown, message) => {
    await expect(checkedByMediasoup(Promise.reject(thrown as Error))).rejects.toMatchObject({
      code: 'invalid-media-parameters',
      message,
      cause: thrown,
    });
  });

  it('keeps a code that is there already', async () => {
    const timeout = new CodedError('timeout');
    await expect(checkedByMediasoup(Promise.reject(timeout))).rejects.toBe(timeout);
  });
});
