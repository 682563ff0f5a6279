/**
 * Notices that the device woke up, that the page is looked at again, or that the network changed: then what may have
 * broken meanwhile is looked at at once, rather than when a timer runs out.
 */

/**
 * `shown`: the page is in front again; what is known to be broken is worth a try now.
 * `doubt`: the device slept or has another network; what seems to work may be dead without anybody having been told.
 */
export type Awakening = 'shown' | 'doubt';

/** Between two looks at the clock, milliseconds. */
const LOOK_EVERY_MS = 2_000;
/** A look that is so much too late was slept through, milliseconds. Timers of a page in a call are not slowed down. */
const SLEPT_MS = 12_000;
/** Several events come with one awakening; they are one if they are no further apart than this, milliseconds. */
const TOGETHER_MS = 250;

/** What of the browser is needed. */
export interface Surroundings {
  readonly window: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;
  readonly document: Pick<Document, 'addEventListener' | 'removeEventListener' | 'visibilityState'>;
  readonly navigator: { readonly onLine: boolean; readonly connection?: NetworkInformation };
}

interface NetworkInformation extends Pick<EventTarget, 'addEventListener' | 'removeEventListener'> {
  /** `wifi`, `cellular` and the like; not every browser tells. */
  readonly type?: string;
}

/** Of two that came together, what has to be done for both. */
export function gathered(before: Awakening | null, now: Awakening): Awakening {
  return before === 'doubt' ? before : now;
}

/** Whether the time between two looks at the clock was slept through. Milliseconds of a clock that goes on in sleep. */
export function slept(lastLook: number, now: number): boolean {
  return now - lastLook > LOOK_EVERY_MS + SLEPT_MS;
}

/** Returns how to stop that. */
export function watchAwakening(
  woke: (how: Awakening) => void,
  { window, document, navigator }: Surroundings = globalThis,
): () => void {
  let waiting: Awakening | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = () => {
    const how = waiting;
    waiting = null;
    timer = undefined;
    // Without any network there is nothing to try; `online` tells when there is.
    if (how && navigator.onLine) woke(how);
  };
  const note = (how: Awakening) => {
    waiting = gathered(waiting, how);
    timer ??= setTimeout(tell, TOGETHER_MS);
  };

  const shown = () => {
    if (document.visibilityState === 'visible') note('shown');
  };
  const doubt = () => note('doubt');
  const { connection } = navigator;
  let network = connection?.type;
  // It also changes with every estimate of the bandwidth.
  const networkChanged = () => {
    if (connection?.type === network) return;
    network = connection?.type;
    doubt();
  };
  let lastLook = Date.now();
  const clock = setInterval(() => {
    const now = Date.now();
    if (slept(lastLook, now)) doubt();
    lastLook = now;
  }, LOOK_EVERY_MS);

  document.addEventListener('visibilitychange', shown);
  // The page was frozen.
  document.addEventListener('resume', doubt);
  window.addEventListener('online', doubt);
  connection?.addEventListener('change', networkChanged);
  return () => {
    clearTimeout(timer);
    clearInterval(clock);
    document.removeEventListener('visibilitychange', shown);
    document.removeEventListener('resume', doubt);
    window.removeEventListener('online', doubt);
    connection?.removeEventListener('change', networkChanged);
  };
}
