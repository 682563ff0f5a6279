import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { CodedError } from '@crossfade/shared/errors';
import type { types } from 'mediasoup-client';
import { keepConnected } from './transport-upkeep.ts';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

function setUp(refusal?: CodedError | (() => CodedError | undefined)) {
  const listeners: ((state: string) => void)[] = [];
  const closing: (() => void)[] = [];
  const restarts: object[] = [];
  const failures: string[] = [];
  let asked = 0;
  const transport = {
    connectionState: 'connected',
    closed: false,
    on: (_event: string, listener: (state: string) => void) => listeners.push(listener),
    observer: { on: (_event: string, listener: () => void) => closing.push(listener) },
    restartIce: (parameters: object) => {
      restarts.push(parameters);
      return Promise.resolve();
    },
  };
  const upkeep = keepConnected(transport as unknown as types.Transport, {
    restart: () => {
      asked += 1;
      const refused = typeof refusal === 'function' ? refusal() : refusal;
      return refused
        ? Promise.reject(refused)
        : Promise.resolve({ iceParameters: { usernameFragment: 'fresh', password: 'secret' } });
    },
    changed: () => undefined,
    failed: (reason) => failures.push(reason),
  });
  const become = (state: string) => {
    transport.connectionState = state;
    for (const listener of listeners) listener(state);
  };
  const close = () => {
    transport.closed = true;
    for (const listener of closing) listener();
  };
  return { become, close, restarts, failures, upkeep, asked: () => asked };
}

test('an interruption that heals by itself restarts nothing', async () => {
  const { become, restarts } = setUp();
  become('disconnected');
  await jest.advanceTimersByTimeAsync(500);
  become('connected');
  await jest.advanceTimersByTimeAsync(10_000);
  expect(restarts).toEqual([]);
});

test('one that lasts restarts ICE, again and again, until it is connected', async () => {
  const { become, restarts, failures } = setUp();
  become('disconnected');
  await jest.advanceTimersByTimeAsync(1_000);
  expect(restarts).toHaveLength(1);
  become('failed');
  await jest.advanceTimersByTimeAsync(0);
  expect(restarts).toHaveLength(2);
  become('connected');
  await jest.advanceTimersByTimeAsync(60_000);
  expect(restarts).toHaveLength(2);
  expect(failures).toEqual([]);
});

test('it fails when nothing helps', async () => {
  const { become, restarts, failures } = setUp();
  become('failed');
  await jest.advanceTimersByTimeAsync(60_000);
  expect(restarts).toHaveLength(5);
  expect(failures).toEqual(['The connection to the media server is lost.']);
});

test('it fails at once when the media server no longer has the transport', async () => {
  const { become, failures, asked } = setUp(new CodedError('transport-not-found'));
  become('failed');
  await jest.advanceTimersByTimeAsync(60_000);
  expect(asked()).toBe(1);
  expect(failures).toEqual(['restarting ICE: transport-not-found']);
});

test('a media server that cannot be asked is asked again, for as long as it takes', async () => {
  let reachable = false;
  const { become, failures, asked, restarts } = setUp(() =>
    reachable ? undefined : new CodedError('timeout'),
  );
  become('failed');
  await jest.advanceTimersByTimeAsync(60_000);
  expect(asked()).toBe(31);
  expect(failures).toEqual([]);
  reachable = true;
  await jest.advanceTimersByTimeAsync(2_000);
  expect(restarts).toHaveLength(1);
});

test('one that refuses for the moment is asked five times', async () => {
  const { become, failures, asked } = setUp(new CodedError('media-server-unavailable'));
  become('failed');
  await jest.advanceTimersByTimeAsync(60_000);
  expect(asked()).toBe(5);
  expect(failures).toEqual(['The connection to the media server is lost.']);
});

test('on waking, one that is interrupted is restarted at once; one that works only if that is doubtful', async () => {
  const { become, upkeep, restarts } = setUp();
  upkeep.lookAgain(true);
  become('connected');
  upkeep.lookAgain(false);
  await jest.advanceTimersByTimeAsync(0);
  expect(restarts).toHaveLength(0);
  upkeep.lookAgain(true);
  await jest.advanceTimersByTimeAsync(0);
  expect(restarts).toHaveLength(1);
  become('disconnected');
  upkeep.lookAgain(false);
  await jest.advanceTimersByTimeAsync(0);
  expect(restarts).toHaveLength(2);
});

test('tells how it stands', async () => {
  const { become, upkeep } = setUp();
  const seen = [upkeep.health];
  for (const state of ['connected', 'disconnected', 'connecting', 'connected', 'failed']) {
    become(state);
    seen.push(upkeep.health);
  }
  // ICE that was restarted is `connecting` as well.
  expect(seen).toEqual(['connecting', 'connected', 'interrupted', 'interrupted', 'connected', 'interrupted']);
  await jest.advanceTimersByTimeAsync(60_000);
  expect(upkeep.health).toBe('failed');
});

test('a closed transport is left alone', async () => {
  const { become, close, asked } = setUp();
  become('disconnected');
  close();
  await jest.advanceTimersByTimeAsync(60_000);
  expect(asked()).toBe(0);
});

test('doubts that nothing confirms do not end a connection that works', async () => {
  const { become, upkeep, restarts, failures } = setUp();
  become('connected');
  for (let count = 0; count < 12; count += 1) {
    upkeep.lookAgain(true);
    await jest.advanceTimersByTimeAsync(5_000);
  }
  expect(restarts).toHaveLength(12);
  expect(failures).toEqual([]);
});
