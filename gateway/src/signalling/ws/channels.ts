/**
 * Tells clients of `/ws` what their channels are, whenever anything about them has changed, a few times a second at most.
 * The text is made once for all of a channel's clients here.
 */
import { CodedError } from '@crossfade/shared/errors';
import type { ProducerInfo } from '@crossfade/shared/media-api';
import type { ChannelState } from '@crossfade/shared/ptt';
import type { CallState, Room } from '../../calls/state.ts';
import type { RoomNews } from '../../media-client/feed.ts';
import { channelRoom, channelStateOf } from './channel-state.ts';
import { eventFrame } from './frames.ts';

/** Changes of one channel are told together that come within so many milliseconds. */
const PAUSE_MS = 100;
/** What of a room's news is seen in a channel's state. */
const TOLD = new Set<RoomNews['type']>([
  'new-producer',
  'producer-closed',
  'producer-paused',
  'producer-resumed',
]);

export interface ChannelsOptions {
  /** The call as it was last known here; null: this gateway knows of none. */
  state: (callId: string) => CallState | null;
  producers: (callId: string, room: Room) => readonly ProducerInfo[];
}

interface Channel {
  readonly listeners: Set<(text: string) => void>;
  /** What was told last. */
  told: string;
  /** Of which room. */
  room: string;
  timer: NodeJS.Timeout | undefined;
}

export class Channels {
  readonly #options: ChannelsOptions;
  readonly #channels = new Map<string, Channel>();

  constructor(options: ChannelsOptions) {
    this.#options = options;
  }

  /** @param listener gets `channel_state` as it is sent. @returns what ends it */
  watch(callId: string, listener: (text: string) => void): () => void {
    const channel = this.#channels.get(callId) ?? {
      listeners: new Set(),
      told: '',
      room: this.#roomKey(callId),
      timer: undefined,
    };
    this.#channels.set(callId, channel);
    channel.listeners.add(listener);
    return () => {
      channel.listeners.delete(listener);
      if (channel.listeners.size > 0 || this.#channels.get(callId) !== channel) return;
      clearTimeout(channel.timer);
      this.#channels.delete(callId);
    };
  }

  /** Something about this call is not as it was. */
  changed(callId: string): void {
    const channel = this.#channels.get(callId);
    if (!channel) return;
    if (channel.room !== this.#roomKey(callId)) {
      // Also one that is there for a moment only: by each of them clients know that what they have built is gone.
      clearTimeout(channel.timer);
      this.#tell(callId, channel);
    } else channel.timer ??= setTimeout(() => this.#tell(callId, channel), PAUSE_MS);
  }

  /** Something has happened in a room of this call. */
  heard(callId: string, { type }: Pick<RoomNews, 'type'>): void {
    if (TOLD.has(type)) this.changed(callId);
  }

  /** @throws CodedError `call-not-found` */
  stateOf(callId: string): ChannelState {
    const state = this.#options.state(callId);
    if (!state) throw new CodedError('call-not-found');
    const room = channelRoom(state);
    return channelStateOf(state, room, room ? this.#options.producers(callId, room) : []);
  }

  /** @throws CodedError `wrong-mode` if there is no room at the moment */
  roomOf(callId: string): Room {
    const state = this.#options.state(callId);
    const room = state && channelRoom(state);
    if (!room) throw new CodedError('wrong-mode');
    return room;
  }

  #roomKey(callId: string): string {
    const state = this.#options.state(callId);
    const room = state && channelRoom(state);
    return room ? `${String(room.epoch)} ${room.server}` : '';
  }

  #tell(callId: string, channel: Channel): void {
    channel.timer = undefined;
    channel.room = this.#roomKey(callId);
    if (this.#options.state(callId) === null) return;
    const text = eventFrame('channel_state', this.stateOf(callId));
    if (text === channel.told) return;
    channel.told = text;
    for (const listener of [...channel.listeners]) listener(text);
  }
}
