import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { NOTHING_SHOWN, type Shown } from './roster.ts';
import { SpeakerWatch } from './speaker-watch.ts';

let shown: Record<string, Shown>;
let speakers: (string | null)[];
let watch: SpeakerWatch;

beforeEach(() => {
  jest.useFakeTimers();
  shown = {};
  speakers = [];
  watch = new SpeakerWatch({
    others: () => Object.keys(shown).map((participantId) => ({ participantId })),
    shown: (participantId) => shown[participantId] ?? NOTHING_SHOWN,
    changed: (speaker) => speakers.push(speaker),
  });
});
afterEach(() => {
  watch.close();
  jest.useRealTimers();
});

/** Somebody on a direct path whose sound has this level. */
function direct(audioLevel: number): Shown {
  const receiver = {
    getSynchronizationSources: () => [{ audioLevel, timestamp: performance.timeOrigin + performance.now() }],
  } as unknown as RTCRtpReceiver;
  const audio = {
    participantId: 'ann',
    kind: 'audio',
    receiver,
    decoded: true,
    heard: () => undefined,
  } as const;
  return { ...NOTHING_SHOWN, path: 'p2p', tracks: { ...NOTHING_SHOWN.tracks, audio } };
}

test('peer-to-peer the sound that arrives tells who speaks', () => {
  shown = { ann: direct(0.3), ben: direct(0) };
  jest.advanceTimersByTime(200);
  expect(speakers).toEqual(['ann']);
});

test('on a media server it is the one to tell, and receivers are not asked', () => {
  const asked = jest.fn(() => []);
  const receiver = { getSynchronizationSources: asked } as unknown as RTCRtpReceiver;
  const audio = {
    participantId: 'ann',
    kind: 'audio',
    receiver,
    decoded: true,
    heard: () => undefined,
  } as const;
  const there: Shown = { ...NOTHING_SHOWN, path: 'sfu', tracks: { ...NOTHING_SHOWN.tracks, audio } };
  shown = { ann: there, ben: there };
  watch.told([
    { participantId: 'me', dbov: -5 },
    // A mean over speech and its pauses.
    { participantId: 'ben', dbov: -48 },
  ]);
  jest.advanceTimersByTime(200);
  watch.told([]);
  jest.advanceTimersByTime(2_000);
  expect(speakers).toEqual(['ben', null]);
  expect(asked).not.toHaveBeenCalled();
});
