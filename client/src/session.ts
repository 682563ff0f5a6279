/**
 * One participation in a call, from the answer to the join until it ends: hears the gateway, keeps the roster, resumes
 * after a lost connection, and tells the gateway what is being sent. Closes the signalling connection and, through the
 * crossfade, all media paths. `Call` is the application's view of it.
 */
import { CodedError } from '@crossfade/shared/errors';
import type { Blockable } from '@crossfade/shared/moderation';
import type { JoinAnswer, JoinRequest, Participant } from '@crossfade/shared/signalling';
import { watchAwakening, type Awakening } from './awakening.ts';
import { buildPath } from './build-path.ts';
import { Captions } from './captions.ts';
import { Chat } from './chat.ts';
import { Crossfade } from './crossfade.ts';
import { readDecisions, type Decision } from './decisions.ts';
import { Floor } from './floor.ts';
import { LoadWatch } from './load-watch.ts';
import type { LocalMedia } from './local-media.ts';
import { QualityWatch } from './quality-watch.ts';
import { readReceiverStats } from './receiver-stats.ts';
import { Moderator } from './moderator.ts';
import { permittedState, permittedTracks } from './permitted-media.ts';
import { reconnectionStep } from './reconnection.ts';
import { NOTHING_SHOWN, NO_BLOCKS, Roster } from './roster.ts';
import { ScreenShare } from './screen-share.ts';
import { askBrowser, SfuDevice } from './sfu-device.ts';
import type { EventHandlers, Signalling } from './signalling.ts';
import { SpeakerWatch } from './speaker-watch.ts';
import type { View } from './video-wish.ts';
import { Views, type VideoSource } from './views.ts';
import {
  withUnchangedKept,
  type CallSnapshot,
  type CallStatus,
  type PathStats,
  type RemoteStats,
} from './snapshot.ts';

export interface SessionOptions {
  callId: string;
  displayName: string | undefined;
  media: LocalMedia;
  /** Whether the camera is sent to a media server in several sizes. */
  simulcast: boolean;
  signalling: Signalling;
  /** There is a new snapshot. */
  changed: () => void;
}

/** How long after the join the browser is asked what a switch will need, milliseconds. */
const WARM_UP_AFTER_MS = 2_000;
/** Pause before the gateway is asked again how things stand, milliseconds. */
const RESYNC_RETRY_MS = 1_000;
/** How long a connection that may be dead has to answer before another one is opened, milliseconds. */
const PROOF_OF_LIFE_MS = 4_000;

/** The first request of a session, and of each of its resumptions. */
export function joinRequest(
  { callId, displayName, media }: Pick<SessionOptions, 'callId' | 'displayName' | 'media'>,
  resume?: JoinRequest['resume'],
): JoinRequest {
  return {
    callId,
    media: media.state,
    clientInfo: { sdk: 'crossfade-client', browser: navigator.userAgent.slice(0, 256) },
    ...(displayName !== undefined && { displayName }),
    ...(resume ? { resume } : { transports: true }),
  };
}

const JOINED: CallStatus = { kind: 'joined' };

export class Session {
  readonly #options: SessionOptions;
  readonly #roster = new Roster();
  readonly #device = new SfuDevice();
  readonly #views: Views;
  readonly #speakers: SpeakerWatch;
  readonly #stopHearing: () => void;
  readonly captions: Captions;
  readonly chat: Chat;
  readonly moderator: Moderator;
  readonly floor: Floor;
  readonly screen: ScreenShare;
  #joined: JoinAnswer;
  #crossfade: Crossfade;
  #status: CallStatus = JOINED;
  /** Whether the gateway can be reached, and has told how things stand. */
  #inStep = true;
  /** Whether this is a new participant in place of one that the gateway had given up. */
  #rejoined = false;
  #self: Participant | undefined;
  #activeSpeaker: string | null = null;
  #locked = false;
  /** What is sent: the same object as long as nothing about it changes. */
  #sent: Participant['media'] = NOTHING_SENT;
  /** What the gateway was last told is being sent. */
  #announced: Participant['media'];
  #announcing = false;
  /** Until the media server says otherwise: nobody must wait for media that are not allowed. */
  #maySend = true;
  #resyncing = false;
  /** Whether there are paths. */
  #started = false;
  #snapshot: CallSnapshot;

  /** Takes over a connection that has joined, and hears what came since. */
  constructor(options: SessionOptions, joined: JoinAnswer, announced: Participant['media']) {
    this.#options = options;
    this.#announced = announced;
    const { signalling, media } = options;
    this.captions = new Captions((participantId) => this.#nameOf(participantId));
    this.chat = new Chat(options.callId, signalling.request);
    this.moderator = new Moderator(options.callId, signalling.request);
    this.floor = new Floor({
      callId: options.callId,
      selfId: () => this.#joined.participantId,
      request: signalling.request,
      changed: () => this.#floorChanged(),
    });
    this.screen = new ScreenShare({
      changed: () => this.#mediaChanged(),
      hindrance: () => (!this.#maySend ? 'forbidden' : this.#blocked().includes('screen') ? 'blocked' : null),
    });
    this.#joined = joined;
    this.#takeRoster(joined);
    this.#views = new Views(document, () => {
      if (this.#started) this.#crossfade.viewsChanged();
    });
    this.#crossfade = this.#createCrossfade(joined);
    this.#snapshot = this.#compose();
    this.#crossfade.start(joined);
    this.#started = true;
    this.#crossfade.syncLocal();

    const stopMedia = media.subscribe(() => this.#mediaChanged());
    const pageGoes = () => this.#end({ kind: 'ended', reason: 'left' }, true);
    window.addEventListener('pagehide', pageGoes);
    const stopWatching = watchAwakening((how) => this.#woke(how));
    const warmUp = setTimeout(askBrowser, WARM_UP_AFTER_MS);
    const quality = new QualityWatch({
      others: () => this.#roster.others(),
      shown: (participantId) => this.#roster.shown(participantId),
      tell: (participantId, judgement) => {
        this.#roster.judge(participantId, judgement);
        this.#changed();
      },
    });
    this.#speakers = new SpeakerWatch({
      others: () => this.#roster.others(),
      shown: (participantId) => this.#roster.shown(participantId),
      changed: (speaker) => {
        this.#activeSpeaker = speaker;
        this.#views.speaks(speaker);
        this.#changed();
      },
    });
    const load = new LoadWatch({
      receivers: () => this.#videosFromServer(),
      changed: (relief) => this.#views.relieve(relief),
    });
    this.#stopHearing = () => {
      clearTimeout(warmUp);
      quality.close();
      this.#speakers.close();
      load.close();
      this.#views.close();
      stopMedia();
      stopWatching();
      window.removeEventListener('pagehide', pageGoes);
    };
    signalling.handle(this.#events(), {
      lost: () => {
        this.#inStep = false;
        this.#crossfade.outOfReach();
        this.#changed();
      },
      reconnected: () => void this.#resync(),
      refused: (error) => this.#end({ kind: 'ended', reason: 'failed', error }),
    });
    signalling.release();
    this.#blocksChanged(NO_BLOCKS);
    void this.#announce();
  }

  get snapshot(): CallSnapshot {
    return this.#snapshot;
  }

  async leave(): Promise<void> {
    if (this.#status.kind === 'ended') return;
    const { signalling, callId } = this.#options;
    const left = signalling.request('call:leave', { callId });
    this.#end({ kind: 'ended', reason: 'left' }, false, left);
    // Whether or not it arrives: a client that is gone for long is taken out.
    await left.catch(() => undefined);
  }

  setView(participantId: string, source: VideoSource, view: View | null): void {
    const known = this.#roster.find(participantId) !== null;
    if (known && !this.#hasEnded()) this.#views.set(participantId, source, view);
  }

  async stats(): Promise<PathStats> {
    const { mode, epoch } = this.#crossfade;
    const remotes = await Promise.all(
      this.#roster.others().map(({ participantId }) => this.#remoteStats(participantId)),
    );
    return { at: performance.now(), mode, epoch, remotes };
  }

  get userId(): string {
    return this.#self?.userId ?? '';
  }

  async decisions(): Promise<readonly Decision[]> {
    const { signalling, callId } = this.#options;
    return readDecisions(signalling.url, await signalling.token(), callId);
  }

  #events(): EventHandlers {
    const { callId } = this.#options;
    const here = <E extends { callId: string }>(handle: (event: E) => void) => {
      return (event: E) => {
        if (event.callId === callId && this.#status.kind !== 'ended') handle(event);
      };
    };
    return {
      'call:participant-joined': here(({ participant }) => this.#putParticipant(participant, true)),
      'call:participant-updated': here(({ participant }) => this.#putParticipant(participant, false)),
      'call:participant-left': here(({ participantId }) => {
        this.#roster.remove(participantId);
        this.#views.forget(participantId);
        if (this.#activeSpeaker === participantId) this.#activeSpeaker = null;
        this.#crossfade.participantLeft(participantId);
      }),
      'call:signal': here((event) => this.#crossfade.signal(event)),
      'call:mode-switch': here((event) => this.#crossfade.modeSwitch(event)),
      'call:standby': here(({ standby }) => this.#crossfade.standby(standby)),
      'new-producer': here((event) => this.#crossfade.producerAdded(event)),
      'producer-closed': here(({ producerId }) => this.#crossfade.producerRemoved(producerId)),
      'producer-paused': here((event) => this.#producerPaused(event, true)),
      'producer-resumed': here((event) => this.#producerPaused(event, false)),
      'producer-wanted-layers': here(({ producerId, spatialLayer }) =>
        this.#crossfade.producerWanted(producerId, { wantedSpatialLayer: spatialLayer }),
      ),
      'consumer-closed': here(({ consumerId, producerId }) =>
        this.#crossfade.consumerClosed(consumerId, producerId),
      ),
      'consumer-layers-changed': here(({ consumerId, producerId, layers }) =>
        this.#crossfade.layersChanged(consumerId, producerId, layers),
      ),
      // Nothing in this SDK depends on these; whoever wants them listens to the socket.
      'consumer-score': here(() => undefined),
      'active-speaker': here(() => undefined),
      'audio-levels': here(({ levels }) => this.#speakers.told(levels)),
      'floor:granted': here((event) => this.floor.granted(event)),
      'floor:taken': here((event) => this.floor.taken(event)),
      'floor:idle': here((event) => this.floor.idle(event)),
      'floor:denied': here((event) => this.floor.denied(event)),
      'floor:revoked': here((event) => this.floor.revoked(event)),
      'call:updated': here(({ locked, policy }) => {
        this.#locked = locked;
        if (policy.requires?.includes('push-to-talk') !== true) this.floor.gone();
        this.#changed();
      }),
      'call:transcription': here((event) => this.captions.received(event)),
      'chat:message': here((message) => this.chat.received(message)),
      'call:ended': here(({ reason, message }) => {
        const removed = reason === 'removed';
        const why = removed ? 'removed' : 'ended';
        this.#end(
          { kind: 'ended', reason: why, ...(removed && message !== undefined && { message }) },
          false,
          this.moderator.ending,
        );
      }),
      'session:replaced': here(() => this.#end({ kind: 'ended', reason: 'replaced' })),
    };
  }

  #nameOf(participantId: string): string {
    const someone = [this.#self, ...this.#roster.others()].find(
      (each) => each?.participantId === participantId,
    );
    return someone?.displayName ?? '';
  }

  #producerPaused({ producerId, by }: { producerId: string; by: 'owner' | 'server' }, paused: boolean): void {
    if (by === 'server') this.#crossfade.producerWanted(producerId, { pausedByServer: paused });
    else this.#crossfade.producerPaused(producerId, paused);
  }

  #putParticipant(participant: Participant, joined: boolean): void {
    if (participant.participantId === this.#joined.participantId) this.#putSelf(participant);
    else this.#roster.put(participant);
    this.#crossfade.participantsChanged(joined);
  }

  /** What a moderator has just taken is switched off: so it stops on every path, and stays off when it is given back. */
  #putSelf(participant: Participant): void {
    const before = this.#blocked();
    this.#self = participant;
    this.#blocksChanged(before);
  }

  #blocksChanged(before: readonly Blockable[]): void {
    const { media } = this.#options;
    const blocked = this.#blocked();
    const taken = blocked.filter((kind) => !before.includes(kind));
    if (taken.includes('audio')) media.setMicrophone(false);
    if (taken.includes('video')) media.setCamera(false);
    if (taken.includes('screen')) this.screen.stop();
    if (taken.length > 0 || before.length !== blocked.length) this.#mediaChanged();
  }

  #blocked(): readonly Blockable[] {
    return this.#self?.blocked ?? NO_BLOCKS;
  }

  #takeRoster({ participants, participantId, locked, floor }: JoinAnswer): string[] {
    this.floor.joined(floor);
    this.#locked = locked ?? false;
    this.#self = participants.find((each) => each.participantId === participantId);
    return this.#roster.replaceAll(participants.filter((each) => each.participantId !== participantId));
  }

  #createCrossfade(joined: JoinAnswer, anew = false): Crossfade {
    const { callId, media, simulcast, signalling } = this.#options;
    return new Crossfade(
      {
        callId,
        local: permittedTracks(
          media,
          this.screen,
          () => this.#blocked(),
          () => ({ silent: this.#mustBeSilent(), floor: this.floor.view !== null }),
        ),
        simulcast,
        roster: this.#roster,
        views: this.#views,
        device: this.#device,
        request: signalling.request,
        build: buildPath,
        changed: () => this.#changed(),
        barred: () => {
          this.#maySend = false;
          this.screen.stop();
          this.#mediaChanged();
        },
        outOfStep: () => void this.#resync(),
      },
      joined,
      anew,
    );
  }

  /** What others are told to expect, and what goes straight to them, depends on who may speak. */
  #floorChanged(): void {
    // While the session is being made there is nothing yet to tell.
    if (this.#started) this.#mediaChanged();
  }

  /** A media server lets nobody through but who has the floor; where there is none, each holds themselves back. */
  #mustBeSilent(): boolean {
    const { view } = this.floor;
    if (view === null || view.self === 'speaking' || !this.#started) return false;
    return this.#crossfade.mode === 'p2p' && this.#crossfade.switchingTo !== 'sfu';
  }

  /** What may have broken while nobody looked is found now, rather than when the first timer runs out. */
  #woke(how: Awakening): void {
    if (this.#hasEnded()) return;
    if (!this.#options.signalling.connected) this.#options.signalling.reconnect();
    else if (how === 'doubt') this.#askForProof();
    this.#crossfade.lookAgain(how === 'doubt');
  }

  /** A connection whose other end is gone looks like one that has nothing to say: it is asked. */
  #askForProof(): void {
    const { signalling } = this.#options;
    const limit = setTimeout(() => {
      if (!this.#hasEnded() && signalling.connected) signalling.reconnect();
    }, PROOF_OF_LIFE_MS);
    const answered = () => clearTimeout(limit);
    this.#resync().then(answered, answered);
  }

  /** Asks the gateway how things stand, as the same session, and catches up. */
  async #resync(): Promise<void> {
    const { signalling } = this.#options;
    if (this.#resyncing || this.#status.kind === 'ended' || !signalling.connected) return;
    this.#resyncing = true;
    signalling.hold();
    const { participantId, sessionId } = this.#joined;
    const announced = this.#announcement();
    try {
      const answer = await signalling.request('call:join', {
        ...joinRequest(this.#options, { participantId, sessionId }),
        media: announced,
      });
      if (this.#hasEnded()) return;
      this.#announced = announced;
      this.#catchUp(answer);
      this.#resyncing = false;
      this.#inStep = true;
      this.#changed();
      signalling.release();
      void this.#announce();
    } catch (error) {
      this.#resyncing = false;
      if (error instanceof CodedError && !error.retryable) {
        this.#end({ kind: 'ended', reason: 'failed', error });
      } else {
        // If the connection is lost again, the next one asks.
        setTimeout(() => void this.#resync(), RESYNC_RETRY_MS);
      }
    }
  }

  #catchUp(answer: JoinAnswer): void {
    const before = this.#joined.participantId;
    const blocked = this.#blocked();
    this.#joined = answer;
    if (answer.participantId !== before) {
      // The gateway had given this participant up: a new one joined, for whom nothing of the old holds.
      this.#crossfade.close();
      // Who is still there keeps the stream that applications have bound.
      for (const { participantId } of this.#roster.others()) this.#roster.show(participantId, NOTHING_SHOWN);
      for (const participantId of this.#takeRoster(answer)) this.#views.forget(participantId);
      this.#crossfade = this.#createCrossfade(answer, true);
      this.#rejoined = true;
      this.#crossfade.start(answer);
      this.#blocksChanged(blocked);
      return;
    }
    const gone = this.#takeRoster(answer);
    for (const participantId of gone) {
      this.#views.forget(participantId);
      this.#crossfade.participantLeft(participantId);
    }
    this.#crossfade.resume(answer);
    this.#blocksChanged(blocked);
  }

  #mediaChanged(): void {
    this.#crossfade.syncLocal();
    void this.#announce();
    this.#changed();
  }

  /** Tells the gateway what is being sent, until it knows the newest. */
  async #announce(): Promise<void> {
    const { signalling, callId } = this.#options;
    if (this.#announcing) return;
    this.#announcing = true;
    try {
      while (this.#inStep && !this.#hasEnded() && !same(this.#announced, this.#announcement())) {
        const state = this.#announcement();
        await signalling.request('call:update', { callId, media: state });
        this.#announced = state;
      }
    } catch {
      // Out of step or disconnected: the next resumption tells it.
    } finally {
      this.#announcing = false;
    }
  }

  /** Peer-to-peer there is one size, and what is not shown does not come. */
  #videosFromServer(): RTCRtpReceiver[] {
    return this.#roster
      .others()
      .filter(({ participantId }) => this.#views.wishFor(participantId, 'camera').kind === 'picture')
      .map(({ participantId }) => this.#roster.shown(participantId))
      .filter(({ path }) => path === 'sfu')
      .flatMap(({ tracks }) => (tracks.video ? [tracks.video.receiver] : []));
  }

  #sending(): Participant['media'] {
    const { media } = this.#options;
    const state = { ...media.state, screen: this.screen.stream !== null };
    const sent = this.#maySend ? permittedState(state, this.#blocked()) : NOTHING_SENT;
    if (!same(sent, this.#sent)) this.#sent = sent;
    return this.#sent;
  }

  /** In a call of push-to-talk nobody waits for anybody's sound: whom to hear is told by the floor. */
  #announcement(): Participant['media'] {
    const sending = this.#sending();
    return this.floor.view === null ? sending : { ...sending, audio: false };
  }

  async #remoteStats(participantId: string): Promise<RemoteStats> {
    const { path, tracks } = this.#roster.shown(participantId);
    const read = async (receiver: RTCRtpReceiver | undefined) =>
      receiver ? readReceiverStats(await receiver.getStats()) : null;
    const [video, audio, screen] = await Promise.all(
      [tracks.video, tracks.audio, tracks.screen].map((track) => read(track?.receiver)),
    );
    return {
      participantId,
      path,
      rttMs: video?.rttMs ?? audio?.rttMs ?? null,
      relayed: video?.relayed ?? audio?.relayed ?? null,
      video: video?.video ?? null,
      audio: audio?.audio ?? null,
      screen: screen?.video ?? null,
    };
  }

  /**
   * @param tell whether the gateway has to be told that this participant leaves
   * @param after what the connection is still needed for
   */
  #end(status: Extract<CallStatus, { kind: 'ended' }>, tell = false, after?: Promise<unknown>): void {
    if (this.#hasEnded()) return;
    const { signalling, callId } = this.#options;
    if (tell) signalling.sendLast('call:leave', { callId });
    this.#status = status;
    this.#stopHearing();
    this.screen.close();
    this.#crossfade.close();
    this.#roster.replaceAll([]);
    const close = () => signalling.close();
    if (after) after.then(close, close);
    else close();
    this.#changed();
  }

  #hasEnded(): boolean {
    return this.#status.kind === 'ended';
  }

  #review(): CallStatus {
    if (this.#hasEnded()) return this.#status;
    const { pathLost, links } = this.#crossfade.standing;
    if (!pathLost) this.#rejoined = false;
    const step = reconnectionStep({ inStep: this.#inStep, rejoined: this.#rejoined, pathLost, links });
    if (step === null) return JOINED;
    const before = this.#status;
    // The same object as long as nothing changes.
    return before.kind === 'reconnecting' && before.step === step ? before : { kind: 'reconnecting', step };
  }

  #changed(): void {
    const snapshot = withUnchangedKept(this.#snapshot, this.#compose());
    // A path tells of every step it takes; most change nothing that an application sees.
    if (snapshot === this.#snapshot) return;
    this.#snapshot = snapshot;
    this.#options.changed();
  }

  #compose(): CallSnapshot {
    const { media, callId, displayName } = this.#options;
    const { mode, epoch, switchingTo, sfu } = this.#crossfade;
    this.#status = this.#review();
    return {
      status: this.#status,
      callId,
      participantId: this.#joined.participantId,
      mode,
      switchingTo,
      epoch,
      sfu: this.#hasEnded() ? null : sfu,
      locked: this.#locked,
      floor: this.floor.view,
      local: {
        displayName: this.#self?.displayName ?? displayName ?? '',
        stream: media.stream,
        screen: this.screen.stream,
        media: this.#sending(),
        blocked: this.#blocked(),
      },
      activeSpeaker: this.#activeSpeaker,
      remotes: this.#roster.remotes(),
    };
  }
}

const NOTHING_SENT: Participant['media'] = { audio: false, video: false, screen: false };

function same(a: Participant['media'], b: Participant['media']): boolean {
  return a.audio === b.audio && a.video === b.video && a.screen === b.screen;
}
