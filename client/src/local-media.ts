/**
 * The own camera and microphone. The application opens and closes it; calls only read it, so it can be previewed before
 * a call and outlive one. Muting is `track.enabled`: whatever path sends the track sends silence or black at once.
 */
import type { MediaState } from '@crossfade/shared/signalling';
import { DeviceRecovery } from './device-recovery.ts';
import { problemKind, type MediaProblem } from './media-problem.ts';

export type { MediaProblem } from './media-problem.ts';

export interface LocalMediaOptions {
  /** The default microphone, a certain one, or none; true by default. */
  audio?: boolean | { deviceId: string };
  /** The default camera, a certain one, or none; true by default. */
  video?: boolean | { deviceId: string };
}

export interface DeviceInfo {
  readonly deviceId: string;
  /** Empty until the page has been allowed to use a device. */
  readonly label: string;
}

type Kind = 'audio' | 'video';

const AUDIO_CONSTRAINTS = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
/** Small enough that a laptop encodes it twice while a call switches its path. */
const VIDEO_CONSTRAINTS = {
  width: { ideal: 640 },
  height: { ideal: 360 },
  frameRate: { ideal: 24, max: 30 },
};

/** Opens camera and microphone; what is refused or missing is reported, not thrown: one can still listen. */
export async function openLocalMedia(options: LocalMediaOptions = {}): Promise<LocalMedia> {
  const wanted: Partial<Record<Kind, MediaTrackConstraints>> = {};
  if (options.audio !== false) wanted.audio = constraintsFor('audio', deviceOf(options.audio));
  if (options.video !== false) wanted.video = constraintsFor('video', deviceOf(options.video));
  const kinds = Object.keys(wanted) as Kind[];
  if (kinds.length === 0) return new LocalMedia([], []);

  try {
    // Together first: one question to the person instead of two.
    const stream = await capture(wanted);
    return new LocalMedia(stream.getTracks(), []);
  } catch (error) {
    if (kinds.length === 1)
      return new LocalMedia(
        [],
        kinds.map((kind) => toProblem(kind, error)),
      );
  }

  const tracks: MediaStreamTrack[] = [];
  const problems: MediaProblem[] = [];
  for (const kind of kinds) {
    try {
      const stream = await capture({ [kind]: wanted[kind] });
      tracks.push(...stream.getTracks());
    } catch (error) {
      problems.push(toProblem(kind, error));
    }
  }
  return new LocalMedia(tracks, problems);
}

/** The devices there are; without labels before the page was allowed to use one. */
export async function listDevices(): Promise<{ microphones: DeviceInfo[]; cameras: DeviceInfo[] }> {
  const devices = mediaDevices() ? await navigator.mediaDevices.enumerateDevices() : [];
  const ofKind = (kind: MediaDeviceKind) =>
    devices
      .filter((device) => device.kind === kind && device.deviceId !== '')
      .map(({ deviceId, label }) => ({ deviceId, label }));
  return { microphones: ofKind('audioinput'), cameras: ofKind('videoinput') };
}

export class LocalMedia {
  /** For the preview; the same object for good. */
  readonly stream = new MediaStream();
  #wanted: Record<Kind, boolean> = { audio: true, video: true };
  #problems: readonly MediaProblem[];
  #state: MediaState = { audio: false, video: false, screen: false };
  readonly #listeners = new Set<() => void>();
  #closed = false;
  /** A device that is unplugged falls back to another one. */
  readonly #recovery = new DeviceRecovery({
    open: async (kind, deviceId) => {
      const [track] = (await capture({ [kind]: constraintsFor(kind, deviceId) })).getTracks();
      if (!track) throw new DOMException('Nothing was opened.', 'NotFoundError');
      return track;
    },
    list: async (kind) => {
      const { microphones, cameras } = await listDevices();
      return (kind === 'audio' ? microphones : cameras).map(({ deviceId }) => deviceId);
    },
    inUse: (kind) => {
      const track = this.track(kind);
      return track && (track.getSettings().deviceId ?? '');
    },
    take: (track) => {
      this.#adopt(track);
      this.#solved(track.kind as Kind);
      this.#changed();
    },
    failed: (kind, error) => {
      this.#report(toProblem(kind, error));
      this.#changed();
    },
    watch: (changed) => {
      const devices = mediaDevices();
      devices?.addEventListener('devicechange', changed);
      return () => devices?.removeEventListener('devicechange', changed);
    },
  });

  constructor(tracks: readonly MediaStreamTrack[], problems: readonly MediaProblem[]) {
    this.#problems = problems;
    for (const track of tracks) this.#adopt(track);
    this.#state = this.#read();
  }

  /** What could not be opened, and what has been unplugged since and has no other device in its place. */
  get problems(): readonly MediaProblem[] {
    return this.#problems;
  }

  /** What is being sent: false is muted or absent. A new object on every change. */
  get state(): MediaState {
    return this.#state;
  }

  /** The track of this kind, muted or not. */
  track(kind: Kind): MediaStreamTrack | null {
    return (
      this.stream.getTracks().find((track) => track.kind === kind && track.readyState === 'live') ?? null
    );
  }

  setMicrophone(on: boolean): void {
    this.#set('audio', on);
  }

  setCamera(on: boolean): void {
    this.#set('video', on);
  }

  /**
   * Takes another microphone or camera; a muted one stays muted.
   * @throws DOMException of `getUserMedia` when it cannot be opened; the one in use stays, and `problems` tells why
   */
  async switchDevice(kind: Kind, deviceId: string): Promise<void> {
    try {
      const stream = await capture({ [kind]: constraintsFor(kind, deviceId) });
      if (this.#closed) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      this.#recovery.chosen(kind);
      for (const track of stream.getTracks()) this.#adopt(track);
      this.#solved(kind);
    } catch (error) {
      this.#report(toProblem(kind, error));
      throw error;
    } finally {
      this.#changed();
    }
  }

  /** Calls the listener on every change of `state`, of `problems` or of a track. Returns how to stop that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Lets go of the devices. */
  close(): void {
    this.#closed = true;
    this.#recovery.close();
    for (const track of this.stream.getTracks()) {
      track.stop();
      this.stream.removeTrack(track);
    }
    this.#changed();
    this.#listeners.clear();
  }

  #set(kind: Kind, on: boolean): void {
    this.#wanted = { ...this.#wanted, [kind]: on };
    const track = this.track(kind);
    if (track) track.enabled = on;
    this.#changed();
  }

  #adopt(track: MediaStreamTrack): void {
    const kind = track.kind as Kind;
    track.enabled = this.#wanted[kind];
    for (const old of this.stream.getTracks().filter((other) => other.kind === kind)) {
      this.stream.removeTrack(old);
      old.stop();
    }
    this.stream.addTrack(track);
    // Fires when the device goes away, not when `stop()` is called.
    track.addEventListener('ended', () => {
      if (!this.stream.getTracks().includes(track)) return;
      // A problem only if there is no other one.
      this.#recovery.lost(kind, track.getSettings().deviceId ?? '');
      this.#changed();
    });
  }

  #solved(kind: Kind): void {
    this.#problems = this.#problems.filter((problem) => problem.device !== DEVICE[kind]);
  }

  #report(problem: MediaProblem): void {
    this.#problems = [...this.#problems.filter(({ device }) => device !== problem.device), problem];
  }

  #read(): MediaState {
    return {
      audio: this.#wanted.audio && this.track('audio') !== null,
      video: this.#wanted.video && this.track('video') !== null,
      screen: false,
    };
  }

  #changed(): void {
    this.#state = this.#read();
    for (const listener of this.#listeners) listener();
  }
}

const DEVICE = { audio: 'microphone', video: 'camera' } as const satisfies Record<
  Kind,
  MediaProblem['device']
>;

function deviceOf(choice: LocalMediaOptions[Kind]): string | undefined {
  return typeof choice === 'object' ? choice.deviceId : undefined;
}

function constraintsFor(kind: Kind, deviceId: string | undefined): MediaTrackConstraints {
  const base = kind === 'audio' ? AUDIO_CONSTRAINTS : VIDEO_CONSTRAINTS;
  return deviceId === undefined ? base : { ...base, deviceId: { exact: deviceId } };
}

/** Absent on pages that are neither HTTPS nor localhost, whatever the type says. */
function mediaDevices(): MediaDevices | undefined {
  return navigator.mediaDevices;
}

function capture(constraints: MediaStreamConstraints): Promise<MediaStream> {
  const devices = mediaDevices();
  if (!devices) return Promise.reject(new DOMException('This page is not secure.', 'SecurityError'));
  return devices.getUserMedia(constraints);
}

function toProblem(kind: Kind, error: unknown): MediaProblem {
  const name = error instanceof DOMException ? error.name : '';
  return { device: DEVICE[kind], kind: problemKind(name) };
}
