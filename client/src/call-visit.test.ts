import { describe, expect, test } from '@jest/globals';
import { CodedError } from '@crossfade/shared/errors';
import { CallVisit, type VisitOptions } from './call-visit.ts';
import type { Call, CallOptions } from './call.ts';
import type { LocalMedia } from './local-media.ts';
import type { CallStatus } from './snapshot.ts';

class FakeCall {
  snapshot: { status: CallStatus } = { status: { kind: 'joined' } };
  #listeners = new Set<() => void>();

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  end(reason: 'left' | 'removed'): void {
    if (this.snapshot.status.kind === 'ended') return;
    this.snapshot = { status: { kind: 'ended', reason } };
    for (const listener of this.#listeners) listener();
  }

  leave(): Promise<void> {
    this.end('left');
    return Promise.resolve();
  }
}

interface Join {
  options: CallOptions;
  answer: (call: FakeCall) => void;
  refuse: (error: Error) => void;
}

function setUp() {
  const joins: Join[] = [];
  const opened: { closed: boolean }[] = [];
  const visit = new CallVisit({
    join: (options) =>
      new Promise((resolve, reject) => {
        joins.push({
          options,
          answer: (call) => resolve(call as unknown as Call),
          refuse: (error) => reject(error),
        });
      }),
    openMedia: () => {
      const media = { closed: false, close: () => (media.closed = true) };
      opened.push(media);
      return Promise.resolve(media as unknown as LocalMedia);
    },
  });
  return { visit, joins, opened };
}
const settled = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};
const options: VisitOptions = { url: 'https://calls.example', token: 'secret', callId: 'a' };

describe('a stay in a call', () => {
  test('joins with camera and microphone of its own, and closes them when the call is over', async () => {
    const { visit, joins, opened } = setUp();
    const seen: string[] = [];
    visit.subscribe(() => seen.push(visit.state.kind));
    visit.enter(() => options);
    await settled();
    const call = new FakeCall();
    joins[0]?.answer(call);
    await settled();
    expect(visit.state).toMatchObject({ kind: 'joined', call });
    call.end('removed');
    expect(visit.state).toMatchObject({ kind: 'ended', status: { reason: 'removed' } });
    expect(opened.map(({ closed }) => closed)).toEqual([true]);
    expect(seen).toEqual(['joining', 'joined', 'ended']);
  });

  test('the media of the application stay open', async () => {
    const { visit, joins, opened } = setUp();
    const media = { close: () => expect(true).toBe(false) } as unknown as LocalMedia;
    visit.enter(() => ({ ...options, media }));
    await settled();
    expect(joins[0]?.options.media).toBe(media);
    joins[0]?.answer(new FakeCall());
    await settled();
    if (visit.state.kind === 'joined') visit.state.leave();
    expect(visit.state.kind).toBe('ended');
    expect(opened).toEqual([]);
  });

  test('what is taken back at once was never asked for', async () => {
    const { visit, joins, opened } = setUp();
    visit.enter(() => options);
    visit.leave();
    visit.enter(() => options);
    await settled();
    expect([joins.length, opened.length]).toEqual([1, 1]);
  });

  test('to leave while it is being joined gives that up, and a call that comes all the same is left', async () => {
    const { visit, joins, opened } = setUp();
    visit.enter(() => options);
    await settled();
    visit.leave();
    expect(joins[0]?.options.signal?.aborted).toBe(true);
    const call = new FakeCall();
    joins[0]?.answer(call);
    await settled();
    expect(call.snapshot.status).toEqual({ kind: 'ended', reason: 'left' });
    expect(visit.state).toEqual({ kind: 'idle' });
    expect(opened[0]?.closed).toBe(true);
  });

  test('another call is joined after the one before was left', async () => {
    const { visit, joins } = setUp();
    visit.enter(() => options);
    await settled();
    const first = new FakeCall();
    joins[0]?.answer(first);
    await settled();
    visit.enter(() => ({ ...options, callId: 'b' }));
    expect(first.snapshot.status.kind).toBe('ended');
    expect(visit.state).toEqual({ kind: 'joining' });
    await settled();
    const second = new FakeCall();
    joins[1]?.answer(second);
    await settled();
    expect(visit.state).toMatchObject({ kind: 'joined', call: second });
  });

  test('tells why it could not be joined, and joins again with what holds by then', async () => {
    const { visit, joins, opened } = setUp();
    let token = 'old';
    visit.enter(() => ({ ...options, token }));
    await settled();
    joins[0]?.refuse(new CodedError('call-full'));
    await settled();
    expect(visit.state).toMatchObject({ kind: 'failed', error: { code: 'call-full' } });
    expect(opened[0]?.closed).toBe(true);
    token = 'new';
    if (visit.state.kind === 'failed') visit.state.retry();
    await settled();
    expect(joins[1]?.options.token).toBe('new');
    const call = new FakeCall();
    joins[1]?.answer(call);
    await settled();
    call.end('removed');
    if (visit.state.kind === 'ended') visit.state.rejoin();
    expect(visit.state.kind).toBe('joining');
  });
});
