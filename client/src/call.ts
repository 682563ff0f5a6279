/** One call, as an application uses it. */
import { CodedError } from '@crossfade/shared/errors';
import { ConnectionAhead, type ConnectionAheadOptions } from './connection-ahead.ts';
import { eventsBetween, type CallEvents } from './call-events.ts';
import { EventListeners } from './event-listeners.ts';
import type { LocalMedia } from './local-media.ts';
import { Session, joinRequest } from './session.ts';
import { askBrowser } from './sfu-device.ts';
import { Signalling } from './signalling.ts';
import type { CaptionLine } from './captions.ts';
import type { ChatMessage, ChatPage, SentMessage } from './chat.ts';
import type { Decision } from './decisions.ts';
import type { Floor } from './floor.ts';
import type { Moderator } from './moderator.ts';
import type { CallSnapshot, PathStats } from './snapshot.ts';
import type { View } from './video-wish.ts';
import type { VideoSource } from './views.ts';

export type {
  AudioStats,
  CallSnapshot,
  CallStatus,
  LocalParticipant,
  PathStats,
  RemoteParticipant,
  RemotePath,
  RemoteStats,
  VideoStats,
} from './snapshot.ts';
export type { Layers, MediaSource, SfuConnection, SfuConsumer, SfuProducer } from './sfu-view.ts';
export type { Quality } from './call-quality.ts';
export type { ConnectionAhead, ConnectionAheadOptions } from './connection-ahead.ts';
export { CodedError } from '@crossfade/shared/errors';
export type { ErrorCode } from '@crossfade/shared/errors';
export type { CallEvents } from './call-events.ts';
export type { ReconnectionStep, RemoteTrouble } from './reconnection.ts';
export { ScreenShareError, canShareScreen } from './screen-share.ts';
export type { CaptionLine } from './captions.ts';
export type { ChatMessage, ChatPage, SentMessage } from './chat.ts';
export type { Decision } from './decisions.ts';
export type { Floor, FloorAnswer, FloorDenial, FloorEvent, FloorRevocation, FloorView } from './floor.ts';
export type { Blockable, Moderator } from './moderator.ts';
export type { View } from './video-wish.ts';
export type { VideoSource } from './views.ts';

export interface CallOptions {
  /** Where the gateway is, for example `https://calls.example.com`. */
  url: string;
  /** A user token, or how to get one: asked at first, and again when the one before is no longer accepted. */
  token: string | (() => Promise<string>);
  callId: string;
  displayName?: string;
  /** Stays the caller's: the call neither opens nor closes it. */
  media: LocalMedia;
  /**
   * Whether the camera is sent to the media server in several sizes (two from 480 pixels on the longer side, three from 960),
   * so that every receiver gets the one that fits; true by default. Peer-to-peer there is always one.
   */
  simulcast?: boolean;
  /** One that was opened ahead with `connectAhead`, for the same service and user; the call takes it over. */
  connection?: ConnectionAhead;
  /** Gives up joining; without effect once the call is joined. */
  signal?: AbortSignal;
}

/**
 * Does ahead what does not depend on the call, so that joining takes less: call it once the page has become quiet, for
 * example while a person looks at their own picture. Never needed, never throws.
 */
export function prepareToJoin(): void {
  askBrowser();
}

/**
 * Opens the connection to the service while a person still looks at the page from which they join: hand it to `joinCall`,
 * or close it. It closes by itself after two minutes; never throws, and a connection that fails is opened anew in joining.
 */
export function connectAhead(options: ConnectionAheadOptions): ConnectionAhead {
  return new ConnectionAhead(options);
}

/**
 * Joins a call.
 * @throws CodedError, for example `unauthenticated`, `forbidden`, `call-full`, `timeout`, `media-server-unavailable`;
 *   what the `token` function rejects with; the reason of `signal` if that gave it up
 */
export async function joinCall(options: CallOptions): Promise<Call> {
  const { url, token, connection, signal } = options;
  const ahead = await connection?.take();
  if (ahead) {
    try {
      return await enter(ahead, options);
    } catch (error) {
      // It may have been dead for a while, and nobody noticed: the device slept.
      if (!(error instanceof CodedError && error.code === 'timeout')) throw error;
    }
  }
  const signalling = new Signalling(url, token);
  try {
    await signalling.connect(signal);
  } catch (error) {
    signalling.close();
    throw error;
  }
  return enter(signalling, options);
}

/** Joins over this connection, which is closed if that fails. */
async function enter(
  signalling: Signalling,
  { callId, displayName, media, simulcast = true, signal }: CallOptions,
): Promise<Call> {
  try {
    signal?.throwIfAborted();
    const announced = media.state;
    const joined = await signalling.request('call:join', joinRequest({ callId, displayName, media }));
    const listeners = new Set<() => void>();
    const changed = () => {
      for (const listener of listeners) listener();
    };
    const session = new Session(
      { callId, displayName, media, simulcast, signalling, changed },
      joined,
      announced,
    );
    return new Call(session, media, listeners);
  } catch (error) {
    signalling.close();
    throw error;
  }
}

export class Call {
  readonly #session: Session;
  readonly #media: LocalMedia;
  readonly #listeners: Set<() => void>;
  /** Null as long as nobody listens to anything. */
  #events: EventListeners<CallEvents> | null = null;

  /** Calls are made by `joinCall`. */
  constructor(session: Session, media: LocalMedia, listeners: Set<() => void>) {
    this.#session = session;
    this.#media = media;
    this.#listeners = listeners;
  }

  /** The call right now: immutable, a new object on every change. */
  get snapshot(): CallSnapshot {
    return this.#session.snapshot;
  }

  /** Calls the listener after every new snapshot. Returns how to stop that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Calls the listener with everything of this kind that happens from now on; what is so already, the snapshot tells. While
   * it is called, `snapshot` is at least as new. Returns how to stop that.
   */
  on<Name extends keyof CallEvents>(name: Name, listener: (event: CallEvents[Name]) => void): () => void {
    this.#events ??= this.#startEvents();
    return this.#events.add(name, listener);
  }

  /** Mutes or unmutes; holds whatever path the call takes, also when a switch is under way. */
  setMicrophone(on: boolean): void {
    this.#media.setMicrophone(on);
  }

  /** As `setMicrophone`, for the camera. */
  setCamera(on: boolean): void {
    this.#media.setCamera(on);
  }

  /**
   * Shares a screen, a window or a tab: the browser asks which. One that is shared already is replaced. It is sent until
   * `stopSharing`, the browser's own button, a moderator or the end of the call, whatever path the call takes.
   * @throws ScreenShareError when the person refuses or it cannot be done; nothing has changed then
   */
  async shareScreen(): Promise<void> {
    await this.#session.screen.start();
  }

  /** Without effect when nothing is shared. */
  stopSharing(): void {
    this.#session.screen.stop();
  }

  /**
   * Says where a participant's video is shown, in pixels of the device (CSS pixels times `devicePixelRatio`), so that a media
   * server sends the size that fits; null: nowhere, and then it sends none. Sound always comes. What is never said of is sent as
   * large as there is. Holds until they leave, whatever path the call takes; peer-to-peer it changes nothing. `showIn` of
   * `view-of-element` says it for an element of the page.
   */
  setView(participantId: string, view: View | null, source: VideoSource = 'camera'): void {
    this.#session.setView(participantId, source, view);
  }

  /**
   * Sends a chat message to everyone, oneself included; tried again while the connection is lost, and never doubled.
   * @param clientMessageId one's own id of the message (1 to 64 of A-Z a-z 0-9 _ . : -): to send it again after an error
   *   under the same one never doubles it
   * @throws CodedError, for example `forbidden`, `rate-limited`, `validation-failed`
   */
  async sendChat(text: string, clientMessageId?: string): Promise<SentMessage> {
    return this.#session.chat.send(text, clientMessageId);
  }

  /**
   * Messages of this call, those from before one joined included: the newest page, or the one a cursor leads to. After
   * `reconnecting` there may be some that no listener was told of.
   */
  async chatHistory(page?: { limit?: number; cursor?: string }): Promise<ChatPage> {
    return this.#session.chat.history(page);
  }

  /** Calls the listener with every new message. Returns how to stop that. */
  onChat(listener: (message: ChatMessage) => void): () => void {
    return this.#session.chat.subscribe(listener);
  }

  /** What was said of late, as text, oldest first: where the media server transcribes the call. A new array on every change. */
  get captions(): readonly CaptionLine[] {
    return this.#session.captions.lines;
  }

  /** Calls the listener whenever `captions` has changed. Returns how to stop that. */
  onCaptions(listener: () => void): () => void {
    return this.#session.captions.subscribe(listener);
  }

  /** For those whose token has the `moderate` grant. */
  get moderate(): Moderator {
    return this.#session.moderator;
  }

  /** Who may speak, in a call of push-to-talk: `snapshot.floor` tells, this asks. */
  get floor(): Floor {
    return this.#session.floor;
  }

  /** The user this is, as the token says: messages and other sessions of theirs are told by it. */
  get userId(): string {
    return this.#session.userId;
  }

  /**
   * Why the call runs where it runs: what the gateway has decided so far and why, newest last.
   * @throws CodedError, for example `call-not-found`, or `timeout` without a connection
   */
  async decisions(): Promise<readonly Decision[]> {
    return this.#session.decisions();
  }

  /** Leaves for good; safe to call twice. */
  async leave(): Promise<void> {
    await this.#session.leave();
  }

  /** What is received at the moment, per remote participant. */
  async stats(): Promise<PathStats> {
    return this.#session.stats();
  }

  #startEvents(): EventListeners<CallEvents> {
    const events = new EventListeners<CallEvents>();
    let before = this.snapshot;
    this.subscribe(() => {
      const after = this.snapshot;
      const happened = eventsBetween(before, after);
      before = after;
      for (const { name, detail } of happened) events.tell(name, detail);
    });
    this.onChat((message) => events.tell('chat', message));
    this.floor.subscribe((event) => events.tell('floor', event));
    return events;
  }
}
