import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { FakePeerConnection } from './testing/fake-peer-connection.ts';
import type { TrackKind } from './track-kinds.ts';
import { P2pLink, type LinkSignal, type LinkState } from './p2p-link.ts';

interface End {
  /** What this end shares. */
  shared: { screen: MediaStreamTrack | null };
  link: P2pLink;
  connection: FakePeerConnection;
  sent: LinkSignal[];
  states: LinkState[];
  /** The kinds of the tracks the other end has opened sections for. */
  tracks: TrackKind[];
}

const local = {
  track: () => null,
  state: { audio: false, video: false },
  stream: {} as MediaStream,
  screen: null,
};

/** Lets everything run that is only waiting for promises. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
}

function end(polite: boolean, carry: (signal: LinkSignal) => Promise<unknown>): End {
  const connection = new FakePeerConnection();
  const sent: LinkSignal[] = [];
  const states: LinkState[] = [];
  const tracks: TrackKind[] = [];
  const shared: End['shared'] = { screen: null };
  const link = new P2pLink({
    polite,
    iceServers: [],
    local: { ...local, track: (kind) => (kind === 'screen' ? shared.screen : null) },
    send: (signal) => {
      sent.push(signal);
      return carry(signal);
    },
    onTrack: (kind) => tracks.push(kind),
    onState: (state) => states.push(state),
    createConnection: () => connection as unknown as RTCPeerConnection,
  });
  return { shared, link, connection, sent, states, tracks };
}

/** Two ends with a wire between them that loses signals while `cut` says so. */
function pair(): { polite: End; impolite: End; wire: { cut: boolean } } {
  const wire = { cut: false };
  const ends: { polite?: End; impolite?: End } = {};
  const to = (name: 'polite' | 'impolite') => async (signal: LinkSignal) => {
    if (wire.cut) throw new Error('lost');
    await Promise.resolve();
    ends[name]?.link.receive(signal);
  };
  const impolite = end(false, to('polite'));
  const polite = end(true, to('impolite'));
  Object.assign(ends, { polite, impolite });
  return { polite, impolite, wire };
}

const kinds = ({ sent }: End) => sent.flatMap(({ description }) => (description ? [description.type] : []));

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask'] });
});

afterEach(() => {
  jest.useRealTimers();
});

describe('negotiation', () => {
  test('takes one offer and one answer, made by the impolite end', async () => {
    const { polite, impolite } = pair();
    await settle();
    expect(kinds(impolite)).toEqual(['offer']);
    expect(kinds(polite)).toEqual(['answer']);
    expect(impolite.connection.signalingState).toBe('stable');
    expect(polite.connection.signalingState).toBe('stable');
    expect(polite.connection.getTransceivers().map(({ direction }) => direction)).toEqual([
      'sendrecv',
      'sendrecv',
    ]);
  });

  test('when two offers cross, the polite end takes its own back and makes it again afterwards', async () => {
    const { polite, impolite } = pair();
    await settle();
    polite.connection.restartIce();
    impolite.connection.restartIce();
    await settle();
    expect(polite.connection.rollbacks).toBe(1);
    expect(impolite.connection.rollbacks).toBe(0);
    expect(polite.connection.signalingState).toBe('stable');
    expect(impolite.connection.signalingState).toBe('stable');
    // The crossing offer, the answer to the other's, and the offer once more.
    expect(kinds(polite)).toEqual(['answer', 'offer', 'answer', 'offer']);
    expect(kinds(impolite)).toEqual(['offer', 'offer', 'answer']);
  });

  test('candidates that come before the description are kept for it', async () => {
    const { connection, link } = end(true, () => Promise.resolve());
    link.receive({ candidate: { candidate: 'early' } });
    await settle();
    expect(connection.candidates).toEqual([]);
    link.receive({ description: { type: 'offer', sdp: 'theirs' } });
    link.receive({ candidate: null });
    await settle();
    expect(connection.candidates).toEqual(['early', 'end']);
  });

  test('an offer that gets no answer is sent again, the same one', async () => {
    const { polite, impolite, wire } = pair();
    wire.cut = true;
    await settle();
    wire.cut = false;
    await jest.advanceTimersByTimeAsync(1_600);
    expect(kinds(impolite)).toEqual(['offer', 'offer']);
    expect(impolite.sent[1]).toEqual(impolite.sent[0]);
    expect(impolite.connection.signalingState).toBe('stable');
    await jest.advanceTimersByTimeAsync(10_000);
    expect(kinds(impolite)).toEqual(['offer', 'offer']);
    expect(kinds(polite)).toEqual(['answer']);
  });

  test('an answer that comes twice is dropped the second time', async () => {
    const { polite, impolite } = pair();
    await settle();
    const answer = polite.sent.find(({ description }) => description?.type === 'answer');
    impolite.link.receive(answer ?? {});
    await settle();
    expect(impolite.connection.remoteDescription?.sdp).toBe(answer?.description?.sdp);
    expect(impolite.connection.signalingState).toBe('stable');
  });

  test('after the signalling was lost, an open offer is repeated at once', async () => {
    const { impolite, wire } = pair();
    wire.cut = true;
    await settle();
    wire.cut = false;
    impolite.link.resume();
    await settle();
    expect(impolite.connection.signalingState).toBe('stable');
  });
});

describe('a screen', () => {
  const directions = ({ connection }: End) => connection.getTransceivers().map(({ direction }) => direction);

  test('has a section of its own while it is shared, which closes with it', async () => {
    const { impolite, polite } = pair();
    await settle();
    polite.shared.screen = { kind: 'video' } as MediaStreamTrack;
    polite.link.syncLocal();
    polite.link.syncLocal();
    await settle();
    expect(directions(polite)).toEqual(['sendrecv', 'sendrecv', 'sendonly']);
    expect(kinds(polite)).toEqual(['answer', 'offer']);
    expect(impolite.connection.signalingState).toBe('stable');
    polite.shared.screen = null;
    polite.link.syncLocal();
    await settle();
    expect(directions(polite)).toEqual(['sendrecv', 'sendrecv']);
    expect(kinds(polite)).toEqual(['answer', 'offer', 'offer']);
  });

  test('another one takes the place of the first without negotiation', async () => {
    const { impolite } = pair();
    impolite.shared.screen = { kind: 'video' } as MediaStreamTrack;
    impolite.link.syncLocal();
    await settle();
    const next = { kind: 'video' } as MediaStreamTrack;
    impolite.shared.screen = next;
    impolite.link.syncLocal();
    await settle();
    expect(impolite.connection.getTransceivers()[2]?.sender.track).toBe(next);
    expect(kinds(impolite)).toEqual(['offer']);
  });

  test('shared before the link stands, it comes after microphone and camera on both ends', async () => {
    const { polite, impolite } = pair();
    for (const { shared } of [polite, impolite]) shared.screen = { kind: 'video' } as MediaStreamTrack;
    impolite.link.syncLocal();
    polite.link.syncLocal();
    expect(directions(polite)).toEqual([]);
    await settle();
    expect(directions(impolite)).toEqual(['sendrecv', 'sendrecv', 'sendonly']);
    expect(directions(polite)).toEqual(['sendrecv', 'sendrecv', 'sendonly']);
    expect(polite.tracks).toEqual(['audio', 'video']);
    polite.connection.open('video');
    polite.connection.open('audio');
    expect(polite.tracks).toEqual(['audio', 'video', 'screen', 'screen-audio']);
  });
});

describe('the state of the link', () => {
  test('follows the connection; an interruption restarts ICE when it lasts', async () => {
    const { impolite } = pair();
    await settle();
    impolite.connection.reach('connected');
    impolite.connection.reach('disconnected');
    await jest.advanceTimersByTimeAsync(1_000);
    expect(kinds(impolite)).toEqual(['offer']);
    await jest.advanceTimersByTimeAsync(1_500);
    expect(kinds(impolite)).toEqual(['offer', 'offer']);
    impolite.connection.reach('connected');
    expect(impolite.states).toEqual(['connected', 'interrupted', 'connected']);
  });

  test('is failed when no connection comes about in time, and connected when it does later', async () => {
    const { impolite } = pair();
    await jest.advanceTimersByTimeAsync(6_100);
    impolite.connection.reach('connected');
    expect(impolite.states).toEqual(['failed', 'connected']);
  });

  test('on waking ICE is restarted at once if it is lost, and if that is doubtful', async () => {
    const { impolite } = pair();
    await settle();
    impolite.connection.reach('connected');
    impolite.link.lookAgain(false);
    await settle();
    expect(kinds(impolite)).toEqual(['offer']);
    impolite.link.lookAgain(true);
    await settle();
    expect(kinds(impolite)).toEqual(['offer', 'offer']);
    impolite.connection.reach('disconnected');
    impolite.link.lookAgain(false);
    await settle();
    expect(kinds(impolite)).toEqual(['offer', 'offer', 'offer']);
  });

  test('nothing is heard of a closed link', async () => {
    const { impolite, polite } = pair();
    impolite.link.close();
    polite.link.close();
    await jest.advanceTimersByTimeAsync(20_000);
    expect(impolite.states).toEqual([]);
    expect(impolite.sent).toEqual([]);
    expect(impolite.connection.closed).toBe(true);
  });
});
