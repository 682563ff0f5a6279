/** What an application sees of the path through a media server: its connection, what is sent over it, and what is received. */
import type { ProducerInfo } from '@crossfade/shared/media-api';

/** What a track is of: `microphone`, `camera`, `screen` and the like. */
export type MediaSource = ProducerInfo['source'];

/** Something that this client sends to the media server. */
export interface SfuProducer {
  readonly id: string;
  readonly kind: 'audio' | 'video';
  readonly source: MediaSource;
  /** Who holds it back: its `owner`, who has muted it; the `server`, as nobody receives it; null: it flows. */
  readonly pausedBy: 'owner' | 'server' | null;
  /** Of several sizes the largest that somebody wants, 0 is the smallest; null: all there are. */
  readonly wantedLayer: number | null;
}

/** Which of the sizes and frame rates of a picture, 0 the smallest. */
export interface Layers {
  readonly spatialLayer: number;
  readonly temporalLayer?: number | undefined;
}

/** Something that this client receives from the media server. */
export interface SfuConsumer {
  readonly id: string;
  readonly producerId: string;
  /** Whose it is. */
  readonly participantId: string;
  readonly kind: 'audio' | 'video';
  readonly source: MediaSource;
  /** Whether it is held back on the way to this client. */
  readonly paused: boolean;
  /** Whether its owner has muted it. */
  readonly producerPaused: boolean;
  /** The largest size that is asked for, 0 the smallest, as follows from where it is shown. */
  readonly wantedLayer: number;
  /** What of several sizes is being sent, as far as it was told; null for what comes in one. */
  readonly currentLayers: Layers | null;
}

/** How a path stands by itself. `interrupted`: it was connected, and is being connected again. */
export type SfuPathState = 'connecting' | 'connected' | 'interrupted';

/** A path, as it sees itself. */
export interface SfuPathView {
  readonly epoch: number;
  readonly state: SfuPathState;
  readonly producers: readonly SfuProducer[];
  readonly consumers: readonly SfuConsumer[];
}

/** The path through a media server. */
export interface SfuConnection extends Omit<SfuPathView, 'state'> {
  /** `failed`: it does not come back by itself; the call goes on elsewhere, or asks how things stand. */
  readonly state: SfuPathState | 'failed';
  /** `active`: the call runs over it; `pending`: it is being built beside the path that the call runs over. */
  readonly role: 'active' | 'pending';
}

/** One of a path's two transports. */
export interface Direction {
  /** As RTCPeerConnection has it; null while there is no transport. */
  readonly connection: string | null;
  /** Whether there is anything to connect it for. */
  readonly used: boolean;
}

export function pathState(directions: readonly Direction[]): SfuPathState {
  const used = directions.filter((direction) => direction.used);
  if (used.some(({ connection }) => connection === 'disconnected' || connection === 'failed'))
    return 'interrupted';
  const complete =
    directions.every(({ connection }) => connection !== null) &&
    used.every(({ connection }) => connection === 'connected');
  return complete ? 'connected' : 'connecting';
}

export interface SfuPaths {
  readonly active: SfuPathView | null;
  readonly activeFailed: boolean;
  readonly pending: SfuPathView | null;
  readonly pendingFailed: boolean;
}

/** Which of two paths through media servers is shown: the one the call runs over, as long as it does. */
export function shownConnection({
  active,
  activeFailed,
  pending,
  pendingFailed,
}: SfuPaths): SfuConnection | null {
  if (active && !(activeFailed && pending))
    return { ...active, role: 'active', ...(activeFailed && { state: 'failed' }) };
  return pending && { ...pending, role: 'pending', ...(pendingFailed && { state: 'failed' }) };
}
