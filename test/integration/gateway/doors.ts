/** The doors of the gateway behind one interface, for what has to be the same at both of them. */
import type {
  JoinAnswer,
  ModeSwitchPrepare,
  ServerEvent,
  ServerEventName,
} from '@crossfade/shared/signalling';
import { RawWebSocket } from '../media-server/raw-web-socket.ts';
import { dtlsParameters, opus } from './media.ts';
import { PttClient, Refusal } from './ptt-client.ts';
import { ScriptedClient } from './scripted-client.ts';
import { soon } from './soon.ts';

/** Why a request was refused. */
export class Refused extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export interface Session {
  participantId: string;
  sessionId: string;
}

/** Somebody's connection. Calls are by id; whatever is refused throws `Refused`. */
export interface CallClient {
  join(callId: string, resume?: Session): Promise<Session>;
  leave(callId: string): Promise<void>;
  /** Waits until it knows exactly these participants in the call to be connected, or somebody of them not to be. */
  sees(callId: string, participants: readonly string[], lost?: readonly string[]): Promise<void>;
  /** Waits until the call's media are on a media server, and sends sound. @returns the producer */
  publish(callId: string): Promise<string>;
  /** Waits until it knows of a producer, and receives it. @returns its kind */
  hear(callId: string, producerId: string): Promise<string>;
  /** Why it is out of the call, once it is told. */
  farewell(callId: string): Promise<'replaced' | 'removed' | 'ended'>;
  /** Asks to speak. @returns whether it may */
  speak(callId: string): Promise<boolean>;
  finish(callId: string): Promise<void>;
  /** Waits until it knows that this participant may speak, or nobody. */
  knowsSpeaker(callId: string, participantId: string | null): Promise<void>;
  /** Waits until the gateway has closed the connection. @returns the code of the error it told before, if it did */
  ended(): Promise<string | undefined>;
  /** Many requests, until the connection is closed. */
  flood(): Promise<void>;
  /** A message that is larger than any may be. */
  tooLarge(): void;
  /** A request that is not too large, but nested too deep. */
  tooDeep(): Promise<void>;
  /** A request that there is not. */
  nonsense(): Promise<void>;
  binary(): void;
  /** Goes away without a word. */
  cut(): void;
  close(): void;
  /** Where the door has it: chat. */
  readonly chat?: {
    send(callId: string, text: string): Promise<void>;
    hears(text: string): Promise<void>;
  };
  /** Where the door has it: messages from one participant to another. */
  readonly signals?: {
    send(callId: string, to: string): Promise<void>;
  };
}

export interface DoorUnderTest {
  readonly name: string;
  /** @throws Refused */
  connect(url: string, token: string | undefined, headers?: Record<string, string>): Promise<CallClient>;
  /** The status of the answer to a WebSocket upgrade of a page of this origin. */
  upgradeFrom(origin: string, url: string, token: string): Promise<number>;
}

async function statusOf(url: string, path: string, headers: string[]): Promise<number> {
  const { head, web } = await RawWebSocket.upgrade(url, headers, path);
  web.socket.destroy();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]);
}

/** Nested deeper than anything may be. */
const deep = (): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < 40; level += 1) value = [value];
  return value;
};

export const socketIo: DoorUnderTest = {
  name: 'Socket.IO',
  connect: async (url, token, headers) => {
    const client = await ScriptedClient.connect(url, token ?? '', headers).catch((error: unknown) => {
      throw new Refused((error as { data?: { code?: string } }).data?.code ?? 'no code');
    });
    return new OverSocketIo(client);
  },
  upgradeFrom: (origin, url) => statusOf(url, '/socket.io/?EIO=4&transport=websocket', [`Origin: ${origin}`]),
};

class OverSocketIo implements CallClient {
  readonly #client: ScriptedClient;
  /** By call: who is connected. */
  readonly #members = new Map<string, Map<string, boolean>>();
  readonly #closed: Promise<void>;
  readonly chat: NonNullable<CallClient['chat']>;
  readonly signals: NonNullable<CallClient['signals']>;
  readonly #speakers = new Map<string, string | null>();
  readonly #me = new Map<string, string>();
  readonly #prepared = new Map<string, ModeSwitchPrepare>();

  constructor(client: ScriptedClient) {
    this.#client = client;
    const { socket } = client;
    this.#closed = new Promise((resolve) => socket.once('disconnect', () => resolve()));
    const on = <N extends ServerEventName>(name: N, listener: (event: ServerEvent<N>) => void) => {
      socket.onAny((told: string, event: unknown) => {
        if (told === name) listener(event as ServerEvent<N>);
      });
    };
    on('call:participant-joined', ({ callId, participant }) => this.#note(callId, participant));
    on('call:participant-updated', ({ callId, participant }) => this.#note(callId, participant));
    on('call:participant-left', ({ callId, participantId }) => {
      this.#members.get(callId)?.delete(participantId);
    });
    // It has nothing to build: every switch has its consent.
    on('call:mode-switch', (message) => {
      if (message.phase === 'prepare') this.#consent(message);
    });
    on('floor:granted', ({ callId }) => this.#speakers.set(callId, this.#me.get(callId) ?? null));
    on('floor:taken', ({ callId, holder }) => this.#speakers.set(callId, holder));
    on('floor:idle', ({ callId }) => this.#speakers.set(callId, null));
    this.chat = {
      send: async (callId, text) => {
        await this.#must('chat:send', { callId, text, clientMessageId: String(Math.random()) });
      },
      hears: async (text) => {
        await client.event('chat:message', (message) => message.text === text);
      },
    };
    this.signals = {
      send: async (callId, to) => {
        await this.#must('call:signal', { callId, to, epoch: 0, candidate: null });
      },
    };
  }

  async join(callId: string, resume?: Session): Promise<Session> {
    const media = { audio: false, video: false, screen: false };
    const request = { callId, media, ...(resume && { resume }) };
    const answer = (await this.#must('call:join', request)) as JoinAnswer;
    const { participantId, sessionId, participants, transition, sfu, floor } = answer;
    for (const participant of participants) this.#note(callId, participant);
    this.#me.set(callId, participantId);
    if (floor) this.#speakers.set(callId, floor.holder);
    if (transition) this.#consent(transition);
    else if (sfu) this.#prepared.set(callId, { ...sfu, epoch: sfu.epoch } as never);
    return { participantId, sessionId };
  }

  async leave(callId: string): Promise<void> {
    await this.#must('call:leave', { callId });
  }

  async sees(callId: string, participants: readonly string[], lost: readonly string[] = []): Promise<void> {
    const expected = participants.map((id) => `${id} ${String(!lost.includes(id))}`).sort();
    const seen = () =>
      [...(this.#members.get(callId) ?? [])].map(([id, here]) => `${id} ${String(here)}`).sort();
    const found = await soon(
      () => Promise.resolve(seen()),
      (now) => String(now) === String(expected),
    );
    if (String(found) !== String(expected)) throw new Error(`sees ${String(found)}, not ${String(expected)}`);
  }

  async publish(callId: string): Promise<string> {
    const { epoch } = await this.#room(callId);
    const { id: transportId } = await this.#transport(callId, epoch, 'send');
    const rtpParameters = opus(1 + Math.floor(Math.random() * 0xffff_fff0));
    const request = { callId, epoch, transportId, kind: 'audio', source: 'microphone', rtpParameters };
    return ((await this.#must('media:produce', request)) as { id: string }).id;
  }

  async hear(callId: string, producerId: string): Promise<string> {
    const { epoch, rtpCapabilities } = await this.#room(callId);
    await this.#client.event('new-producer', (news) => news.producerId === producerId);
    const { id: transportId } = await this.#transport(callId, epoch, 'recv');
    const request = { callId, epoch, transportId, producerId, rtpCapabilities };
    const consumer = (await this.#must('media:consume', request)) as { id: string; kind: string };
    await this.#must('media:resume-consumer', { callId, epoch, consumerId: consumer.id });
    return consumer.kind;
  }

  async farewell(callId: string): Promise<'replaced' | 'removed' | 'ended'> {
    const replaced = this.#client.event('session:replaced', (event) => event.callId === callId);
    const ended = this.#client.event('call:ended', (event) => event.callId === callId);
    return Promise.any([
      replaced.then(() => 'replaced' as const),
      ended.then(({ reason }) => reason as 'removed'),
    ]);
  }

  async speak(callId: string): Promise<boolean> {
    const { granted } = (await this.#must('floor:request', { callId })) as { granted: boolean };
    return granted;
  }

  async finish(callId: string): Promise<void> {
    await this.#must('floor:release', { callId });
  }

  async knowsSpeaker(callId: string, participantId: string | null): Promise<void> {
    const known = await soon(
      () => Promise.resolve(this.#speakers.get(callId)),
      (now) => now === participantId,
    );
    if (known !== participantId) throw new Error(`knows ${String(known)} as the speaker`);
  }

  async ended(): Promise<string | undefined> {
    await this.#closed;
    const last = this.#client.events.findLast(({ name }) => name === 'connection:closing');
    return (last?.payload as { error: { code: string } } | undefined)?.error.code;
  }

  async flood(): Promise<void> {
    while (this.#client.socket.connected) {
      for (let sent = 0; sent < 100; sent += 1) this.#client.socket.emit('call:path', {});
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  tooLarge(): void {
    this.#client.socket.emit('call:leave', { callId: 'x'.repeat(200_000) });
  }

  async tooDeep(): Promise<void> {
    await this.#must('call:leave', { callId: 'c', deep: deep() });
  }

  async nonsense(): Promise<void> {
    await this.#must('no:such', {});
  }

  binary(): void {
    this.#client.socket.emit('call:leave', Buffer.from([1]));
  }

  cut(): void {
    const { transport } = this.#client.socket.io.engine as unknown as {
      transport: { ws: { _socket: { destroy(): void } } };
    };
    transport.ws._socket.destroy();
  }

  close(): void {
    this.#client.close();
  }

  #note(callId: string, { participantId, connected }: { participantId: string; connected: boolean }): void {
    const members = this.#members.get(callId) ?? new Map<string, boolean>();
    this.#members.set(callId, members.set(participantId, connected));
  }

  #consent(prepare: ModeSwitchPrepare): void {
    const { callId, transitionId } = prepare;
    if (prepare.mode === 'sfu') this.#prepared.set(callId, prepare);
    this.#client.socket.emit('call:mode-switched', { callId, transitionId, success: true }, () => undefined);
  }

  #room(callId: string): Promise<ModeSwitchPrepare> {
    return soon(
      () => Promise.resolve(this.#prepared.get(callId)),
      (prepare) => prepare !== undefined,
    ) as Promise<ModeSwitchPrepare>;
  }

  async #transport(callId: string, epoch: number, direction: 'send' | 'recv'): Promise<{ id: string }> {
    const made = (await this.#must('media:create-transport', { callId, epoch, direction })) as { id: string };
    await this.#must('media:connect-transport', { callId, epoch, transportId: made.id, dtlsParameters });
    return made;
  }

  async #must(name: string, payload: unknown): Promise<unknown> {
    const answer = await this.#client.raw(name, payload);
    if (!answer.ok) throw new Refused(answer.error?.code ?? 'no code');
    return answer;
  }
}

export const plainWebSocket: DoorUnderTest = {
  name: '/ws',
  connect: async (url, token, headers = {}) => {
    const authorization: Record<string, string> =
      token === undefined ? {} : { authorization: `Bearer ${token}` };
    const client = await PttClient.open(url, { headers: { ...authorization, ...headers } }).catch(
      (error: unknown) => {
        throw error instanceof Refusal ? new Refused(error.problem.code ?? 'no code') : error;
      },
    );
    return new OverPlainWebSocket(client);
  },
  upgradeFrom: (origin, url, token) =>
    statusOf(url, '/ws', [`Origin: ${origin}`, `Authorization: Bearer ${token}`]),
};

class OverPlainWebSocket implements CallClient {
  readonly #client: PttClient;

  constructor(client: PttClient) {
    this.#client = client;
  }

  async join(channelId: string, resume?: Session): Promise<Session> {
    const { participantId, sessionId } = (await this.#must('join_channel', {
      channelId,
      ...(resume && { resume }),
    })) as Session;
    return { participantId, sessionId };
  }

  async leave(channelId: string): Promise<void> {
    await this.#must('leave_channel', { channelId });
  }

  async sees(
    channelId: string,
    participants: readonly string[],
    lost: readonly string[] = [],
  ): Promise<void> {
    const expected = participants.map((id) => `${id} ${String(!lost.includes(id))}`).sort();
    await this.#client.event('channel_state', (state) => {
      const now = state.members.map(
        ({ participantId, connected }) => `${participantId} ${String(connected)}`,
      );
      return state.channelId === channelId && String(now.sort()) === String(expected);
    });
  }

  async publish(channelId: string): Promise<string> {
    const transportId = await this.#transport(channelId, 'send');
    const rtpParameters = opus(1 + Math.floor(Math.random() * 0xffff_fff0));
    return ((await this.#must('produce', { channelId, transportId, rtpParameters })) as { id: string }).id;
  }

  async hear(channelId: string, producerId: string): Promise<string> {
    const { media } = await this.#client.event(
      'channel_state',
      (state) => state.media?.producers.some((producer) => producer.producerId === producerId) === true,
    );
    const transportId = await this.#transport(channelId, 'recv');
    const request = { channelId, transportId, producerId, rtpCapabilities: media?.rtpCapabilities };
    return ((await this.#must('consume', request)) as { kind: string }).kind;
  }

  async farewell(channelId: string): Promise<'replaced' | 'removed' | 'ended'> {
    const { reason } = await this.#client.event('leave_channel', (event) => event.channelId === channelId);
    return reason as 'removed';
  }

  async speak(channelId: string): Promise<boolean> {
    const answer = await this.#client.ask('ptt_start', { channelId });
    if (answer.type === 'error') throw new Refused((answer.data as { code: string }).code);
    return answer.type === 'ptt_start' && (answer.data as { granted: boolean }).granted;
  }

  async finish(channelId: string): Promise<void> {
    await this.#must('ptt_stop', { channelId });
  }

  async knowsSpeaker(channelId: string, participantId: string | null): Promise<void> {
    const known = await soon(
      () => {
        const told = this.#client.events.findLast(({ type }) => type === 'speaker_changed')?.data;
        return Promise.resolve(told as { channelId: string; participantId: string | null } | undefined);
      },
      (told) => told?.channelId === channelId && told.participantId === participantId,
    );
    if (known?.participantId !== participantId)
      throw new Error(`knows ${String(known?.participantId)} as the speaker`);
  }

  async ended(): Promise<string | undefined> {
    await this.#client.closed;
    const last = this.#client.events.findLast(({ type }) => type === 'error');
    return (last?.data as { code: string } | undefined)?.code;
  }

  async flood(): Promise<void> {
    while (this.#client.web.readyState === this.#client.web.OPEN) {
      for (let sent = 0; sent < 100; sent += 1) this.#client.say({ type: 'ptt_stop', data: {} });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  tooLarge(): void {
    this.#client.say('x'.repeat(200_000));
  }

  async tooDeep(): Promise<void> {
    this.#client.say({ type: 'leave_channel', data: { channelId: 'c', deep: deep() } });
    throw new Refused((await this.#client.event('error')).code);
  }

  async nonsense(): Promise<void> {
    await this.#must('no_such', {});
  }

  binary(): void {
    this.#client.web.send(Buffer.from([1]));
  }

  cut(): void {
    (this.#client.web as unknown as { _socket: { destroy(): void } })._socket.destroy();
  }

  close(): void {
    this.#client.close();
  }

  async #transport(channelId: string, direction: 'send' | 'recv'): Promise<string> {
    const { id } = (await this.#must('create_transport', { channelId, direction })) as { id: string };
    await this.#must('connect_transport', { channelId, transportId: id, dtlsParameters });
    return id;
  }

  async #must(type: string, data: unknown): Promise<unknown> {
    const answer = await this.#client.ask(type, data);
    if (answer.type === 'error') throw new Refused((answer.data as { code: string }).code);
    return answer.data;
  }
}
