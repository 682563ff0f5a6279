/**
 * A distinct tone as everyone's microphone, and what of the tones a page plays, found by FFT: twenty times a second the
 * levels in all that its media elements are playing at that moment.
 */
import type { Page } from 'playwright-core';

declare global {
  interface Window {
    toneLevels?: ToneSample[];
  }
}

export interface ToneSample {
  /** The page's clock, milliseconds. */
  at: number;
  /** Of each tone, how loud it is played: 1 is as it was sent. */
  levels: number[];
}

const SAMPLE_RATE = 48_000;
const FFT_SIZE = 2_048;
/** Every tone is in the middle of a bin, and far from the next. */
const toneHz = (index: number) => ((40 + 16 * index) * SAMPLE_RATE) / FFT_SIZE;

/**
 * Before the page is loaded.
 * @param own which tone its microphone is
 * @param count how many tones there are
 */
export async function tonesOf(page: Page, own: number, count: number): Promise<void> {
  const everyTone = Array.from({ length: count }, (_, index) => toneHz(index));
  const script = ({ ownHz, tones, sampleRate, fftSize }: ToneSettings) => {
    const sent = 0.2;
    const context = new AudioContext({ sampleRate });
    const microphone = context.createMediaStreamDestination();
    const oscillator = new OscillatorNode(context, { frequency: ownHz });
    oscillator.connect(new GainNode(context, { gain: sent })).connect(microphone);
    oscillator.start();
    void context.resume();
    const devices = navigator.mediaDevices;
    const open = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (asked) => {
      const stream = asked?.video ? await open({ video: asked.video }) : new MediaStream();
      const [tone] = microphone.stream.getAudioTracks();
      if (asked?.audio && tone) stream.addTrack(tone.clone());
      return stream;
    };

    const analysers = new Map<MediaStreamTrack, AnalyserNode>();
    const analyse = (track: MediaStreamTrack): AnalyserNode => {
      const known = analysers.get(track);
      if (known) return known;
      const analyser = new AnalyserNode(context, { fftSize, smoothingTimeConstant: 0 });
      context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      analysers.set(track, analyser);
      return analyser;
    };
    // From the moment a track is there: one that begins to be played later is heard without delay.
    const Original = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Original {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        this.addEventListener('track', ({ track }) => {
          if (track.kind === 'audio') analyse(track);
        });
      }
    };
    const spectrum = new Float32Array(fftSize / 2);
    const samples: ToneSample[] = [];
    window.toneLevels = samples;
    setInterval(() => {
      const levels = tones.map(() => 0);
      for (const element of document.querySelectorAll<HTMLMediaElement>('video, audio')) {
        if (element.muted || element.paused || !(element.srcObject instanceof MediaStream)) continue;
        for (const track of element.srcObject.getAudioTracks()) {
          if (track.readyState === 'ended' || !track.enabled) continue;
          analyse(track).getFloatFrequencyData(spectrum);
          for (const [index, hz] of tones.entries()) {
            const decibels = spectrum[Math.round((hz * fftSize) / sampleRate)] ?? -Infinity;
            // A tone of this height shows as 0.42 (the mean of the Blackman window) of half of it.
            levels[index] = (levels[index] ?? 0) + 10 ** (decibels / 20) / (0.21 * sent);
          }
        }
      }
      samples.push({ at: performance.now(), levels });
      for (const [track, analyser] of analysers) {
        if (track.readyState !== 'ended') continue;
        analyser.disconnect();
        analysers.delete(track);
      }
    }, 50);
  };
  const settings: ToneSettings = {
    ownHz: toneHz(own),
    tones: everyTone,
    sampleRate: SAMPLE_RATE,
    fftSize: FFT_SIZE,
  };
  await page.addInitScript(script, settings);
}

/** A steady tone is its microphone, as if somebody spoke without a pause. Before the page is loaded. */
export async function soundsAllTheTime(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const devices = navigator.mediaDevices;
    const open = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (asked) => {
      const stream = await open(asked);
      for (const track of stream.getAudioTracks()) {
        stream.removeTrack(track);
        track.stop();
        const context = new AudioContext();
        const microphone = context.createMediaStreamDestination();
        const tone = new OscillatorNode(context, { frequency: 440 });
        tone.connect(new GainNode(context, { gain: 0.2 })).connect(microphone);
        tone.start();
        for (const made of microphone.stream.getAudioTracks()) stream.addTrack(made);
      }
      return stream;
    };
  });
}

interface ToneSettings {
  ownHz: number;
  tones: number[];
  sampleRate: number;
  fftSize: number;
}

/** Between these, of the level it was sent with, a tone is there once. */
const ONCE = { from: 0.4, to: 1.6 };
/** Below it a tone is not there. */
const NOTHING = 0.1;

export type Heard = 'nothing' | 'once' | 'otherwise';

export function heardAs(level: number): Heard {
  if (level < NOTHING) return 'nothing';
  return level >= ONCE.from && level <= ONCE.to ? 'once' : 'otherwise';
}

/** What has been played since, by the page's clock. */
export async function tonesSince(page: Page, from: number): Promise<ToneSample[]> {
  return page.evaluate((start) => (window.toneLevels ?? []).filter(({ at }) => at >= start), from);
}

/** Waits until exactly these tones are played, each once, for half a second. */
export async function playsExactly(page: Page, tones: readonly number[], timeoutMs = 30_000): Promise<void> {
  const wanted = { tones: [...tones], from: ONCE.from, to: ONCE.to, nothing: NOTHING };
  const isSo = ({ tones, from, to, nothing }: typeof wanted) => {
    const last = (window.toneLevels ?? []).slice(-10);
    return (
      last.length === 10 &&
      last.every(({ levels }) =>
        levels.every((level, tone) =>
          tones.includes(tone) ? level >= from && level <= to : level < nothing,
        ),
      )
    );
  };
  try {
    await page.waitForFunction(isSo, wanted, { timeout: timeoutMs, polling: 200 });
  } catch (cause) {
    const found = JSON.stringify(await page.evaluate(playing));
    throw new Error(`Not exactly the tones ${tones.join()}: ${found}`, { cause });
  }
}

/** What a page plays, and where it comes from: for the report of a failure. Runs in the page. */
async function playing() {
  const call = window.crossfade?.call;
  const stats = await call?.stats();
  return {
    levels: window.toneLevels?.slice(-3),
    remotes: call?.snapshot.remotes.map(({ participantId, displayName, path, media, trouble, stream }) => ({
      participantId,
      displayName,
      path,
      media,
      trouble,
      tracks: stream
        .getTracks()
        .map(({ kind, readyState, muted }) => `${kind} ${readyState} ${String(muted)}`),
    })),
    sfu: call?.snapshot.sfu,
    elements: [...document.querySelectorAll<HTMLMediaElement>('video, audio')].map((element) => ({
      paused: element.paused,
      muted: element.muted,
      stream: element.srcObject instanceof MediaStream ? element.srcObject.id : null,
      tracks:
        element.srcObject instanceof MediaStream
          ? element.srcObject.getTracks().map(({ kind, id }) => `${kind} ${id}`)
          : [],
    })),
    heard: stats?.remotes.map(({ participantId, audio }) => ({ participantId, audio })),
  };
}

/** The longest time for which something is not so in a row, milliseconds. */
export function longest(samples: readonly ToneSample[], isSo: (sample: ToneSample) => boolean): number {
  let since: number | null = null;
  let most = 0;
  for (const sample of samples) {
    if (!isSo(sample)) since = null;
    else {
      since ??= sample.at;
      most = Math.max(most, sample.at - since);
    }
  }
  return most;
}
