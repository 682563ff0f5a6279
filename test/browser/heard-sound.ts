/**
 * What somebody hears, down to the millisecond: a page that captures the sound of its own tab, where others' microphones are a
 * steady tone. Needs a Chromium with `SOUND_FLAGS`.
 */
import type { Page } from 'playwright-core';

declare global {
  interface Window {
    heardSound?: { begunAt: number; silences: { from: number; to: number }[]; level: number };
  }
}

/** A tab may be captured without a question, and sound is played without a touch. */
export const SOUND_FLAGS = [
  '--auto-accept-this-tab-capture',
  '--autoplay-policy=no-user-gesture-required',
] as const;

/** Before the page is loaded: its camera shows something that moves, its microphone is a steady tone, or silent. */
export async function steadyDevices(page: Page, loudness: number): Promise<void> {
  await page.addInitScript((gain) => {
    const context = new AudioContext();
    const microphone = context.createMediaStreamDestination();
    const oscillator = new OscillatorNode(context, { frequency: 1_000 });
    oscillator.connect(new GainNode(context, { gain })).connect(microphone);
    oscillator.start();
    void context.resume();
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
    const drawing = canvas.getContext('2d');
    let drawn = 0;
    setInterval(() => {
      if (!drawing) return;
      drawing.fillStyle = `hsl(${String((drawn += 1) % 360)} 60% 40%)`;
      drawing.fillRect((drawn * 4) % 320, 0, 80, 180);
    }, 33);
    const [picture] = canvas.captureStream(30).getVideoTracks();
    const [tone] = microphone.stream.getAudioTracks();
    navigator.mediaDevices.getUserMedia = (asked) => {
      const wanted = [asked?.audio ? tone : undefined, asked?.video ? picture : undefined];
      const tracks = wanted.filter((track) => track !== undefined);
      return Promise.resolve(new MediaStream(tracks.map((track) => track.clone())));
    };
  }, loudness);
}

/** From now on it is noted when the page is silent; somebody must be heard already. */
export async function noteSilences(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const captured = await navigator.mediaDevices.getDisplayMedia({
      video: { frameRate: 1 },
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
      preferCurrentTab: true,
    } as DisplayMediaStreamOptions);
    for (const picture of captured.getVideoTracks()) picture.enabled = false;
    const [track] = captured.getAudioTracks();
    if (!track) throw new Error('The sound of this tab cannot be captured.');
    interface Sound {
      timestamp: number;
      sampleRate: number;
      numberOfFrames: number;
      copyTo: (to: Float32Array, options: object) => void;
      close: () => void;
    }
    const { MediaStreamTrackProcessor } = window as unknown as {
      MediaStreamTrackProcessor: new (init: object) => { readable: ReadableStream<Sound> };
    };
    const sounds = new MediaStreamTrackProcessor({ track, maxBuffer: 3_000 }).readable.getReader();
    const heard: NonNullable<Window['heardSound']> = { begunAt: 0, silences: [], level: 0 };
    window.heardSound = heard;
    let origin: number | undefined;
    let silentFrom: number | null = null;
    const note = async (): Promise<void> => {
      for (;;) {
        const { value, done } = await sounds.read();
        if (done) return;
        const { timestamp, sampleRate, numberOfFrames } = value;
        if (origin === undefined) {
          // Of the page's clock.
          origin = performance.now() - timestamp / 1_000;
          heard.begunAt = performance.now();
        }
        const samples = new Float32Array(numberOfFrames);
        value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
        value.close();
        const perBin = Math.round(sampleRate / 1_000);
        for (let at = 0; at + perBin <= numberOfFrames; at += perBin) {
          let energy = 0;
          for (let index = at; index < at + perBin; index += 1) energy += (samples[index] ?? 0) ** 2;
          const loudness = Math.sqrt(energy / perBin);
          heard.level += (loudness - heard.level) / 500;
          const now = origin + timestamp / 1_000 + at / perBin;
          if (loudness < heard.level / 5) silentFrom ??= now;
          else if (silentFrom !== null) {
            heard.silences.push({ from: silentFrom, to: now });
            silentFrom = null;
          }
        }
      }
    };
    void note();
  });
}

/** The longest silence that touches this time of the page's clock, milliseconds; 0: there was none. */
export async function longestSilence(page: Page, from: number, to: number): Promise<number> {
  return page.evaluate(
    ([start, end]) => {
      const heard = window.heardSound;
      if (!heard || heard.level < 0.01) throw new Error('Nobody was heard.');
      const lengths = heard.silences
        .filter((silence) => silence.to > start && silence.from < end)
        .map((silence) => silence.to - silence.from);
      return Math.max(0, ...lengths);
    },
    [from, to] as const,
  );
}
