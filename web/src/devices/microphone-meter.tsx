import { useEffect, useRef } from 'react';
import { loudness } from './loudness.ts';

/** Smooth enough for a level; every drawn frame costs a page that is also encoding video, milliseconds. */
const DRAW_EVERY_MS = 60;
/** How fast the bar falls after a sound, of its length a second. */
const FALL_PER_SECOND = 1.8;

interface MicrophoneMeterProps {
  track: MediaStreamTrack;
}

/** How loud the own microphone is at the moment. */
export function MicrophoneMeter({ track }: MicrophoneMeterProps) {
  const meter = useRef<HTMLDivElement>(null);
  const bar = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 1024 });
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let shown = 0;
    const draw = () => {
      analyser.getFloatTimeDomainData(samples);
      // Up at once, down slowly: speech is readable that way.
      shown = Math.max(loudness(samples), shown - (FALL_PER_SECOND * DRAW_EVERY_MS) / 1_000);
      bar.current?.style.setProperty('transform', `scaleX(${shown.toFixed(3)})`);
      meter.current?.setAttribute('aria-valuenow', String(Math.round(shown * 100)));
    };
    const timer = setInterval(draw, DRAW_EVERY_MS);
    // Browsers start audio suspended until the person has touched the page.
    const wake = () => void context.resume();
    window.addEventListener('pointerdown', wake);
    window.addEventListener('keydown', wake);
    return () => {
      clearInterval(timer);
      window.removeEventListener('pointerdown', wake);
      window.removeEventListener('keydown', wake);
      void context.close();
    };
  }, [track]);

  return (
    <div
      ref={meter}
      role="meter"
      aria-label="Microphone level"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={0}
      className="h-1.5 w-10 sm:w-20 overflow-hidden rounded-full bg-white/25"
    >
      <div ref={bar} className="size-full origin-left scale-x-0 rounded-full bg-direct" />
    </div>
  );
}
