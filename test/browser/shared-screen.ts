/** A made-up screen, and what arrives of one: pictures that were decoded, sound that is heard, in one stream without a gap. */
import type { Page } from 'playwright-core';
import type { Mode, Person } from './person.ts';
import { until } from './until.ts';

declare global {
  interface Window {
    /** Ends the made-up screen as the browser's own button would. */
    endScreen?: () => void;
    /** How often a screen that was shown had no picture in its stream any more, and how many streams there were. */
    screenWatch?: { streams: MediaStream[]; empty: number };
  }
}

/**
 * The page's screen is a canvas on which a number counts, with a tone as its sound: Chromium's own wants a click for each
 * share, and has no sound without a screen. Before the page is loaded.
 */
export async function makeUpScreen(page: Page): Promise<void> {
  await page.addInitScript(() => {
    navigator.mediaDevices.getDisplayMedia = () => {
      const canvas = document.createElement('canvas');
      canvas.width = 640;
      canvas.height = 360;
      const context = canvas.getContext('2d');
      let count = 0;
      const draw = () => {
        count += 1;
        if (!context) return;
        context.fillStyle = '#fff';
        context.fillRect(0, 0, 640, 360);
        context.fillStyle = '#123';
        context.font = '48px sans-serif';
        context.fillText(`Slide ${String(count)}`, 40, 180);
      };
      draw();
      const timer = setInterval(draw, 200);
      const stream = canvas.captureStream(10);
      const audio = new AudioContext();
      const tone = new OscillatorNode(audio, { frequency: 600 });
      const out = audio.createMediaStreamDestination();
      tone.connect(out);
      tone.start();
      for (const track of out.stream.getTracks()) stream.addTrack(track);
      window.endScreen = () => {
        clearInterval(timer);
        for (const track of stream.getTracks()) {
          track.stop();
          track.dispatchEvent(new Event('ended'));
        }
      };
      return Promise.resolve(stream);
    };
  });
}

/** Notes from now on whether the screen of anybody is ever without a picture while it is shared. */
export async function watchScreens({ page }: Person): Promise<void> {
  await page.evaluate(() => {
    const call = window.crossfade?.call;
    const watch: NonNullable<Window['screenWatch']> = { streams: [], empty: 0 };
    window.screenWatch = watch;
    const seen = new Set<MediaStream>();
    const look = () => {
      for (const { screen } of call?.snapshot.remotes ?? []) {
        if (!screen) continue;
        if (!watch.streams.includes(screen)) watch.streams.push(screen);
        const [picture] = screen.getVideoTracks();
        if (picture) seen.add(screen);
        else if (seen.has(screen)) watch.empty += 1;
      }
    };
    look();
    call?.subscribe(look);
  });
}

export async function screensWatched({ page }: Person): Promise<{ streams: number; empty: number }> {
  return page.evaluate(() => ({
    streams: window.screenWatch?.streams.length ?? 0,
    empty: window.screenWatch?.empty ?? -1,
  }));
}

/** Waits until the screen of this participant is decoded over this path, and its picture is played on the page. */
export async function screenArrives(person: Person, mode: Mode, of: string): Promise<void> {
  const read = async () => {
    const { remotes } = await person.stats();
    const remote = remotes.find(({ participantId }) => participantId === of);
    return remote?.path === mode ? (remote.screen?.framesDecoded ?? 0) : 0;
  };
  let before = await read();
  await until(`${person.name} decodes the screen over ${mode}`, 20_000, async () => {
    const frames = await read();
    // Another path counts anew.
    if (before === 0 || frames < before) before = frames;
    const width = await person.page.evaluate(
      (id) => document.querySelector<HTMLVideoElement>(`[data-screen-of="${id}"] video`)?.videoWidth ?? 0,
      of,
    );
    const arrives = before > 0 && frames >= before + 3 && width > 0;
    return arrives
      ? { done: undefined }
      : { pending: { frames, width, remotes: (await person.see())?.remotes } };
  });
}

/** Waits until sound comes with the screen of this participant. */
export async function screenIsHeard({ name, page }: Person, of: string): Promise<void> {
  await until(`${name} hears the screen`, 15_000, async () => {
    const peak = await page.evaluate(async (id) => {
      const remote = window.crossfade?.call.snapshot.remotes.find(
        ({ participantId }) => participantId === id,
      );
      const [track] = remote?.screen?.getAudioTracks() ?? [];
      if (!track) return 0;
      const context = new AudioContext();
      const analyser = new AnalyserNode(context);
      context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      await new Promise((resolve) => setTimeout(resolve, 200));
      const samples = new Float32Array(analyser.fftSize);
      analyser.getFloatTimeDomainData(samples);
      await context.close();
      return Math.max(...samples);
    }, of);
    return peak > 0.1 ? { done: undefined } : { pending: peak };
  });
}
