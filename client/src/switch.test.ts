import { describe, expect, test } from '@jest/globals';
import type { ModeSwitchPrepare, Participant } from '@crossfade/shared/signalling';
import {
  awaitedTracks,
  expectedTracks,
  linksToBuild,
  reconcile,
  shownFrom,
  type Standing,
  type TrackOnPath,
} from './switch.ts';

function person(participantId: string, change: Partial<Participant> = {}): Participant {
  return {
    participantId,
    userId: `user-${participantId}`,
    displayName: participantId,
    media: { audio: true, video: true, screen: false },
    connected: true,
    ...change,
  };
}

const silent = { audio: false, video: false, screen: false };

describe('what has to arrive before a switch is confirmed', () => {
  test('every track that is on, of everyone who can take part', () => {
    const others = [
      person('ann'),
      person('ben', { media: { audio: true, video: false, screen: false } }),
      person('cleo', { media: silent }),
      person('dan', { connected: false }),
    ];
    expect(expectedTracks(others)).toEqual([
      { participantId: 'ann', kind: 'audio' },
      { participantId: 'ann', kind: 'video' },
      { participantId: 'ben', kind: 'audio' },
    ]);
  });

  test('a screen that is shared, and its sound where that is heard and not taken', () => {
    const media = { ...silent, screen: true };
    const others = [
      person('ann', { media }),
      person('ben', { media }),
      person('cleo', { media, blocked: ['audio'] }),
    ];
    expect(expectedTracks(others, (id) => id !== 'ann')).toEqual([
      { participantId: 'ann', kind: 'screen' },
      { participantId: 'ben', kind: 'screen' },
      { participantId: 'ben', kind: 'screen-audio' },
      { participantId: 'cleo', kind: 'screen' },
    ]);
  });

  const atPrepare = expectedTracks([person('ann'), person('ben')]);
  const none = () => false;

  test.each<[string, Participant[], string[]]>([
    ['nothing changed', [person('ann'), person('ben')], ['ann audio', 'ann video', 'ben audio', 'ben video']],
    ['one left', [person('ben')], ['ben audio', 'ben video']],
    [
      'one lost the connection',
      [person('ann', { connected: false }), person('ben')],
      ['ben audio', 'ben video'],
    ],
    [
      'one turned the camera off',
      [person('ann', { media: { audio: true, video: false, screen: false } }), person('ben')],
      ['ann audio', 'ben audio', 'ben video'],
    ],
    [
      'one came meanwhile',
      [person('ann'), person('ben'), person('cleo')],
      ['ann audio', 'ann video', 'ben audio', 'ben video'],
    ],
  ])('%s', (_what, others, awaited) => {
    expect(
      awaitedTracks(atPrepare, expectedTracks(others), none).map(
        ({ participantId, kind }) => `${participantId} ${kind}`,
      ),
    ).toEqual(awaited);
  });

  test('what has been decoded is not awaited any more', () => {
    const others = [person('ann'), person('ben')];
    const awaited = awaitedTracks(atPrepare, expectedTracks(others), ({ kind }) => kind === 'audio');
    expect(awaited.map(({ kind }) => kind)).toEqual(['video', 'video']);
    expect(awaitedTracks(atPrepare, expectedTracks(others), () => true)).toEqual([]);
    const shown = awaitedTracks(atPrepare, expectedTracks(others), none, ({ kind }) => kind === 'audio');
    expect(shown.every(({ kind }) => kind === 'audio')).toBe(true);
  });
});

describe('which path a track is shown from', () => {
  const absent: TrackOnPath = { exists: false, decoded: false, alive: true };
  const building: TrackOnPath = { exists: true, decoded: false, alive: true };
  const playing: TrackOnPath = { exists: true, decoded: true, alive: true };
  const broken: TrackOnPath = { exists: true, decoded: true, alive: false };

  test.each([
    ['in a steady call, the active one', playing, absent, absent, 'active'],
    ['before the first frame, the active one', building, absent, absent, 'active'],
    ['while a switch is prepared, the old one', playing, absent, playing, 'active'],
    ['a newcomer without an old path, from the new one once it plays', absent, absent, playing, 'pending'],
    ['a newcomer, not before it plays', absent, absent, building, null],
    ['when a commit came before the first frame, the draining one', building, playing, absent, 'draining'],
    ['when nothing plays any more, the active one', building, broken, absent, 'active'],
    ['when the active path broke, the new one', broken, absent, playing, 'pending'],
    ['nothing at all', absent, absent, absent, null],
  ] as const)('%s', (_what, active, draining, pending, expected) => {
    expect(shownFrom({ active, draining, pending })).toBe(expected);
  });
});

describe('whom to build links to', () => {
  const situation = {
    others: [person('ann'), person('ben'), person('cleo', { connected: false })],
    linked: (id: string) => id === 'ann',
    switchingTo: null,
    switchExpected: false,
  };

  test('to everyone who is connected and has none', () => {
    expect(linksToBuild(situation)).toEqual(['ben']);
  });

  test('to nobody while the call moves, or is about to move, to the media server', () => {
    expect(linksToBuild({ ...situation, switchingTo: 'sfu' })).toEqual([]);
    expect(linksToBuild({ ...situation, switchExpected: true })).toEqual([]);
  });

  test('to nobody in a call that no laptop could encode for', () => {
    const others = Array.from({ length: 8 }, (_each, index) => person(String(index)));
    expect(linksToBuild({ ...situation, others })).toEqual([]);
    expect(linksToBuild({ ...situation, others: others.slice(1) })).toHaveLength(7);
  });
});

describe('after a lost connection', () => {
  const codecs = { codecs: [] };
  const prepare: ModeSwitchPrepare = {
    phase: 'prepare',
    callId: 'call',
    transitionId: 't1',
    from: 'p2p',
    mode: 'sfu',
    epoch: 4,
    reason: 'participants-above-limit',
    deadlineMs: 2_000,
    rtpCapabilities: codecs,
  };
  const p2p: Standing = {
    participantId: 'me',
    mode: 'p2p',
    epoch: 3,
    producerIds: [],
    lost: false,
    pending: null,
  };
  const switching: Standing = {
    ...p2p,
    pending: { transitionId: 't1', mode: 'sfu', epoch: 4, producerIds: ['mine'] },
  };
  const sfu: Standing = { ...p2p, mode: 'sfu', epoch: 4, producerIds: ['mine'] };
  const room = (...producerIds: string[]) => ({
    rtpCapabilities: codecs,
    producers: producerIds.map((producerId) => ({
      producerId,
      participantId: 'me',
      kind: 'audio' as const,
      source: 'microphone' as const,
      paused: false,
    })),
  });

  test('nothing happened: everything stays', () => {
    expect(reconcile(p2p, { participantId: 'me', mode: 'p2p', epoch: 3 })).toEqual({
      active: 'keep',
      pending: 'discard',
      begin: null,
    });
    expect(
      reconcile(sfu, { participantId: 'me', mode: 'sfu', epoch: 4, sfu: room('mine', 'other') }).active,
    ).toBe('keep');
  });

  test('a switch began meanwhile: it is joined', () => {
    const answer = { participantId: 'me', mode: 'p2p', epoch: 3, transition: prepare } as const;
    expect(reconcile(p2p, answer)).toEqual({ active: 'keep', pending: 'discard', begin: prepare });
  });

  test('the same switch is still under way: what was built is kept', () => {
    const answer = { participantId: 'me', mode: 'p2p', epoch: 3, transition: prepare } as const;
    expect(reconcile(switching, answer)).toEqual({ active: 'keep', pending: 'keep', begin: null });
  });

  test('the switch was given up and another one begun', () => {
    const transition = { ...prepare, transitionId: 't2' };
    expect(reconcile(switching, { participantId: 'me', mode: 'p2p', epoch: 3, transition })).toEqual({
      active: 'keep',
      pending: 'discard',
      begin: transition,
    });
  });

  test('the switch was committed: the new path becomes the active one', () => {
    expect(reconcile(switching, { participantId: 'me', mode: 'sfu', epoch: 4, sfu: room('mine') })).toEqual({
      active: 'adopt',
      pending: 'discard',
      begin: null,
    });
  });

  test('the room was made anew meanwhile: what was built in the old one is not adopted', () => {
    expect(reconcile(switching, { participantId: 'me', mode: 'sfu', epoch: 4, sfu: room() }).active).toBe(
      'rebuild',
    );
    expect(reconcile(sfu, { participantId: 'me', mode: 'sfu', epoch: 4, sfu: room() }).active).toBe(
      'rebuild',
    );
  });

  test('the call moved on without this client: the path is built anew', () => {
    expect(reconcile(p2p, { participantId: 'me', mode: 'sfu', epoch: 4, sfu: room() }).active).toBe(
      'rebuild',
    );
    expect(reconcile(p2p, { participantId: 'me', mode: 'p2p', epoch: 5 }).active).toBe('rebuild');
  });

  test('a path that is known to be broken is built anew in any case', () => {
    const answer = { participantId: 'me', mode: 'sfu', epoch: 4, sfu: room('mine') } as const;
    expect(reconcile({ ...sfu, lost: true }, answer).active).toBe('rebuild');
  });

  test('the room is lost: nothing is built in it, and what is being built for the next one is kept', () => {
    const transition = { ...prepare, from: 'sfu', epoch: 5 } as const;
    const lost = { participantId: 'me', mode: 'sfu', epoch: 4, transition } as const;
    const moving = { ...sfu, lost: true, pending: { ...transition, producerIds: [] } };
    const kept = { active: 'keep', pending: 'keep', begin: null };
    expect(reconcile(moving, lost)).toEqual(kept);
    expect(reconcile(moving, { ...lost, sfu: { ...room('new'), epoch: 5 } })).toEqual(kept);
    expect(reconcile({ ...sfu, lost: true }, lost)).toEqual({
      ...kept,
      pending: 'discard',
      begin: transition,
    });
  });

  test('the old room still runs, and its connection broke: that is built anew, the next one goes on', () => {
    const transition = { ...prepare, from: 'sfu', epoch: 5 } as const;
    const moving = { ...sfu, lost: true, pending: { ...transition, producerIds: [] } };
    const answer = { participantId: 'me', mode: 'sfu', epoch: 4, transition } as const;
    expect(reconcile(moving, { ...answer, sfu: { ...room('mine'), epoch: 4 } })).toEqual({
      active: 'rebuild',
      pending: 'keep',
      begin: null,
    });
  });

  test('the gateway made a new participant of this client: nothing of the old one holds', () => {
    const answer = { participantId: 'me-again', mode: 'p2p', epoch: 3, transition: prepare } as const;
    expect(reconcile(switching, answer)).toEqual({ active: 'rebuild', pending: 'discard', begin: prepare });
  });
});
