/**
 * Runs inside the page, installed before the app: notes when each remote tile presents a frame, as a viewer sees it, and
 * what the call's mode was when.
 */
import type { Call, CallSnapshot } from '@crossfade/client/call';

export interface ModeChange {
  /** Milliseconds of the page's `performance.now()`. */
  at: number;
  mode: CallSnapshot['mode'];
  switchingTo: CallSnapshot['switchingTo'];
  epoch: number;
}

export interface Recording {
  /** Frames the page was told of, by participant: when, and how many had been presented until then. */
  presented: Record<string, { at: number; count: number }[]>;
  modes: ModeChange[];
}

declare global {
  interface Window {
    recording?: Recording;
  }
}

/** Serialised into the page: refers to nothing outside itself. */
export function recordPage(): void {
  const recording: Recording = { presented: {}, modes: [] };
  window.recording = recording;

  const known = new WeakSet<HTMLVideoElement>();
  const look = () => {
    for (const tile of document.querySelectorAll<HTMLElement>('[data-participant-id]')) {
      const id = tile.dataset['participantId'];
      const video = tile.querySelector('video');
      if (id === undefined || !video || known.has(video)) continue;
      known.add(video);
      const told = (recording.presented[id] ??= []);
      const note = (at: number, { presentedFrames }: VideoFrameCallbackMetadata) => {
        told.push({ at, count: presentedFrames });
        video.requestVideoFrameCallback(note);
      };
      video.requestVideoFrameCallback(note);
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });

  const noteMode = ({ mode, switchingTo, epoch }: CallSnapshot) => {
    const last = recording.modes.at(-1);
    if (last?.mode === mode && last.switchingTo === switchingTo && last.epoch === epoch) return;
    recording.modes.push({ at: performance.now(), mode, switchingTo, epoch });
  };
  let exposed: { call: Call } | undefined;
  Object.defineProperty(window, 'crossfade', {
    configurable: true,
    get: () => exposed,
    set: (value: { call: Call } | undefined) => {
      exposed = value;
      if (!value) return;
      const { call } = value;
      noteMode(call.snapshot);
      call.subscribe(() => noteMode(call.snapshot));
    },
  });
}
