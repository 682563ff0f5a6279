import { expect, test } from '@jest/globals';
import { CodedError } from '@crossfade/shared/errors';
import type { CallState } from '../calls/state.ts';
import type { RecordEntry } from '../calls/events.ts';
import { Dispatch, type DispatchOptions } from './dispatch.ts';
import type { Door } from './door.ts';

const NOW = 7_000;

/**
 * Somebody in a call, and what is recorded of them.
 * @param posted what becomes of an event of the call
 */
function stage(posted: () => Promise<void> = () => Promise.resolve()) {
  const recorded: RecordEntry[] = [];
  const door = { socketId: 's', joined: new Map([['c', 'ann']]), isOpen: () => true } as unknown as Door;
  const me = { participantId: 'ann', sessionId: 'x', link: { kind: 'connected', socketId: 's' } };
  const state = {
    callId: 'c',
    recordId: 'r',
    members: [me],
    media: { phase: 'p2p' },
  } as unknown as CallState;
  const dispatch = new Dispatch({
    gatewayId: 'g',
    calls: {
      known: new Map([['c', { state }]]),
      post: async (_callId: string, _event: object, written: (state: CallState) => void) => {
        await posted();
        written(state);
        return state;
      },
      // Everybody has left by then: the answer does not matter here.
      until: () => Promise.resolve(null),
    },
    attendance: {
      calls: ['c'],
      of: () => [{ participantId: 'ann', door }],
      attach: () => undefined,
      disconnected: () => undefined,
    },
    subscriptions: { ready: () => Promise.resolve() },
    limits: { spend: () => Promise.resolve() },
    audit: { answered: () => undefined },
    record: (entry: RecordEntry) => recorded.push(entry),
    onResumed: () => undefined,
    others: {},
    now: () => NOW,
  } as unknown as DispatchOptions);
  return { dispatch, door, recorded };
}

test('connections are recorded by the clock that the call goes by, from their beginning to whichever end', async () => {
  const { dispatch, door, recorded } = stage();
  const claims = { sub: 'ann', grants: { publish: true, subscribe: true, moderate: false } };
  Object.assign(door, { claims });
  const join = { callId: 'c', displayName: 'Ann', media: { audio: true, video: false, screen: false } };
  await expect(dispatch.handle(door, 'call:join', join)).rejects.toMatchObject({ code: 'call-not-found' });
  await dispatch.disconnected(door);
  dispatch.stop();
  expect(recorded).toMatchObject([
    { type: 'session-connected', at: NOW },
    { type: 'session-disconnected', at: NOW },
    { type: 'session-disconnected', at: NOW },
  ]);
});

test('a loss that a stop cuts short is no error; any other is', async () => {
  const { dispatch, door } = stage(() => Promise.reject(new CodedError('call-store-unavailable')));
  await expect(dispatch.disconnected(door)).rejects.toMatchObject({ code: 'call-store-unavailable' });
  const cut = dispatch.disconnected(door);
  dispatch.stop();
  await cut;
});
