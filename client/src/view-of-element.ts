/** Tells a call where in the page a participant's video is shown. */
import type { Call } from './call.ts';
import type { VideoSource } from './views.ts';

/** Nobody sees the difference of a picture with more pixels than that for each CSS pixel. */
const MOST_PIXELS = 2;

/**
 * As long as this element is in view, the participant's video is shown in its size; scrolled out of view, or in a frame that is,
 * it is not shown.
 * @returns how to end that: then the video is shown nowhere
 */
export function showIn(
  element: HTMLElement,
  call: Pick<Call, 'setView'>,
  participantId: string,
  source: VideoSource = 'camera',
): () => void {
  let inView = true;
  const tell = () => {
    const { clientWidth: width, clientHeight: height } = element;
    const scale = Math.min(window.devicePixelRatio, MOST_PIXELS);
    const seen = inView && width > 0 && height > 0;
    call.setView(participantId, seen ? { width: width * scale, height: height * scale } : null, source);
  };
  const resized = new ResizeObserver(tell);
  const scrolled = new IntersectionObserver((entries) => {
    inView = entries.at(-1)?.isIntersecting ?? true;
    tell();
  });
  resized.observe(element);
  scrolled.observe(element);
  return () => {
    resized.disconnect();
    scrolled.disconnect();
    call.setView(participantId, null, source);
  };
}
