/**
 * The own screen, while it is shared: at most one at a time, picture and, where the browser gives it, sound. Owned and
 * closed by the session; the paths of the call send what it holds.
 */
import type { ScreenKind } from './track-kinds.ts';

/** Why a screen is not shared. Nothing else has changed: one that was shared before still is. */
export class ScreenShareError extends Error {
  override readonly name = 'ScreenShareError';
  /**
   * `refused` by the person (who may only have closed the browser's question) or the page's policy, `unsupported` by the
   * browser or on a page that is not safe, `blocked` by a moderator, `forbidden` by the token, or `failed`.
   */
  readonly kind: 'refused' | 'unsupported' | 'blocked' | 'forbidden' | 'failed';

  constructor(kind: ScreenShareError['kind'], options?: ErrorOptions) {
    super(`The screen is not shared: ${kind}.`, options);
    this.kind = kind;
  }
}

/**
 * Text has to be sharp, and a screen seldom moves: many pixels, few frames. The values are those of LiveKit's preset for
 * 1080p at 15 frames a second; bitrate in bit/s.
 */
export const SCREEN_ENCODING = { maxBitrate: 2_500_000, maxFramerate: 15 } as const;

const CONSTRAINTS: DisplayMediaStreamOptions = {
  video: {
    width: { max: 1_920 },
    height: { max: 1_080 },
    frameRate: { ideal: SCREEN_ENCODING.maxFramerate, max: 30 },
  },
  // What plays on the screen is to sound as it does there: it is no voice.
  audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
};

/** Whether this browser can share a screen at all; phones mostly cannot. */
export function canShareScreen(): boolean {
  // Absent there and on pages that are neither HTTPS nor localhost, whatever the types say.
  const devices = (globalThis.navigator as Partial<Navigator> | undefined)?.mediaDevices;
  return typeof (devices as Partial<MediaDevices> | undefined)?.getDisplayMedia === 'function';
}

export class ScreenShare {
  readonly #changed: () => void;
  /** Who may not share is told so, before the browser asks and after. */
  readonly #hindrance: () => 'blocked' | 'forbidden' | null;
  #stream: MediaStream | null = null;
  #closed = false;

  constructor({
    changed,
    hindrance,
  }: {
    changed: () => void;
    hindrance: () => 'blocked' | 'forbidden' | null;
  }) {
    this.#changed = changed;
    this.#hindrance = hindrance;
  }

  /** What is shared, for a preview; null: nothing. Another object with each screen. */
  get stream(): MediaStream | null {
    return this.#stream;
  }

  track(kind: ScreenKind): MediaStreamTrack | null {
    const medium = kind === 'screen' ? 'video' : 'audio';
    return (
      this.#stream?.getTracks().find((track) => track.kind === medium && track.readyState === 'live') ?? null
    );
  }

  /**
   * Has the browser ask which screen, window or tab; one that is shared already is replaced.
   * @throws ScreenShareError
   */
  async start(): Promise<void> {
    this.#refuseIfHindered();
    if (!canShareScreen()) throw new ScreenShareError('unsupported');
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getDisplayMedia(CONSTRAINTS);
    } catch (error) {
      const name = error instanceof DOMException ? error.name : '';
      throw new ScreenShareError(name === 'NotAllowedError' ? 'refused' : 'failed', { cause: error });
    }
    try {
      // The person may take long to choose.
      if (this.#closed) throw new ScreenShareError('failed');
      this.#refuseIfHindered();
    } catch (error) {
      end(stream);
      throw error;
    }
    this.#take(stream);
  }

  stop(): void {
    if (this.#stream) this.#take(null);
  }

  close(): void {
    this.#closed = true;
    if (this.#stream) end(this.#stream);
    this.#stream = null;
  }

  #refuseIfHindered(): void {
    const hindrance = this.#hindrance();
    if (hindrance !== null) throw new ScreenShareError(hindrance);
  }

  #take(stream: MediaStream | null): void {
    const before = this.#stream;
    this.#stream = stream;
    for (const track of stream?.getTracks() ?? []) {
      if (track.kind === 'video') track.contentHint = 'detail';
      // The browser's own button, or a window that was closed. It does not fire when `stop()` is called.
      track.addEventListener('ended', () => {
        if (this.#stream !== stream) return;
        if (track.kind === 'video') this.stop();
        else this.#changed();
      });
    }
    if (before) end(before);
    this.#changed();
  }
}

function end(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
