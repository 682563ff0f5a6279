import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { CodedError } from '@crossfade/shared/errors';
import type { JoinAnswer, ModeSwitch, ModeSwitchPrepare, Participant } from '@crossfade/shared/signalling';
import type { buildPath } from './build-path.ts';
import { Crossfade } from './crossfade.ts';
import { Roster } from './roster.ts';
import type { SfuDevice } from './sfu-device.ts';
import type { Request } from './signalling.ts';
import { FakePath } from './testing/fake-path.ts';
import { FakeStream } from './testing/fake-stream.ts';
import { TRACK_KINDS } from './track-kinds.ts';

const replaced = { MediaStream: globalThis.MediaStream, document: globalThis.document };

beforeAll(() => {
  // A page that presents nothing, so no gap is measured.
  const page = { visibilityState: 'hidden', createElement: () => ({}) };
  Object.assign(globalThis, { MediaStream: FakeStream, document: page });
});

afterAll(() => {
  Object.assign(globalThis, replaced);
});

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'performance'] });
});

afterEach(() => {
  jest.useRealTimers();
});

function person(participantId: string, change: Partial<Participant> = {}): Participant {
  return {
    participantId,
    userId: participantId,
    displayName: participantId,
    media: { audio: true, video: true, screen: false },
    connected: true,
    ...change,
  };
}

function answer(change: Partial<JoinAnswer> = {}): JoinAnswer {
  return {
    participantId: 'me',
    sessionId: 'secret',
    mode: 'p2p',
    epoch: 3,
    participants: [],
    iceServers: [],
    policy: { p2pMaxParticipants: 2, backToP2pDelayMs: 5_000, switchTimeoutMs: 2_000 },
    ...change,
  };
}

const common = { callId: 'call', transitionId: 't1', epoch: 4, from: 'p2p', mode: 'sfu' } as const;
const prepare: ModeSwitchPrepare = {
  ...common,
  phase: 'prepare',
  reason: 'participants-above-limit',
  deadlineMs: 2_000,
  rtpCapabilities: { codecs: [] },
};
const commit: ModeSwitch = {
  ...common,
  phase: 'commit',
  reason: 'participants-above-limit',
  deadlineMs: 0,
};
const abort: ModeSwitch = {
  ...common,
  mode: 'p2p',
  epoch: 3,
  phase: 'abort',
  reason: 'deadline',
  deadlineMs: 0,
};
const producer = {
  producerId: 'p1',
  participantId: 'ann',
  kind: 'audio',
  source: 'microphone',
  paused: false,
} as const;

const sfu = { rtpCapabilities: {}, producers: [] };

interface Stage {
  crossfade: Crossfade;
  roster: Roster;
  /** In the order they were built. */
  paths: FakePath[];
  /** What the gateway was told about switches. */
  told: object[];
  /** Makes requests fail. */
  failWith: (error: CodedError | null) => void;
  /** Whether paths that are built from now on say at once that they work. */
  buildsReady: (is: boolean) => void;
  outOfStep: jest.Mock;
  /** Those whose video is shown nowhere. */
  hidden: Set<string>;
  /** From which mode a participant's picture is shown. */
  shows: (participantId: string) => string | undefined;
}

function stage(joined: JoinAnswer, others: Participant[], ready = true): Stage {
  const roster = new Roster();
  for (const other of others) roster.put(other);
  const paths: FakePath[] = [];
  const told: object[] = [];
  let failure: CodedError | null = null;
  const request = ((name: string, payload: object) => {
    if (name === 'call:mode-switched') told.push(payload);
    return failure ? Promise.reject(failure) : Promise.resolve({});
  }) as unknown as Request;
  const build = ((place, { events, standby }) => {
    const path = new FakePath(place.mode, place.epoch, events);
    path.flows = !standby;
    path.transports = place.transports;
    path.isReady = ready;
    path.begun = ready;
    paths.push(path);
    return path as unknown as ReturnType<typeof buildPath>;
  }) as typeof buildPath;
  const outOfStep = jest.fn();
  const hidden = new Set<string>();
  const crossfade = new Crossfade(
    {
      callId: 'call',
      local: {
        track: () => null,
        state: { audio: false, video: false },
        stream: {} as MediaStream,
        screen: null,
      },
      simulcast: true,
      roster,
      views: {
        wishFor: (id, source) =>
          hidden.has(id) || hidden.has(`${source} of ${id}`)
            ? { kind: 'nothing' }
            : { kind: 'picture', view: null, priority: 1 },
        relief: 0,
      },
      device: {} as SfuDevice,
      request,
      build,
      changed: () => undefined,
      barred: () => undefined,
      outOfStep,
    },
    joined,
  );
  crossfade.start(joined);
  return {
    crossfade,
    roster,
    paths,
    told,
    failWith: (error) => (failure = error),
    buildsReady: (is) => (ready = is),
    outOfStep,
    hidden,
    shows: (id) => roster.shown(id).tracks.video?.receiver.track.id.split(' over ')[1],
  };
}

/** Ann and this client in a direct call, and Ben just joined: a switch has been announced. */
function switching() {
  const set = stage(answer(), [person('ann')]);
  const [old] = set.paths as [FakePath];
  old.bring('ann', true);
  set.roster.put(person('ben'));
  set.crossfade.participantsChanged(true);
  set.crossfade.modeSwitch(prepare);
  const [, path] = set.paths;
  if (!path) throw new Error('No path was built.');
  return { ...set, old, path };
}

/** Ann, Ben and this client in a direct call, and a switch has been announced. */
function moving() {
  const set = stage(answer(), [person('ann'), person('ben')]);
  const [old] = set.paths as [FakePath];
  for (const name of ['ann', 'ben']) {
    old.link(name);
    old.bring(name, true);
  }
  set.crossfade.modeSwitch(prepare);
  const [, path] = set.paths;
  if (!path) throw new Error('No path was built.');
  return { ...set, old, path };
}

describe('a room that stands ready', () => {
  const room = { epoch: 4, rtpCapabilities: { codecs: [] } };

  /** Ann and this client in a direct call, connected to the room that stands ready. */
  function standingBy() {
    const set = stage(answer(), [person('ann')]);
    const [old] = set.paths as [FakePath];
    old.bring('ann', true);
    set.crossfade.standby(room);
    const [, path] = set.paths as [FakePath, FakePath];
    return { ...set, old, path };
  }

  test('is connected to, and nothing flows', () => {
    const { crossfade, path, shows } = standingBy();
    expect(path).toMatchObject({ mode: 'sfu', epoch: 4, flows: false });
    crossfade.producerAdded({ ...producer, epoch: 4 });
    expect(path.producers).toHaveLength(1);
    path.bring('ann', true);
    expect(shows('ann')).toBe('p2p');
    expect(crossfade.switchingTo).toBeNull();
  });

  test('is where the switch leads, on the connections that stand', () => {
    const { crossfade, paths, path, told, shows } = standingBy();
    crossfade.modeSwitch(prepare);
    expect(paths).toHaveLength(2);
    expect(path.flows).toBe(true);
    path.bring('ann', true);
    expect(told).toEqual([{ callId: 'call', transitionId: 't1', success: true }]);
    crossfade.modeSwitch(commit);
    expect(shows('ann')).toBe('sfu');
  });

  test('is left when there is none any more, and when it cannot be reached: the switch builds its own then', () => {
    const gone = standingBy();
    gone.crossfade.standby(null);
    expect(gone.path.closed).toBe(true);
    const broken = standingBy();
    broken.path.events.failed('no way there');
    expect(broken.path.closed).toBe(true);
    expect(broken.outOfStep).not.toHaveBeenCalled();
    for (const { crossfade, paths } of [gone, broken]) {
      crossfade.modeSwitch(prepare);
      expect(paths[2]).toMatchObject({ mode: 'sfu', epoch: 4, flows: true });
    }
  });

  test('is not kept when the switch leads to another epoch', () => {
    const { crossfade, path, paths } = standingBy();
    crossfade.modeSwitch({ ...prepare, epoch: 5 });
    expect(path.closed).toBe(true);
    expect(paths[2]).toMatchObject({ mode: 'sfu', epoch: 5 });
  });

  test('is kept over a lost connection if it still stands, and left if not', () => {
    const { crossfade, path, paths } = standingBy();
    const producers = [{ ...producer, epoch: 4 }];
    crossfade.resume(answer({ standby: { ...room, producers } }));
    expect(path.closed).toBe(false);
    expect(path.producers).toHaveLength(1);
    crossfade.resume(answer());
    expect(path.closed).toBe(true);
    expect(paths).toHaveLength(2);
  });

  test('is connected to anew where another one of the same epoch took its place, and where it could not be reached', () => {
    const moved = standingBy();
    moved.path.ownProducerIds = ['mine'];
    const broken = standingBy();
    broken.path.events.failed('no way there');
    for (const { crossfade, path, paths } of [moved, broken]) {
      crossfade.resume(answer({ standby: { ...room, producers: [{ ...producer, epoch: 4 }] } }));
      expect(path.closed).toBe(true);
      expect(paths[2]).toMatchObject({ mode: 'sfu', epoch: 4, flows: false });
    }
  });

  test('is left with the call', () => {
    const { crossfade, path } = standingBy();
    crossfade.close();
    expect(path.closed).toBe(true);
  });
});

test('transports that came with the answer to the join are for the first path to their room', () => {
  const transports = { send: { id: 's' }, recv: { id: 'r' } } as unknown as NonNullable<
    NonNullable<JoinAnswer['sfu']>['transports']
  >;
  const joined = answer({ sfu: { ...sfu, epoch: 4, transports }, transition: prepare });
  const { crossfade, paths } = stage(joined, [person('ann')]);
  expect(paths.map((path) => path.transports)).toEqual([undefined, transports]);
  crossfade.modeSwitch(abort);
  crossfade.modeSwitch({ ...prepare, transitionId: 't2' });
  expect(paths[2]?.transports).toBeUndefined();
});

describe('a switch to the media server', () => {
  test('is confirmed once everybody has been decoded, and not before', () => {
    const { path, told } = moving();
    expect(path).toMatchObject({ mode: 'sfu', epoch: 4 });
    path.bring('ann', true);
    expect(told).toEqual([]);
    path.bring('ben', false);
    expect(told).toEqual([]);
    path.bring('ben', true);
    path.bring('ben', true);
    expect(told).toEqual([{ callId: 'call', transitionId: 't1', success: true }]);
  });

  test('waits for a screen, and for its sound if that was heard before', () => {
    const set = stage(answer(), [person('ann', { media: { audio: true, video: true, screen: true } })]);
    const [old] = set.paths as [FakePath];
    old.bring('ann', true, TRACK_KINDS);
    expect(set.roster.remotes()[0]?.screen?.getTracks()).toHaveLength(2);
    set.crossfade.modeSwitch(prepare);
    const [, path] = set.paths as [FakePath, FakePath];
    path.bring('ann', true, ['audio', 'video', 'screen']);
    expect(set.told).toEqual([]);
    path.bring('ann', true, ['screen-audio']);
    expect(set.told).toHaveLength(1);
    set.crossfade.modeSwitch(commit);
    const shared = set.roster
      .remotes()[0]
      ?.screen?.getTracks()
      .map(({ id }) => id);
    expect(shared?.sort()).toEqual(['screen ann over sfu', 'screen-audio ann over sfu']);
  });

  test('waits for a screen that is shown though its camera is not, and not for one that is not', () => {
    for (const [hidden, awaited] of [
      ['camera of ann', ['audio', 'screen']],
      ['screen of ann', ['audio', 'video']],
    ] as const) {
      const set = stage(answer(), [person('ann', { media: { audio: true, video: true, screen: true } })]);
      set.paths[0]?.bring('ann', true, ['audio', 'video', 'screen']);
      set.hidden.add(hidden);
      set.crossfade.modeSwitch(prepare);
      const [, path] = set.paths as [FakePath, FakePath];
      path.bring('ann', true, [awaited[0]]);
      expect(set.told).toEqual([]);
      path.bring('ann', true, [awaited[1]]);
      expect(set.told).toHaveLength(1);
    }
  });

  test('does not wait for a screen that is not shared any more', () => {
    const sharing = person('ann', { media: { audio: true, video: true, screen: true } });
    const { paths, told, roster, crossfade } = stage(answer(), [sharing]);
    crossfade.modeSwitch(prepare);
    const [, path] = paths as [FakePath, FakePath];
    path.bring('ann', true);
    expect(told).toEqual([]);
    roster.put(person('ann'));
    crossfade.participantsChanged();
    expect([told.length, roster.remotes()[0]?.screen]).toEqual([1, null]);
  });

  test('nobody is heard over two paths', () => {
    const { path, old, crossfade } = switching();
    path.bring('ann', true);
    path.bring('ben', true);
    expect([[...old.heard], [...path.heard]]).toEqual([['audio ann'], ['audio ben']]);
    crossfade.modeSwitch(commit);
    expect([[...old.heard], [...path.heard].sort()]).toEqual([[], ['audio ann', 'audio ben']]);
  });

  test('is not confirmed before one is sending oneself', () => {
    const { path, told } = switching();
    path.isReady = false;
    path.bring('ann', true);
    path.bring('ben', true);
    expect(told).toEqual([]);
    path.isReady = true;
    path.events.changed();
    expect(told).toHaveLength(1);
  });

  test('does not wait for whoever has just come, and receives them after those who were there', () => {
    const ids = (of: FakePath) => of.producers.map(({ producerId }) => producerId);
    const { path, told, crossfade } = switching();
    crossfade.producerAdded({ ...producer, producerId: 'of-ann', participantId: 'ann', epoch: 4 });
    crossfade.producerAdded({ ...producer, producerId: 'of-ben', participantId: 'ben', epoch: 4 });
    path.bring('ann', true);
    expect(told).toEqual([{ callId: 'call', transitionId: 't1', success: true }]);
    expect(ids(path)).toEqual(['of-ann']);
    crossfade.modeSwitch(commit);
    jest.advanceTimersByTime(150);
    expect(ids(path)).toEqual(['of-ann', 'of-ben']);

    const slow = switching();
    slow.crossfade.producerAdded({ ...producer, participantId: 'ben', epoch: 4 });
    slow.path.bring('ann', true);
    expect(ids(slow.path)).toEqual([]);
    // Somebody else is not there yet.
    jest.advanceTimersByTime(500);
    expect(ids(slow.path)).toEqual(['p1']);
  });

  test('is confirmed by whoever has just come as soon as something of theirs gets there', () => {
    const here = [person('ann'), person('ben')];
    const { paths, told, crossfade } = stage(answer({ transition: prepare }), here, false);
    const [, path] = paths as [FakePath, FakePath];
    expect(told).toEqual([]);
    path.begun = true;
    path.events.changed();
    expect(told).toHaveLength(1);
    crossfade.producerAdded({ ...producer, participantId: 'ann', epoch: 4 });
    expect(path.producers).toHaveLength(1);
  });

  test('does not wait for somebody who leaves, loses the connection or mutes meanwhile', () => {
    const { path, told, roster, crossfade } = moving();
    path.bring('ann', true);
    roster.put(person('ben', { connected: false }));
    crossfade.participantsChanged();
    expect(told).toHaveLength(1);
  });

  test('does not wait for a video that is shown nowhere, but for it once it is shown', () => {
    const { path, told, hidden, crossfade } = moving();
    path.bring('ann', true);
    hidden.add('ben');
    path.bring('ben', false);
    expect(told).toEqual([]);
    hidden.clear();
    path.bring('ben', true, ['audio']);
    expect(told).toEqual([]);
    hidden.add('ben');
    crossfade.viewsChanged();
    expect(told).toHaveLength(1);
  });

  test('shows the old path until the commit, and a newcomer as soon as they play', () => {
    const { path, shows } = switching();
    path.bring('ann', true);
    expect(shows('ann')).toBe('p2p');
    path.bring('ben', false);
    expect(shows('ben')).toBeUndefined();
    path.bring('ben', true);
    expect(shows('ben')).toBe('sfu');
  });

  test('at the commit swaps at once and drains the old path', async () => {
    const { path, old, crossfade, shows } = switching();
    path.bring('ann', true);
    path.bring('ben', true);
    crossfade.modeSwitch(commit);
    expect(crossfade).toMatchObject({ mode: 'sfu', epoch: 4, switchingTo: null });
    expect(shows('ann')).toBe('sfu');
    expect(old.closed).toBe(false);
    await jest.advanceTimersByTimeAsync(500);
    expect(old.closed).toBe(true);
    expect(path.closed).toBe(false);
  });

  test('when the commit comes before the first frame, the old picture stays as long as it can', async () => {
    const { path, crossfade, shows } = switching();
    path.bring('ann', false);
    crossfade.modeSwitch(commit);
    expect(shows('ann')).toBe('p2p');
    path.bring('ann', true);
    expect(shows('ann')).toBe('sfu');
    await jest.advanceTimersByTimeAsync(500);
    expect(shows('ann')).toBe('sfu');
  });

  test('when it is given up, only the new path goes; the newcomer gets a link', () => {
    const { path, old, crossfade, shows } = switching();
    path.bring('ann', true);
    path.bring('ben', true);
    expect(old.linked('ben')).toBe(false);
    crossfade.modeSwitch(abort);
    expect(crossfade).toMatchObject({ mode: 'p2p', epoch: 3, switchingTo: null });
    expect(path.closed).toBe(true);
    expect(old.closed).toBe(false);
    expect(shows('ann')).toBe('p2p');
    expect(shows('ben')).toBeUndefined();
    expect(old.links).toContainEqual({ participantId: 'ben', transitionId: undefined });
  });

  test('when the new path fails, the gateway is told why, once', () => {
    const { path, told } = switching();
    path.events.failed('sending: room-not-found');
    path.events.failed('again');
    expect(told).toEqual([
      { callId: 'call', transitionId: 't1', success: false, reason: 'sending: room-not-found' },
    ]);
  });

  test('when the new path fails after it was confirmed, it is built once more after the commit', () => {
    const { path, told, crossfade, outOfStep } = switching();
    path.bring('ann', true);
    path.events.failed('sending: transport-not-found');
    expect(told).toEqual([{ callId: 'call', transitionId: 't1', success: true }]);
    expect(outOfStep).not.toHaveBeenCalled();
    crossfade.modeSwitch(commit);
    expect(path.closed).toBe(true);
    expect(outOfStep).toHaveBeenCalledTimes(1);
  });

  test('announced twice, it is prepared once', () => {
    const { crossfade, paths } = switching();
    crossfade.modeSwitch(prepare);
    expect(paths).toHaveLength(2);
  });

  test('a newer announcement replaces one that was never ended', () => {
    const { crossfade, paths, path } = switching();
    crossfade.modeSwitch({ ...prepare, transitionId: 't2' });
    expect(path.closed).toBe(true);
    expect(paths).toHaveLength(3);
    crossfade.modeSwitch(commit);
    expect(crossfade.mode).toBe('p2p');
  });

  test('a confirmation that did not arrive is repeated', async () => {
    const { path, told, failWith } = switching();
    failWith(new CodedError('timeout'));
    path.bring('ann', true);
    path.bring('ben', true);
    expect(told).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(400);
    failWith(null);
    await jest.advanceTimersByTimeAsync(400);
    expect(told.length).toBeGreaterThanOrEqual(2);
    const sofar = told.length;
    await jest.advanceTimersByTimeAsync(2_000);
    expect(told).toHaveLength(sofar);
  });

  test('producers go to the path that is being built; what was there before it as well', () => {
    const set = stage(answer(), [person('ann')]);
    set.crossfade.producerAdded(producer);
    set.crossfade.modeSwitch(prepare);
    set.crossfade.producerAdded({ ...producer, producerId: 'p2' });
    expect(set.paths[1]?.producers.map(({ producerId }) => producerId)).toEqual(['p1', 'p2']);
    set.crossfade.producerRemoved('p1');
    expect(set.paths[1]?.producers.map(({ producerId }) => producerId)).toEqual(['p2']);
  });

  test('what the local media say goes to both paths', () => {
    const { crossfade, old, path } = switching();
    crossfade.syncLocal();
    expect([old.syncs, path.syncs]).toEqual([1, 1]);
  });
});

describe('a switch to peer-to-peer', () => {
  const toP2p: ModeSwitchPrepare = {
    callId: 'call',
    transitionId: 't2',
    epoch: 5,
    from: 'sfu',
    mode: 'p2p',
    phase: 'prepare',
    reason: 'participants-within-limit',
    deadlineMs: 2_000,
    iceServers: [],
  };
  const inRoom = () =>
    stage(answer({ mode: 'sfu', epoch: 4, sfu: { rtpCapabilities: {}, producers: [producer] } }), [
      person('ann'),
    ]);
  const signal = { callId: 'call', from: 'ann', candidate: null } as const;

  test('builds links that carry its id, and gets the signals that carry it', () => {
    const { crossfade, paths } = inRoom();
    crossfade.modeSwitch(toP2p);
    const path = paths[1];
    expect(path?.links).toEqual([{ participantId: 'ann', transitionId: 't2' }]);
    crossfade.signal({ ...signal, epoch: 5, transitionId: 't2' });
    crossfade.signal({ ...signal, epoch: 5, transitionId: 'given-up' });
    crossfade.signal({ ...signal, epoch: 3 });
    expect(path?.signals.map(({ transitionId }) => transitionId)).toEqual(['t2']);
  });

  test('signals that came before its announcement are not lost', () => {
    const { crossfade, paths } = inRoom();
    crossfade.signal({ ...signal, epoch: 5, transitionId: 't2' });
    crossfade.modeSwitch(toP2p);
    expect(paths[1]?.signals).toHaveLength(1);
  });

  test('somebody whose signalling comes back meanwhile gets a link of it too', () => {
    const set = inRoom();
    set.roster.put(person('ben', { connected: false }));
    set.crossfade.modeSwitch(toP2p);
    expect(set.paths[1]?.linked('ben')).toBe(false);
    set.roster.put(person('ben'));
    set.crossfade.participantsChanged();
    expect(set.paths[1]?.links).toContainEqual({ participantId: 'ben', transitionId: 't2' });
  });

  test('without an announcement, because the media server is gone, happens at once', () => {
    const { crossfade, paths } = inRoom();
    crossfade.modeSwitch({ ...toP2p, phase: 'commit', reason: 'media-server-lost', deadlineMs: 0 });
    expect(crossfade).toMatchObject({ mode: 'p2p', epoch: 5 });
    expect(paths[1]?.links).toEqual([{ participantId: 'ann', transitionId: undefined }]);
  });
});

describe('a switch from room to room', () => {
  const move = (reason: 'media-server-lost' | 'media-server-draining'): ModeSwitchPrepare => ({
    callId: 'call',
    transitionId: 't3',
    epoch: 5,
    from: 'sfu',
    mode: 'sfu',
    phase: 'prepare',
    reason,
    deadlineMs: 2_000,
    rtpCapabilities: { codecs: [] },
  });
  const done = (phase: 'commit' | 'abort'): ModeSwitch => {
    const { callId, transitionId } = move('media-server-lost');
    const ids = { callId, transitionId, from: 'sfu', mode: 'sfu', deadlineMs: 0 } as const;
    return phase === 'commit'
      ? { ...ids, phase, epoch: 5, reason: 'media-server-lost' }
      : { ...ids, phase, epoch: 4, reason: 'deadline' };
  };
  /** In a room with Ann, who is seen; a move to another one has been announced. */
  function moved(reason: Parameters<typeof move>[0]) {
    const set = stage(
      answer({ mode: 'sfu', epoch: 4, sfu: { ...sfu, epoch: 4, producers: [{ ...producer, epoch: 4 }] } }),
      [person('ann')],
    );
    const [old] = set.paths as [FakePath];
    old.bring('ann', true);
    set.crossfade.modeSwitch(move(reason));
    const [, path] = set.paths;
    if (!path) throw new Error('No path was built.');
    /** Which of the two Ann's picture comes from. */
    const seen = () => {
      const track = set.roster.shown('ann').tracks.video?.receiver;
      if (track === old.received.find('ann', 'video')?.receiver) return 'old';
      return track === path.received.find('ann', 'video')?.receiver ? 'new' : undefined;
    };
    const ids = (of: FakePath) => of.producers.map(({ producerId }) => producerId);
    return { ...set, old, path, seen, ids };
  }

  test('builds the second connection beside the first; each hears of its own room only', () => {
    const { crossfade, old, path, ids } = moved('media-server-draining');
    expect(path).toMatchObject({ mode: 'sfu', epoch: 5 });
    crossfade.producerAdded({ ...producer, producerId: 'new', epoch: 5 });
    crossfade.producerAdded({ ...producer, producerId: 'late', epoch: 4 });
    expect([ids(old), ids(path)]).toEqual([['p1', 'late'], ['new']]);
  });

  test('shows the old room until the commit while that runs, then the new one', async () => {
    const { crossfade, old, path, told, seen } = moved('media-server-draining');
    path.bring('ann', true);
    expect(told).toEqual([{ callId: 'call', transitionId: 't3', success: true }]);
    expect(seen()).toBe('old');
    crossfade.modeSwitch(done('commit'));
    expect(crossfade).toMatchObject({ mode: 'sfu', epoch: 5, switchingTo: null });
    expect(seen()).toBe('new');
    await jest.advanceTimersByTimeAsync(500);
    expect([old.closed, path.closed]).toEqual([true, false]);
  });

  test('shows the new room as soon as it plays when the old one is dead, though nobody has told its connection', () => {
    const { roster, path, seen } = moved('media-server-lost');
    path.bring('ann', false);
    expect(seen()).toBe('old');
    expect(roster.shown('ann').path).toBe('none');
    path.bring('ann', true);
    expect(seen()).toBe('new');
    expect(roster.shown('ann').path).toBe('sfu');
  });

  test('the end of the dead connection asks for nothing, and costs the new one nothing', () => {
    const { crossfade, old, path, outOfStep, paths } = moved('media-server-lost');
    old.events.failed('The connection to the media server is lost.');
    expect(outOfStep).not.toHaveBeenCalled();
    // As when the signalling was lost as well: only the room being prepared is told of.
    const next = { ...sfu, epoch: 5 };
    crossfade.resume(answer({ mode: 'sfu', epoch: 4, sfu: next, transition: move('media-server-lost') }));
    expect(paths).toHaveLength(2);
    expect([old.closed, path.closed]).toEqual([false, false]);
  });

  test('when it is given up the old room stays, and what was told of the new one is forgotten', () => {
    const { crossfade, old, path, seen, ids, paths } = moved('media-server-draining');
    crossfade.producerAdded({ ...producer, producerId: 'new', epoch: 5 });
    crossfade.modeSwitch(done('abort'));
    expect(path.closed).toBe(true);
    expect(seen()).toBe('old');
    crossfade.modeSwitch({ ...move('media-server-draining'), transitionId: 't4' });
    const third = paths.at(-1) ?? old;
    expect([ids(old), ids(third)]).toEqual([['p1'], []]);
  });

  test('when the others go on without this client, it builds its path once more', () => {
    const { crossfade, path, outOfStep, paths } = moved('media-server-lost');
    path.events.failed('sending: timeout');
    crossfade.modeSwitch(done('commit'));
    expect(path.closed).toBe(true);
    expect(outOfStep).toHaveBeenCalledTimes(1);
    crossfade.resume(answer({ mode: 'sfu', epoch: 5, sfu: { ...sfu, epoch: 5 } }));
    expect(paths[2]).toMatchObject({ mode: 'sfu', epoch: 5, closed: false });
  });

  test('who joins while the room is lost builds nothing in it, and takes part in the switch', () => {
    const { crossfade, paths, told } = stage(
      answer({ mode: 'sfu', epoch: 4, sfu: { ...sfu, epoch: 5 }, transition: move('media-server-lost') }),
      [person('ann')],
    );
    expect(paths).toMatchObject([{ mode: 'sfu', epoch: 5 }]);
    paths[0]?.bring('ann', true);
    expect(told).toHaveLength(1);
    crossfade.modeSwitch(done('commit'));
    expect(crossfade.epoch).toBe(5);

    const nothing = stage(answer({ mode: 'sfu', epoch: 4 }), [person('ann')]);
    expect(nothing.paths).toEqual([]);
    expect(nothing.roster.shown('ann').path).toBe('none');
  });
});

describe('a direct call', () => {
  test('links everybody; a third only when no switch comes', async () => {
    const { crossfade, roster, paths } = stage(answer(), [person('ann')]);
    expect(paths[0]?.links).toEqual([{ participantId: 'ann', transitionId: undefined }]);
    roster.put(person('ben'));
    crossfade.participantsChanged(true);
    expect(paths[0]?.linked('ben')).toBe(false);
    await jest.advanceTimersByTimeAsync(2_000);
    // `performance` is the real clock here: the time is up when it says so.
    jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 2_000);
    crossfade.participantsChanged();
    expect(paths[0]?.linked('ben')).toBe(true);
    jest.restoreAllMocks();
  });

  test('shows a newcomer from the new path when the old one is broken', () => {
    const { path, old, shows } = switching();
    old.broken.add('ann');
    path.bring('ann', true);
    expect(shows('ann')).toBe('sfu');
  });
});

describe('being out of step', () => {
  test('a commit of an unknown switch to the media server, and a lost path, ask how things stand', () => {
    const { crossfade, outOfStep } = stage(answer(), [person('ann')]);
    crossfade.modeSwitch(commit);
    expect(outOfStep).toHaveBeenCalledTimes(1);
    expect(crossfade.mode).toBe('p2p');

    const inRoom = stage(answer({ mode: 'sfu', epoch: 4, sfu }), [person('ann')]);
    inRoom.paths[0]?.events.failed('The connection to the media server is lost.');
    expect(inRoom.outOfStep).toHaveBeenCalledTimes(1);
    inRoom.crossfade.resume(answer({ mode: 'sfu', epoch: 4, sfu }));
    expect(inRoom.paths).toHaveLength(2);
  });

  test('after a resumption: the commit that was missed is made up for', async () => {
    const { crossfade, path, old, shows } = switching();
    path.ownProducerIds = ['mine'];
    path.bring('ann', true);
    crossfade.resume(
      answer({
        mode: 'sfu',
        epoch: 4,
        sfu: { rtpCapabilities: {}, producers: [{ ...producer, producerId: 'mine' }] },
      }),
    );
    expect(crossfade).toMatchObject({ mode: 'sfu', epoch: 4, switchingTo: null });
    expect(shows('ann')).toBe('sfu');
    await jest.advanceTimersByTimeAsync(500);
    expect(old.closed).toBe(true);
  });

  test('after a resumption: a switch that goes on is confirmed again', () => {
    const { crossfade, path, told } = switching();
    path.bring('ann', true);
    path.bring('ben', true);
    crossfade.resume(answer({ transition: prepare }));
    expect(told).toHaveLength(2);
  });

  test('what of the own media is wanted is known as long as it can be told, and anew after a resumption', () => {
    const { crossfade, paths } = stage(answer({ mode: 'sfu', epoch: 4, sfu }), [person('ann')]);
    const path = paths[0];
    if (path) path.ownProducerIds = ['mine'];
    crossfade.producerWanted('mine', { pausedByServer: true });
    crossfade.producerWanted('mine', { wantedSpatialLayer: 0 });
    expect(path?.demands.get('mine')).toEqual({ pausedByServer: true, wantedSpatialLayer: 0 });
    crossfade.outOfReach();
    expect(path?.demands.size).toBe(0);
    const mine = { ...producer, producerId: 'mine', participantId: 'me' };
    const producers = [
      { ...mine, pausedByServer: false, wantedSpatialLayer: 1 },
      { ...producer, pausedByServer: true, wantedSpatialLayer: 0 },
    ];
    crossfade.resume(answer({ mode: 'sfu', epoch: 4, sfu: { rtpCapabilities: {}, producers } }));
    expect([...(path?.demands ?? [])]).toEqual([['mine', { pausedByServer: false, wantedSpatialLayer: 1 }]]);
  });

  test('the path through the media server is shown from when it is built until it is gone', () => {
    const { crossfade, paths } = stage(answer(), [person('ann')]);
    expect(crossfade.sfu).toBeNull();
    crossfade.modeSwitch(prepare);
    expect(crossfade.sfu).toMatchObject({ role: 'pending', epoch: 4, state: 'connected' });
    crossfade.modeSwitch(commit);
    expect(crossfade.sfu).toMatchObject({ role: 'active', epoch: 4, state: 'connected' });
    crossfade.producerAdded(producer);
    crossfade.producerPaused('p1', true);
    crossfade.layersChanged('c1', 'p1', { spatialLayer: 1 });
    expect(paths[1]?.paused.get('p1')).toBe(true);
    expect(paths[1]?.layers.get('c1')).toEqual({ spatialLayer: 1 });
    paths[1]?.events.failed('lost');
    expect(crossfade.sfu).toMatchObject({ role: 'active', state: 'failed' });
  });

  test('old news changes nothing', () => {
    const { crossfade, paths } = stage(answer({ mode: 'sfu', epoch: 4, sfu }), [person('ann')]);
    crossfade.modeSwitch(prepare);
    crossfade.modeSwitch(commit);
    crossfade.modeSwitch(abort);
    expect(paths).toHaveLength(1);
    expect(crossfade).toMatchObject({ mode: 'sfu', epoch: 4, switchingTo: null });
  });
});

describe('how the own way to the others stands', () => {
  test('follows the connections to those whose signalling works', () => {
    const { crossfade, roster, paths } = stage(answer({ mode: 'sfu', sfu }), [
      person('ann'),
      person('ben', { connected: false }),
    ]);
    expect(crossfade.standing).toEqual({ pathLost: false, links: ['connected'] });
    // The connection works, and nothing of theirs is on it.
    expect(roster.remotes().map(({ trouble }) => trouble)).toEqual(['connecting', 'away']);
    paths[0]?.bring('ann', true);
    paths[0]?.bring('ben', true);
    expect(roster.remotes().map(({ trouble }) => trouble)).toEqual([null, 'signalling']);
    paths[0]?.broken.add('ann').add('ben');
    paths[0]?.events.changed();
    expect(crossfade.standing.links).toEqual(['interrupted']);
    expect(roster.remotes().map(({ trouble }) => trouble)).toEqual(['ice-restart', 'away']);
  });

  test('a room that is gone is missed until the next one plays', () => {
    const { crossfade, paths, roster } = stage(answer({ mode: 'sfu', sfu }), [person('ann')]);
    const lost = { ...prepare, from: 'sfu', reason: 'media-server-lost' } as ModeSwitchPrepare;
    crossfade.modeSwitch(lost);
    expect(crossfade.standing.pathLost).toBe(true);
    expect(roster.remotes()[0]?.trouble).toBe('path');
    paths[1]?.bring('ann', true);
    expect(crossfade.standing).toEqual({ pathLost: false, links: ['connected'] });
    expect(roster.remotes()[0]?.trouble).toBeNull();
  });

  test('a path in place of a lost one counts once it works', () => {
    const joined = answer({ mode: 'sfu', sfu });
    const { crossfade, paths, outOfStep, buildsReady } = stage(joined, [person('ann')]);
    paths[0]?.events.failed('gone');
    expect(outOfStep).toHaveBeenCalledTimes(1);
    expect(crossfade.standing.pathLost).toBe(true);
    buildsReady(false);
    crossfade.resume(answer({ mode: 'sfu', sfu, participants: [person('ann')] }));
    expect(crossfade.standing.pathLost).toBe(true);
    const works = (is: boolean) => {
      for (const path of paths) path.isReady = is;
      paths[1]?.events.changed();
    };
    works(true);
    expect(crossfade.standing.pathLost).toBe(false);
    // What becomes of it afterwards is told otherwise.
    works(false);
    expect(crossfade.standing.pathLost).toBe(false);
  });

  test('everything that is there looks again', () => {
    const { crossfade, paths } = stage(answer(), [person('ann')]);
    crossfade.modeSwitch(prepare);
    crossfade.lookAgain(true);
    expect(paths.map(({ looks }) => looks)).toEqual([[true], [true]]);
  });
});
