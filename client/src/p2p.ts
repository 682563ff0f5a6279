/**
 * The peer-to-peer path: a link to each other participant. Signals carry the epoch of the path, and the transition
 * that built the link if one did, so that what is left on the wire of a given-up attempt is told apart. Owned and
 * closed by the crossfade.
 */
import type { SignalEvent } from '@crossfade/shared/signalling';
import { P2pLink, type LinkSignal } from './p2p-link.ts';
import type { LocalTracks, MediaPath, PathEvents } from './path.ts';
import type { PathReport } from './path-quality.ts';
import { PathWatch } from './path-report.ts';
import { ReceivedTracks } from './received-tracks.ts';
import type { LinkHealth } from './reconnection.ts';

export interface P2pOptions {
  epoch: number;
  /** The own participant id: who is polite towards whom follows from the ids. */
  selfId: string;
  iceServers: RTCIceServer[];
  local: LocalTracks;
  events: PathEvents;
  /** Rejects when the signal did not reach the gateway. */
  send: (to: string, signal: LinkSignal & Pick<SignalEvent, 'epoch' | 'transitionId'>) => Promise<unknown>;
  /** What becomes of the link to a participant. */
  report: (participantId: string, report: PathReport) => void;
}

interface Entry {
  transitionId: string | undefined;
  link: P2pLink;
  watch: PathWatch;
}

export class P2pPath implements MediaPath {
  readonly mode = 'p2p';
  readonly received: ReceivedTracks;
  readonly #options: P2pOptions;
  readonly #links = new Map<string, Entry>();
  #closed = false;

  constructor(options: P2pOptions) {
    this.#options = options;
    this.received = new ReceivedTracks(options.events.changed);
  }

  get epoch(): number {
    return this.#options.epoch;
  }

  linked(participantId: string): boolean {
    return this.#links.has(participantId);
  }

  /**
   * Builds a link to this participant unless there is one.
   * @param transitionId the transition this link belongs to, if it is built by one
   */
  link(participantId: string, transitionId?: string): void {
    if (!this.#links.has(participantId)) this.#build(participantId, transitionId);
  }

  /** A signal of this path's epoch; one that belongs to another attempt is dropped. */
  receive(signal: SignalEvent): void {
    const { from, transitionId } = signal;
    const known = this.#links.get(from);
    if (known?.transitionId === transitionId && known) {
      known.link.receive(signal);
      return;
    }
    // Only the polite end builds on being called: the other makes its own offer, which would cross this one.
    const called = signal.description?.type === 'offer' && this.#politeTowards(from);
    if (called && known?.link.state !== 'connected') {
      if (known) this.forget(from);
      this.#build(from, transitionId).receive(signal);
    }
  }

  ready(participantIds: readonly string[]): boolean {
    return participantIds.every((id) => this.reaches(id));
  }

  reaches(participantId: string): boolean {
    return this.#links.get(participantId)?.link.state === 'connected';
  }

  health(participantId: string): LinkHealth {
    const state = this.#links.get(participantId)?.link.state ?? 'connecting';
    return state === 'closed' ? 'failed' : state;
  }

  syncLocal(): void {
    for (const { link } of this.#links.values()) link.syncLocal();
  }

  resume(): void {
    for (const { link } of this.#links.values()) link.resume();
  }

  lookAgain(doubt: boolean): void {
    for (const { link } of this.#links.values()) link.lookAgain(doubt);
  }

  forget(participantId: string): void {
    const entry = this.#links.get(participantId);
    if (entry) end(entry);
    this.#links.delete(participantId);
    this.received.remove(participantId);
  }

  close(): void {
    this.#closed = true;
    for (const entry of this.#links.values()) end(entry);
    this.#links.clear();
    this.received.close();
  }

  #politeTowards(participantId: string): boolean {
    return this.#options.selfId < participantId;
  }

  #build(participantId: string, transitionId: string | undefined): P2pLink {
    const { epoch, iceServers, local, events, report, send } = this.#options;
    const link = new P2pLink({
      polite: this.#politeTowards(participantId),
      iceServers,
      local,
      send: (signal) =>
        send(participantId, {
          ...signal,
          epoch,
          ...(transitionId !== undefined && { transitionId }),
        }),
      onTrack: (kind, receiver) => this.received.add(participantId, kind, receiver),
      onState: (state) => {
        if (this.#closed) return;
        if (state === 'connected') watch.connected();
        if (state === 'failed') {
          watch.failed();
          events.failed(`No connection to ${participantId} came about.`);
        }
        events.changed();
      },
    });
    const watch = new PathWatch({
      connection: link.connection,
      tell: (told) => report(participantId, told),
    });
    this.#links.set(participantId, { transitionId, link, watch });
    return link;
  }
}

function end({ link, watch }: Entry): void {
  watch.close();
  link.close();
}
