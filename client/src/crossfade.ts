/**
 * The paths of a call. There is always an active one; a pending one beside it while a switch is under way, and those
 * being drained after it. What each participant is shown from follows from how the paths stand, and is worked out anew
 * whenever one of them changes. Owned by the session; closes the paths.
 */
import type { CodedError } from '@crossfade/shared/errors';
import type { ProducerDemand, ProducerInfo } from '@crossfade/shared/media-api';
import type {
  IceServer,
  JoinAnswer,
  Mode,
  ModeSwitch,
  ModeSwitchPrepare,
  ServerEvent,
  SignalEvent,
} from '@crossfade/shared/signalling';
import type { buildPath, PathPlace } from './build-path.ts';
import { EarlySignals } from './early-signals.ts';
import { AFTER_MS, GapMeter } from './gap-meter.ts';
import { NoPath } from './no-path.ts';
import type { P2pPath } from './p2p.ts';
import type { LocalTracks } from './path.ts';
import type { Connections } from './reconnection.ts';
import type { Roster } from './roster.ts';
import type { SfuDevice } from './sfu-device.ts';
import { shownConnection, type Layers, type SfuConnection } from './sfu-view.ts';
import type { SfuPath } from './sfu.ts';
import { shownOf } from './shown.ts';
import type { Request } from './signalling.ts';
import {
  awaitedTracks,
  expectedTracks,
  linksToBuild,
  reconcile,
  roomIsGone,
  type ExpectedTrack,
} from './switch.ts';
import { mediumOf } from './track-kinds.ts';
import type { Views } from './views.ts';

/** How long the old path is kept after a commit, for those who hear of it later, milliseconds. */
const DRAIN_MS = 400;
/** How long links are held off while a switch to the media server may be announced any moment, milliseconds. */
const EXPECT_SWITCH_MS = 1_500;
/** How long receiving a newcomer waits for the commit after this end has confirmed, milliseconds: others may be slower. */
const HOLD_BACK_MS = 500;
/** How long it waits after the commit, milliseconds: until the swapped tracks play. */
const AFTER_SWAP_MS = 150;
/** Pause before a confirmation is repeated that did not reach the gateway, milliseconds. */
const CONFIRM_RETRY_MS = 300;

type Path = P2pPath | SfuPath | NoPath;

/** A room that stands ready, and the connections to it; null: they failed. */
interface Standby {
  readonly epoch: number;
  path: SfuPath | null;
}

/** A producer, and the epoch of its room if the gateway tells it: two rooms may be told of at one time. */
type Produced = ProducerInfo & Partial<ProducerDemand> & { readonly epoch?: number | undefined };

interface Pending {
  readonly prepare: ModeSwitchPrepare;
  readonly path: Path;
  readonly expected: readonly ExpectedTrack[];
  readonly gaps: GapMeter;
  /** Who was on the path that is left. */
  readonly present: ReadonlySet<string>;
  /** Whether they come before anybody else. */
  holdsBack: boolean;
  answer: 'none' | 'success' | 'failure';
}

export interface CrossfadeOptions {
  callId: string;
  local: LocalTracks;
  /** Whether the camera is sent to a media server in several sizes. */
  simulcast: boolean;
  roster: Roster;
  /** What is shown of whom. */
  views: Pick<Views, 'wishFor' | 'relief'>;
  device: SfuDevice;
  request: Request;
  build: typeof buildPath;
  /** What is shown, or the mode, has changed. */
  changed: () => void;
  /** The token does not allow this client to send. */
  barred: () => void;
  /** The gateway has to be asked how things stand. */
  outOfStep: () => void;
}

export class Crossfade {
  readonly #options: CrossfadeOptions;
  readonly #selfId: string;
  readonly #p2pMaxParticipants: number;
  readonly #early = new EarlySignals();
  /** What is produced on the media server, whichever path will want it. */
  readonly #producers = new Map<string, Produced>();
  readonly #draining = new Set<Path>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  /** Those that measure a switch, or wait to be read after one. */
  readonly #meters = new Set<GapMeter>();
  #iceServers: readonly IceServer[];
  #mode: Mode;
  #epoch: number;
  #active: Path;
  #pending: Pending | null = null;
  #standby: Standby | null = null;
  #lost = false;
  /** The room of the active path is gone, as the gateway says. */
  #gone = false;
  /** The path that was built in place of a lost one, until it works. */
  #replacement: Path | null = null;
  #expectSwitchUntil = 0;
  #closed = false;

  /** Transports that came with the answer to the join, for the first path to their room. */
  #transports: { readonly epoch: number; readonly given: PathPlace['transports'] } | null = null;

  /**
   * Builds the path a join answer tells of; `start` does the rest. The roster has its participants already.
   * @param anew whether it takes the place of one that is lost
   */
  constructor(options: CrossfadeOptions, joined: JoinAnswer, anew = false) {
    this.#options = options;
    this.#selfId = joined.participantId;
    this.#p2pMaxParticipants = joined.policy.p2pMaxParticipants;
    this.#iceServers = joined.iceServers;
    this.#mode = joined.mode;
    this.#epoch = joined.epoch;
    this.#setProducers(producersIn(joined));
    this.#gone = roomIsGone(joined);
    const { sfu } = joined;
    if (sfu?.transports) this.#transports = { epoch: sfu.epoch ?? joined.epoch, given: sfu.transports };
    this.#active = this.#gone ? new NoPath(joined.epoch) : this.#build(placeOf(joined));
    this.#receiveAll(this.#active);
    if (anew) this.#replacement = this.#active;
  }

  /** Connects to those who are there, and takes part in a switch that is under way. */
  start({ transition, standby }: JoinAnswer): void {
    if (standby) this.#standBy(standby);
    if (transition) this.#prepare(transition);
    this.participantsChanged(true);
  }

  get mode(): Mode {
    return this.#mode;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get switchingTo(): Mode | null {
    return this.#pending?.prepare.mode ?? null;
  }

  /** The path through a media server; null: there is none. */
  get sfu(): SfuConnection | null {
    const pending = this.#pending;
    return shownConnection({
      active: isSfu(this.#active) ? this.#active.view : null,
      activeFailed: this.#lost || this.#gone,
      pending: pending && isSfu(pending.path) ? pending.path.view : null,
      pendingFailed: pending?.answer === 'failure',
    });
  }

  /** How the own way to the others stands. */
  get standing(): Pick<Connections, 'pathLost' | 'links'> {
    const { roster } = this.#options;
    const reachable = roster.others().filter(({ connected }) => connected);
    const gone =
      this.#gone && reachable.some(({ participantId }) => roster.shown(participantId).path === 'none');
    return {
      pathLost: gone || this.#lost || this.#replacement !== null,
      // What another path carries meanwhile is not missed.
      links: reachable.map(({ participantId }) => roster.shown(participantId).link),
    };
  }

  modeSwitch(message: ModeSwitch): void {
    switch (message.phase) {
      case 'prepare':
        this.#prepare(message);
        break;
      case 'commit':
        this.#commit(message);
        break;
      case 'abort':
        this.#abort(message.transitionId);
        break;
    }
  }

  /** A room stands ready; null: none does any more. */
  standby(told: ServerEvent<'call:standby'>['standby']): void {
    if (told) this.#standBy(told);
    else this.#dropStandby();
  }

  signal(event: SignalEvent): void {
    const { epoch, transitionId } = event;
    const pending = this.#pending;
    if (
      pending?.path.mode === 'p2p' &&
      pending.prepare.epoch === epoch &&
      pending.prepare.transitionId === transitionId
    ) {
      pending.path.receive(event);
    } else if (this.#active.mode === 'p2p' && this.#epoch === epoch) {
      this.#active.receive(event);
    } else if (epoch > this.#epoch) this.#early.keep(event);
  }

  producerAdded(producer: Produced): void {
    this.#producers.set(producer.producerId, producer);
    for (const path of this.#sfuPaths()) {
      if (isIn(producer, path.epoch) && !this.#holdsBack(path, producer.participantId))
        path.addProducer(producer);
    }
  }

  /** Whoever is seen already comes first: to receive a newcomer takes a negotiation, which stands in the way of a swap. */
  #holdsBack(path: Path, participantId: string): boolean {
    const pending = this.#pending;
    return path === pending?.path && pending.holdsBack && !pending.present.has(participantId);
  }

  producerRemoved(producerId: string): void {
    this.#producers.delete(producerId);
    for (const path of this.#sfuPaths()) path.removeProducer(producerId);
  }

  /** Its owner has muted it, or not any more. */
  producerPaused(producerId: string, paused: boolean): void {
    const known = this.#producers.get(producerId);
    if (known) this.#producers.set(producerId, { ...known, paused });
    for (const path of this.#sfuPaths()) path.producerPaused(producerId, paused);
  }

  consumerClosed(consumerId: string, producerId: string): void {
    for (const path of this.#sfuPaths()) path.removeConsumer(producerId, consumerId);
  }

  /** The media server tells what of an own producer somebody receives. */
  producerWanted(producerId: string, change: Partial<ProducerDemand>): void {
    for (const path of this.#sfuPaths()) path.followDemand(producerId, change);
  }

  /** The gateway is out of reach: what the media server wants cannot be told. */
  outOfReach(): void {
    for (const path of this.#sfuPaths()) path.sendEverything();
  }

  /** The device woke up, or the page is looked at again: see `MediaPath.lookAgain`. */
  lookAgain(doubt: boolean): void {
    for (const path of this.#paths()) path.lookAgain(doubt);
  }

  /** Something else is shown, or another way: on the media server it comes so, and a switch may have less to wait for. */
  viewsChanged(): void {
    for (const path of this.#sfuPaths()) path.viewsChanged();
    this.#review();
  }

  /** The media server sends another size of a picture; null: nothing. */
  layersChanged(consumerId: string, producerId: string, layers: Layers | null): void {
    for (const path of this.#sfuPaths()) path.layersChanged(consumerId, producerId, layers);
  }

  /**
   * Somebody came, or changed: links may be missing, or a confirmation may be due.
   * @param grown whether the call may have become too large for peer-to-peer by this
   */
  participantsChanged(grown = false): void {
    const tooMany = this.#options.roster.others().length + 1 > this.#p2pMaxParticipants;
    if (grown && tooMany && this.#mode === 'p2p') {
      this.#expectSwitchUntil = performance.now() + EXPECT_SWITCH_MS;
      this.#after(EXPECT_SWITCH_MS, () => this.#link());
    }
    this.#link();
    this.#review();
  }

  participantLeft(participantId: string): void {
    for (const path of this.#paths()) path.forget(participantId);
    this.#review();
  }

  syncLocal(): void {
    for (const path of this.#paths()) path.syncLocal();
  }

  /** Catches up with how things stand after a lost connection. */
  resume(joined: JoinAnswer): void {
    this.#iceServers = joined.iceServers;
    this.#setProducers(producersIn(joined));
    this.#checkStandby(joined);
    if (joined.standby) this.#standBy(joined.standby);
    else if (this.#standby && this.#standby.epoch !== joined.transition?.epoch) this.#dropStandby();
    const pending = this.#pending;
    const {
      active,
      pending: fate,
      begin,
    } = reconcile(
      {
        participantId: this.#selfId,
        mode: this.#mode,
        epoch: this.#epoch,
        producerIds: ownProducers(this.#active),
        lost: this.#lost,
        pending: pending && {
          transitionId: pending.prepare.transitionId,
          mode: pending.prepare.mode,
          epoch: pending.prepare.epoch,
          producerIds: ownProducers(pending.path),
        },
      },
      joined,
    );
    if (active === 'adopt' && pending) this.#swap(pending);
    else if (fate === 'discard') this.#discardPending();
    if (active === 'rebuild') {
      this.#mode = joined.mode;
      this.#epoch = joined.epoch;
      const gone = roomIsGone(joined);
      this.#activate(gone ? new NoPath(joined.epoch) : this.#build(placeOf(joined)), gone);
      this.#receiveAll(this.#active);
      this.#replacement = this.#active;
    } else this.#gone = roomIsGone(joined);
    if (begin) this.#prepare(begin);
    // A confirmation may be among what was lost; a second one does no harm.
    if (this.#pending && fate === 'keep') this.#pending.answer = 'none';
    for (const path of this.#paths()) {
      this.#receiveAll(path);
      path.resume();
    }
    this.#followDemands(joined);
    this.participantsChanged();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const meter of this.#meters) meter.close();
    for (const path of this.#paths()) path.close();
  }

  #prepare(prepare: ModeSwitchPrepare): void {
    const { transitionId, epoch, mode } = prepare;
    if (this.#pending?.prepare.transitionId === transitionId || epoch <= this.#epoch) return;
    this.#discardPending();
    if (prepare.iceServers) this.#iceServers = prepare.iceServers;
    if (mode === 'sfu' && !prepare.rtpCapabilities) {
      this.#answer(transitionId, false, 'The announcement names no capabilities.');
      return;
    }
    const { roster } = this.#options;
    // Nothing to wait for on the old path: what comes on the new one is shown as soon as it plays.
    if (prepare.from === 'sfu' && prepare.reason === 'media-server-lost') this.#gone = true;
    const present = this.#present();
    const expected = this.#expected().filter(({ participantId }) => present.has(participantId));
    const path = this.#takeStandby(prepare) ?? this.#build(prepare);
    const gaps = new GapMeter();
    this.#meters.add(gaps);
    const holdsBack = expected.length > 0 && !this.#gone;
    this.#pending = { prepare, path, expected, present, holdsBack, gaps, answer: 'none' };
    this.#receiveAll(path);
    for (const { participantId } of roster.others()) {
      const stream = roster.stream(participantId);
      if (!this.#isShown({ participantId, kind: 'video' })) continue;
      if (stream && roster.shown(participantId).tracks.video?.decoded) gaps.watch(participantId, stream);
    }
    this.#link();
    this.#replayEarly(path, transitionId);
    this.#review();
    this.#options.changed();
  }

  #commit({ transitionId, epoch, mode }: Extract<ModeSwitch, { phase: 'commit' }>): void {
    if (epoch <= this.#epoch) return;
    const prepared = this.#pending?.prepare.transitionId === transitionId;
    // The others went on without this client: what failed here is built once more.
    if (prepared && this.#pending?.answer === 'failure') this.#discardPending();
    if (this.#pending && prepared) {
      this.#swap(this.#pending);
    } else if (mode === 'p2p') {
      // The media server was lost: there was nothing to prepare for.
      this.#discardPending();
      this.#mode = mode;
      this.#epoch = epoch;
      this.#producers.clear();
      this.#activate(this.#build({ mode, epoch }));
      this.#replacement = this.#active;
    } else {
      this.#options.outOfStep();
      return;
    }
    // A call that fell back and is too large goes to another room next.
    this.participantsChanged(!prepared);
    this.#options.changed();
  }

  #abort(transitionId: string): void {
    const pending = this.#pending;
    if (pending?.prepare.transitionId === transitionId) {
      this.#discardPending();
      // The room goes with the attempt.
      if (pending.prepare.mode === 'sfu') this.#forgetProducersOf(pending.prepare);
    }
    this.#expectSwitchUntil = 0;
    this.participantsChanged();
    this.#options.changed();
  }

  #swap(pending: Pending): void {
    const { prepare, path, gaps } = pending;
    this.#pending = null;
    this.#mode = prepare.mode;
    this.#epoch = prepare.epoch;
    if (prepare.mode === 'p2p') this.#producers.clear();
    else this.#forgetProducersBefore(prepare.epoch);
    this.#activate(path);
    this.#after(AFTER_SWAP_MS, () => {
      if (this.#active === path) this.#receiveAll(path);
    });
    const swappedAt = performance.now();
    this.#after(AFTER_MS, () => {
      const gapMs = gaps.read(swappedAt);
      this.#endMeter(gaps);
      if (gapMs !== null) this.#answer(prepare.transitionId, true, undefined, gapMs);
    });
  }

  /** Makes a path the active one at once; the one before is drained. */
  #activate(path: Path, gone = false): void {
    const old = this.#active;
    this.#active = path;
    this.#lost = false;
    this.#gone = gone;
    this.#draining.add(old);
    this.#review();
    this.#after(DRAIN_MS, () => {
      this.#draining.delete(old);
      old.close();
      this.#review();
    });
    this.#replayEarly(path, undefined);
  }

  /** Connects to a room that stands ready. */
  #standBy({ epoch, rtpCapabilities }: { epoch?: number | undefined; rtpCapabilities: object }): void {
    if (epoch === undefined || epoch === this.#standby?.epoch || epoch <= this.#epoch) return;
    this.#dropStandby();
    const path = this.#build({ mode: 'sfu', epoch, rtpCapabilities }, true) as SfuPath;
    this.#standby = { epoch, path };
    this.#receiveAll(path);
  }

  /** Another room may have the same epoch: what was made in the one before is not in it. */
  #checkStandby(joined: JoinAnswer): void {
    if (!this.#standby) return;
    const { path } = this.#standby;
    const listed = new Set(producersIn(joined).map(({ producerId }) => producerId));
    if (path === null || path.ownProducerIds.some((id) => !listed.has(id))) this.#dropStandby();
  }

  #dropStandby(): void {
    const standby = this.#standby;
    this.#standby = null;
    standby?.path?.close();
  }

  /** The connections that stand already, if it is there that the switch leads; media flow on them from now on. */
  #takeStandby({ mode, epoch }: ModeSwitchPrepare): SfuPath | null {
    const standby = this.#standby;
    if (mode !== 'sfu' || standby?.epoch !== epoch) {
      this.#dropStandby();
      return null;
    }
    this.#standby = null;
    standby.path?.activate();
    return standby.path;
  }

  #endMeter(meter: GapMeter): void {
    meter.close();
    this.#meters.delete(meter);
  }

  #discardPending(): void {
    const pending = this.#pending;
    if (!pending) return;
    this.#pending = null;
    this.#endMeter(pending.gaps);
    // What a newcomer was shown from it is taken out of the stream first.
    this.#review();
    pending.path.close();
  }

  /** @param standby whether nothing is to flow on it yet */
  #build(
    { mode, epoch, rtpCapabilities }: Omit<PathPlace, 'iceServers' | 'transports'>,
    standby = false,
  ): Path {
    const { callId, local, simulcast, views, request, device, build } = this.#options;
    const transports =
      mode === 'sfu' && this.#transports?.epoch === epoch ? this.#transports.given : undefined;
    if (transports) this.#transports = null;
    const path = build(
      { mode, epoch, rtpCapabilities, transports, iceServers: this.#iceServers },
      {
        callId,
        selfId: this.#selfId,
        local,
        simulcast,
        views,
        besideAnother: standby || (!this.#gone && this.#seesSomebody()),
        standby,
        expected: () => this.#expected().filter(({ participantId }) => !this.#holdsBack(path, participantId)),
        device,
        request,
        events: {
          changed: () => this.#review(),
          barred: () => this.#options.barred(),
          failed: (reason) => this.#pathFailed(path, reason),
        },
      },
    );
    return path;
  }

  /** What of the own producers somebody receives, after it could not be told for a while. */
  #followDemands(joined: JoinAnswer): void {
    for (const {
      producerId,
      participantId,
      pausedByServer = false,
      wantedSpatialLayer = null,
    } of producersIn(joined)) {
      if (participantId === this.#selfId)
        this.producerWanted(producerId, { pausedByServer, wantedSpatialLayer });
    }
  }

  #expected(): ExpectedTrack[] {
    const { roster } = this.#options;
    return expectedTracks(roster.others(), (id) => roster.shown(id).tracks['screen-audio'] !== null);
  }

  /**
   * Whom a switch could interrupt. Whoever has just come to a peer-to-peer call is on no link: they hold up nobody, and are shown
   * as soon as they are decoded, before the commit or after it.
   */
  #present(): Set<string> {
    const active = this.#active;
    const others = this.#options.roster.others().map(({ participantId }) => participantId);
    return new Set(active.mode === 'p2p' ? others.filter((id) => active.linked(id)) : others);
  }

  #seesSomebody(): boolean {
    const { roster } = this.#options;
    return roster
      .others()
      .some(({ participantId }) => roster.shown(participantId).tracks.video?.decoded === true);
  }

  /** Builds the links that are missing. */
  #link(): void {
    if (this.#closed) return;
    const others = this.#options.roster.others();
    const { path, prepare } = this.#pending ?? {};
    if (path?.mode === 'p2p') {
      for (const { participantId, connected } of others) {
        if (connected) path.link(participantId, prepare?.transitionId);
      }
    }
    const active = this.#active;
    if (active.mode === 'p2p') {
      const wanted = linksToBuild({
        others,
        linked: (id) => active.linked(id),
        switchingTo: this.switchingTo,
        switchExpected: performance.now() < this.#expectSwitchUntil,
      });
      for (const id of wanted) active.link(id);
    }
  }

  /** After every change: what is shown to whom, and whether the switch can be confirmed. */
  #review(): void {
    if (this.#closed) return;
    const { roster, changed } = this.#options;
    const paths = {
      active: this.#active,
      activeGone: this.#gone,
      draining: [...this.#draining].reverse(),
      pending: this.#pending?.path,
    };
    for (const { participantId } of roster.others()) {
      roster.show(participantId, shownOf(participantId, paths));
    }
    this.#confirmIfComplete();
    this.#reviewReplacement();
    changed();
  }

  #reviewReplacement(): void {
    const path = this.#replacement;
    if (!path) return;
    const reachable = this.#options.roster.others().filter(({ connected }) => connected);
    const works =
      path.ready(reachable.map(({ participantId }) => participantId)) &&
      reachable.every(({ participantId }) => path.reaches(participantId));
    if (works || reachable.length === 0 || path !== this.#active) this.#replacement = null;
  }

  #confirmIfComplete(): void {
    const pending = this.#pending;
    if (pending?.answer !== 'none') return;
    const { path, expected, prepare, present } = pending;
    const others = this.#options.roster.others();
    const awaited = awaitedTracks(
      expected,
      this.#expected(),
      ({ participantId, kind }) => path.received.find(participantId, kind)?.decoded ?? false,
      (track) => path.mode === 'p2p' || this.#isShown(track),
    );
    const reachable = others.filter(({ connected }) => connected).map(({ participantId }) => participantId);
    // Whoever loses nothing by the commit need only get there: the rest of what they send may follow.
    const stands = present.size === 0 && isSfu(path) ? path.begun : path.ready(reachable);
    if (awaited.length > 0 || !stands) return;
    pending.answer = 'success';
    this.#answer(prepare.transitionId, true);
    this.#after(HOLD_BACK_MS, () => {
      pending.holdsBack = false;
      if (this.#pending === pending) this.#receiveAll(path);
    });
  }

  /** Everything there is to receive, but for what is held back. */
  #receiveAll(path: Path): void {
    if (!isSfu(path)) return;
    path.setProducers(
      this.#producersOf(path.epoch).filter(({ participantId }) => !this.#holdsBack(path, participantId)),
    );
  }

  #isShown({ participantId, kind }: ExpectedTrack): boolean {
    if (mediumOf(kind) === 'audio') return true;
    const source = kind === 'screen' ? 'screen' : 'camera';
    return this.#options.views.wishFor(participantId, source).kind === 'picture';
  }

  #pathFailed(path: Path, reason: string): void {
    const pending = this.#pending;
    if (pending?.path === path) {
      // Once confirmed it is as good as decided: after the commit it is built once more.
      if (pending.answer === 'none') this.#answer(pending.prepare.transitionId, false, reason);
      pending.answer = 'failure';
    } else if (path === this.#active && path.mode === 'sfu' && !this.#gone) {
      this.#lost = true;
      this.#options.outOfStep();
    } else if (path === this.#standby?.path) {
      // Nobody notices: the switch builds what it needs itself.
      this.#standby.path = null;
      path.close();
    }
  }

  #answer(transitionId: string, success: boolean, reason?: string, gapMs?: number): void {
    const { callId, request } = this.#options;
    request('call:mode-switched', {
      callId,
      transitionId,
      success,
      ...(reason !== undefined && { reason: reason.slice(0, 200) }),
      ...(gapMs !== undefined && { measured: { gapMs } }),
    }).catch((error: unknown) => {
      // `transition-over` and the like: an event tells. What did not arrive is said again while it matters.
      if (!(error as CodedError).retryable || gapMs !== undefined) return;
      this.#after(CONFIRM_RETRY_MS, () => {
        if (this.#pending?.prepare.transitionId === transitionId) {
          this.#answer(transitionId, success, reason);
        }
      });
    });
  }

  #replayEarly(path: Path, transitionId: string | undefined): void {
    if (path.mode !== 'p2p') return;
    for (const signal of this.#early.take(path.epoch, transitionId)) path.receive(signal);
  }

  #producersOf(epoch: number): Produced[] {
    return [...this.#producers.values()].filter((producer) => isIn(producer, epoch));
  }

  #forgetProducersBefore(epoch: number): void {
    for (const [id, producer] of this.#producers) if (!isIn(producer, epoch)) this.#producers.delete(id);
  }

  /** @param given what a switch that was given up had announced */
  #forgetProducersOf(given: ModeSwitchPrepare): void {
    for (const [id, producer] of this.#producers) {
      const epoch = producer.epoch ?? (given.from === 'p2p' ? given.epoch : this.#epoch);
      if (epoch === given.epoch) this.#producers.delete(id);
    }
  }

  #setProducers(producers: readonly Produced[]): void {
    this.#producers.clear();
    for (const producer of producers) this.#producers.set(producer.producerId, producer);
  }

  #paths(): Path[] {
    const beside = [this.#pending?.path, this.#standby?.path].filter((path) => path != null);
    return [this.#active, ...beside, ...this.#draining];
  }

  /** Those that still take part in what the room does; one that is being drained stays as it is. */
  #sfuPaths(): SfuPath[] {
    const paths: (Path | null | undefined)[] = [this.#active, this.#pending?.path, this.#standby?.path];
    return paths.filter((path) => path != null).filter(isSfu);
  }

  #after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }
}

function placeOf({ mode, epoch, sfu }: JoinAnswer): Omit<PathPlace, 'iceServers'> {
  return { mode, epoch, rtpCapabilities: sfu?.rtpCapabilities };
}

/** What is produced in all rooms there are, the one that stands ready included. */
function producersIn({ sfu, standby }: JoinAnswer): Produced[] {
  return [...(sfu?.producers ?? []), ...(standby?.producers ?? [])];
}

function ownProducers(path: Path): readonly string[] {
  return isSfu(path) ? path.ownProducerIds : [];
}

function isSfu(path: Path): path is SfuPath {
  return path.mode === 'sfu' && !(path instanceof NoPath);
}

function isIn({ epoch }: Produced, wanted: number): boolean {
  return epoch === undefined || epoch === wanted;
}
