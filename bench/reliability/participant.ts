/**
 * Somebody in a call, as the SDK is: joins, builds what a mode switch asks for beside what there is, confirms when everyone is
 * heard on it, and resumes at another gateway when its own is gone. Speaks all the time; what it hears goes to the meter.
 */
import type { types } from 'mediasoup';
import type { CreateTransportAnswer, ProducerInfo } from '@crossfade/shared/media-api';
import type { RtpCapabilities } from '@crossfade/shared/rtp';
import type { JoinAnswer, ModeSwitch, ServerEvent } from '@crossfade/shared/signalling';
import { BenchClient } from '../gateway-parts.ts';
import type { Meter } from './meter.ts';
import { PeerTransport, type Site } from './site.ts';

const MEDIA = { audio: true, video: false, screen: false };
/** As in the SDK: until a connection that was lost is tried again, and until a request is. Milliseconds. */
const RECONNECT_MS = { least: 125, most: 375 };
const RETRY_MS = 500;
/** How long the old path lives on after a commit, milliseconds. */
const DRAIN_MS = 300;
/** What is to be consumed is collected for so long, milliseconds. */
const COLLECT_MS = 20;

export interface Circumstances {
  site: Site;
  meter: Meter;
  /** The gateways, the first one first; who loses one goes to the next. */
  gateways: () => readonly string[];
}

export class Participant {
  readonly name: string;
  readonly callId: string;
  readonly voice: types.Producer;
  readonly #at: Circumstances;
  #client: BenchClient;
  #me: JoinAnswer;
  /** Whether each of the others is to be heard. */
  readonly #others = new Map<string, boolean>();
  /** By epoch: what is used, and what is being built. */
  readonly #paths = new Map<number, Path>();
  #epoch: number;
  #gateway: number;
  #closed = false;
  /** When it was resumed, by performance.now(). */
  resumedAt: number[] = [];
  /** How often it was told that its session is over, or what it has was lost. */
  rejoined = 0;
  /** What requests were refused with. */
  readonly refusals: string[] = [];

  private constructor(
    name: string,
    callId: string,
    voice: types.Producer,
    at: Circumstances,
    gateway: number,
    client: BenchClient,
    me: JoinAnswer,
  ) {
    this.name = name;
    this.callId = callId;
    this.voice = voice;
    this.#at = at;
    this.#gateway = gateway;
    this.#client = client;
    this.#me = me;
    this.#epoch = me.epoch;
    this.#take(me);
  }

  /** @param gateway which of the gateways it goes to first */
  static async join(at: Circumstances, name: string, callId: string, gateway = 0): Promise<Participant> {
    const urls = at.gateways();
    const client = await BenchClient.connect(urls[gateway % urls.length] ?? '', name);
    const held = hold(client);
    const me = await client.must('call:join', { callId, media: MEDIA });
    const voice = await at.site.voice();
    const participant = new Participant(name, callId, voice, at, gateway, client, me);
    participant.#listen(client);
    for (const deliver of held()) deliver();
    return participant;
  }

  get me(): JoinAnswer {
    return this.#me;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get client(): BenchClient {
    return this.#client;
  }

  /** Goes without a word. */
  close(): void {
    this.#closed = true;
    for (const path of this.#paths.values()) path.close();
    this.#paths.clear();
    this.voice.close();
    this.#client.close();
  }

  async leave(): Promise<void> {
    this.#closed = true;
    await this.#client.ask('call:leave', { callId: this.callId }).catch(() => undefined);
    this.close();
  }

  #listen(client: BenchClient): void {
    const here =
      <E extends { callId: string }>(handle: (event: E) => void) =>
      (event: E) => {
        if (event.callId === this.callId && !this.#closed && client === this.#client) handle(event);
      };
    const roster = here(({ participant }: ServerEvent<'call:participant-updated'>) => {
      if (participant.participantId === this.#me.participantId) return;
      this.#others.set(participant.participantId, participant.media.audio && participant.connected);
      this.#look();
    });
    client.on('call:participant-joined', roster);
    client.on('call:participant-updated', roster);
    client.on(
      'call:participant-left',
      here(({ participantId }) => {
        this.#others.delete(participantId);
        this.#look();
      }),
    );
    client.on(
      'call:mode-switch',
      here((message) => this.#switch(message)),
    );
    client.on(
      'new-producer',
      here((producer) => this.#offered(producer, producer.epoch ?? this.#epoch)),
    );
    client.on(
      'producer-closed',
      here(({ producerId }) => {
        for (const path of this.#paths.values()) path.forget(producerId);
      }),
    );
    client.socket.once('disconnect', () => {
      if (!this.#closed && client === this.#client) void this.#reconnect();
    });
  }

  #switch(message: ModeSwitch): void {
    const { phase, mode, epoch, transitionId } = message;
    if (phase === 'prepare') {
      const confirm = () => this.#confirm(transitionId);
      if (mode === 'p2p') confirm();
      else if (message.rtpCapabilities) this.#build(epoch, message.rtpCapabilities, confirm);
      return;
    }
    this.#epoch = epoch;
    for (const [at, path] of this.#paths) {
      if (at === epoch && mode === 'sfu') continue;
      this.#paths.delete(at);
      setTimeout(() => path.close(), phase === 'commit' ? DRAIN_MS : 0);
    }
  }

  #confirm(transitionId: string): void {
    const { callId } = this;
    this.#client.must('call:mode-switched', { callId, transitionId, success: true }).catch(() => undefined);
  }

  #build(epoch: number, rtpCapabilities: RtpCapabilities, complete: () => void = () => undefined): void {
    const there = this.#paths.get(epoch);
    if (there) {
      there.whenComplete(complete);
      this.#look();
      return;
    }
    const path = new Path(this, this.#at, epoch, rtpCapabilities);
    path.whenComplete(complete);
    this.#paths.set(epoch, path);
    this.#look();
  }

  #offered(producer: ProducerInfo, epoch: number): void {
    if (producer.participantId !== this.#me.participantId) this.#paths.get(epoch)?.want(producer);
  }

  #look(): void {
    const audible = [...this.#others].filter(([, heard]) => heard).map(([id]) => id);
    for (const path of this.#paths.values()) path.expect(audible);
  }

  /** How things stand, by the answer to a join or a resumption. */
  #take(me: JoinAnswer): void {
    if (me.participantId !== this.#me.participantId) {
      this.rejoined += 1;
      for (const path of this.#paths.values()) path.close();
      this.#paths.clear();
    }
    this.#me = me;
    this.#epoch = me.epoch;
    this.#others.clear();
    for (const { participantId, media, connected } of me.participants)
      if (participantId !== me.participantId) this.#others.set(participantId, media.audio && connected);
    const { sfu, transition } = me;
    for (const [epoch, path] of this.#paths) {
      if ((epoch === me.epoch && me.mode === 'sfu') || epoch === transition?.epoch) continue;
      path.close();
      this.#paths.delete(epoch);
    }
    if (sfu && me.mode === 'sfu' && (sfu.epoch ?? me.epoch) === me.epoch)
      this.#build(me.epoch, sfu.rtpCapabilities);
    if (transition) this.#switch({ ...transition, ...(sfu && { rtpCapabilities: sfu.rtpCapabilities }) });
    for (const producer of sfu?.producers ?? []) this.#offered(producer, producer.epoch ?? me.epoch);
    this.#look();
  }

  #hasLeft(): boolean {
    return this.#closed;
  }

  async #reconnect(): Promise<void> {
    const { callId } = this;
    const { participantId, sessionId } = this.#me;
    while (!this.#closed) {
      const { least, most } = RECONNECT_MS;
      await new Promise((resolve) => setTimeout(resolve, least + Math.random() * (most - least)));
      const urls = this.#at.gateways();
      this.#gateway += 1;
      let client: BenchClient | undefined;
      try {
        client = await BenchClient.connect(urls[this.#gateway % urls.length] ?? '', this.name);
        const held = hold(client);
        const resume = { participantId, sessionId };
        const answer = await client.ask('call:join', { callId, media: MEDIA, resume });
        if (!answer.ok) {
          this.refusals.push(`call:join ${answer.error.code}`);
          throw new Error(answer.error.code);
        }
        if (this.#hasLeft()) throw new Error('it has left meanwhile');
        this.#client = client;
        this.#take(answer);
        this.#listen(client);
        for (const deliver of held()) deliver();
        this.resumedAt.push(performance.now());
        // Nobody was told of it if this one is gone already, too.
        if (client.socket.connected) return;
      } catch {
        client?.close();
      }
    }
  }
}

/** Keeps what comes until there is somebody to hear it. */
function hold(client: BenchClient): () => (() => void)[] {
  const events: [string, unknown][] = [];
  const keep = (name: string, payload: unknown) => void events.push([name, payload]);
  client.socket.onAny(keep);
  return () => {
    client.socket.offAny(keep);
    return events.map(
      ([name, payload]) =>
        () =>
          client.socket
            .listeners(name)
            .forEach((listener) => (listener as (payload: unknown) => void)(payload)),
    );
  };
}

/** The two transports to the media server under one epoch. */
class Path {
  readonly #who: Participant;
  readonly #at: Circumstances;
  readonly #epoch: number;
  readonly #rtpCapabilities: RtpCapabilities;
  readonly #receiver: Promise<{ id: string; transport: PeerTransport }>;
  readonly #known = new Map<string, ProducerInfo>();
  readonly #consumed = new Set<string>();
  readonly #toConsume = new Set<string>();
  /** Participants that have been heard. */
  readonly #heard = new Set<string>();
  #expected: readonly string[] | undefined;
  #sends = false;
  #collecting: NodeJS.Timeout | undefined;
  #waiting: (() => void)[] = [];
  #closed = false;
  readonly #transports: PeerTransport[] = [];

  constructor(who: Participant, at: Circumstances, epoch: number, rtpCapabilities: RtpCapabilities) {
    this.#who = who;
    this.#at = at;
    this.#epoch = epoch;
    this.#rtpCapabilities = rtpCapabilities;
    this.#receiver = this.#again(() => this.#open('recv'));
    this.#receiver.catch(() => undefined);
    this.#send().catch(() => undefined);
  }

  whenComplete(then: () => void): void {
    this.#waiting.push(then);
  }

  expect(participantIds: readonly string[]): void {
    this.#expected = participantIds;
    this.#look();
  }

  want(producer: ProducerInfo): void {
    if (this.#known.has(producer.producerId) || producer.source !== 'microphone') return;
    this.#known.set(producer.producerId, producer);
    this.#toConsume.add(producer.producerId);
    this.#collecting ??= setTimeout(() => {
      this.#collecting = undefined;
      this.#again(() => this.#consume()).catch(() => undefined);
    }, COLLECT_MS);
  }

  forget(producerId: string): void {
    this.#known.delete(producerId);
    this.#toConsume.delete(producerId);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#collecting);
    for (const transport of this.#transports) transport.close();
  }

  async #send(): Promise<void> {
    const { voice, callId } = this.#who;
    const { router } = this.#at.site;
    const { id, transport } = await this.#again(() => this.#open('send'));
    const rtpParameters = await transport.send(voice, router);
    const track = { kind: 'audio', source: 'microphone', rtpParameters } as const;
    await this.#again(() =>
      this.#who.client.must('media:produce', {
        callId,
        epoch: this.#epoch,
        transportId: id,
        ...track,
      } as never),
    );
    this.#sends = true;
    this.#look();
  }

  async #open(direction: 'send' | 'recv'): Promise<{ id: string; transport: PeerTransport }> {
    const { callId } = this.#who;
    const acting = { callId, epoch: this.#epoch };
    const offer: CreateTransportAnswer = await this.#who.client.must('media:create-transport', {
      ...acting,
      direction,
    });
    const transport = await PeerTransport.connect(this.#at.site, offer, (dtlsParameters) =>
      this.#who.client.must('media:connect-transport', {
        ...acting,
        transportId: offer.id,
        dtlsParameters: dtlsParameters,
      }),
    );
    this.#transports.push(transport);
    if (this.#closed) transport.close();
    return { id: offer.id, transport };
  }

  async #consume(): Promise<void> {
    const { id: transportId, transport } = await this.#receiver;
    const producerIds = [...this.#toConsume].filter((id) => !this.#consumed.has(id));
    if (producerIds.length === 0 || this.#closed) return;
    const acting = { callId: this.#who.callId, epoch: this.#epoch };
    const answer = await this.#who.client.must('media:consume', {
      ...acting,
      transportId,
      producerIds,
      rtpCapabilities: this.#rtpCapabilities,
    });
    for (const producerId of producerIds) this.#toConsume.delete(producerId);
    const consumers = 'consumers' in answer ? answer.consumers : [answer];
    await Promise.all(
      consumers.map(async ({ id: consumerId, producerId, kind, rtpParameters }) => {
        const owner = this.#known.get(producerId)?.participantId;
        if (owner === undefined) return;
        this.#consumed.add(producerId);
        const heard = () => {
          this.#at.meter.heard(this.#who.me.participantId, owner);
          if (this.#heard.has(owner)) return;
          this.#heard.add(owner);
          this.#look();
        };
        await transport.hear(kind, rtpParameters, heard, this.#at.site.router);
        await this.#again(() => this.#who.client.must('media:resume-consumer', { ...acting, consumerId }));
      }),
    );
  }

  #look(): void {
    if (!this.#sends || this.#waiting.length === 0) return;
    if (!this.#expected?.every((participantId) => this.#heard.has(participantId))) return;
    for (const then of this.#waiting.splice(0)) then();
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  /** A request that a lost connection took with it is made again when there is another. */
  async #again<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        this.#who.refusals.push(error instanceof Error ? error.message : String(error));
        if (this.#isClosed()) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        if (this.#isClosed()) throw error;
      }
    }
  }
}
