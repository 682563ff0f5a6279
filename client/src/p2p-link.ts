/**
 * The connection to one other participant. Both ends follow the perfect-negotiation pattern: when two offers cross, the
 * polite end takes its own back. To avoid that at the start, only the impolite end makes the first offer, with one
 * audio and one video section that both directions use for good: muting, changing a device or having none at first
 * never negotiates again; only an ICE restart does, and a screen. The first section of each medium is microphone and
 * camera; any other is of a screen, made by whoever shares it, and closed when they stop.
 *
 * Everything that changes the connection's description runs in one queue, in the order it came, so `signalingState`
 * alone tells whether two offers cross. Owned and closed by its path.
 */
import type { SignalEvent } from '@crossfade/shared/signalling';
import type { LocalTracks } from './path.ts';
import { SCREEN_ENCODING } from './screen-share.ts';
import { SCREEN_KINDS, type ScreenKind, type TrackKind } from './track-kinds.ts';

export type LinkSignal = Pick<SignalEvent, 'description' | 'candidate'>;

export type LinkState =
  | 'connecting'
  | 'connected'
  /** It worked and does not at the moment; ICE looks for another way. */
  | 'interrupted'
  /** ICE has given up or took too long; it is being tried again. */
  | 'failed'
  | 'closed';

export interface LinkOptions {
  polite: boolean;
  iceServers: RTCIceServer[];
  local: LocalTracks;
  /** Rejects when the signal did not reach the gateway. */
  send: (signal: LinkSignal) => Promise<unknown>;
  onTrack: (kind: TrackKind, receiver: RTCRtpReceiver) => void;
  onState: (state: LinkState) => void;
  createConnection?: (configuration: RTCConfiguration) => RTCPeerConnection;
}

/** How long a link may be without a connection before it counts as failed, milliseconds. */
const CONNECT_TIMEOUT_MS = 6_000;
/** How long ICE may be `disconnected`, which often heals by itself, before it is restarted, milliseconds. */
const INTERRUPTION_MS = 2_000;
/** How long an offer waits for its answer before it is sent again, milliseconds. */
const ANSWER_TIMEOUT_MS = 1_500;

export class P2pLink {
  readonly connection: RTCPeerConnection;
  readonly #options: LinkOptions;
  /** The sections in which the own screen is sent. */
  readonly #shared = new Map<ScreenKind, RTCRtpTransceiver>();
  #queue: Promise<unknown> = Promise.resolve();
  #waitingCandidates: (RTCIceCandidateInit | null)[] = [];
  /** Set while the other end's offer is being ignored: its candidates cannot be applied then. */
  #ignoring = false;
  #state: LinkState = 'connecting';
  readonly #timers = new Map<'connect' | 'interruption' | 'answer', ReturnType<typeof setTimeout>>();

  constructor(options: LinkOptions) {
    this.#options = options;
    const create = options.createConnection ?? ((configuration) => new RTCPeerConnection(configuration));
    this.connection = create({ iceServers: options.iceServers, bundlePolicy: 'max-bundle' });
    const { connection } = this;
    connection.onnegotiationneeded = () => this.#run(() => this.#offer());
    connection.onicecandidate = ({ candidate }) => {
      // A candidate lost with the signalling connection is in the description that `resume` repeats.
      this.#options.send({ candidate: candidate && toWire(candidate) }).catch(ignore);
    };
    connection.ontrack = ({ receiver, transceiver }) => {
      const medium = mediumOfSection(transceiver);
      const ofPerson = this.#ofPerson().includes(transceiver);
      options.onTrack(ofPerson ? medium : medium === 'video' ? 'screen' : 'screen-audio', receiver);
    };
    connection.onconnectionstatechange = () => this.#connectionChanged();
    this.#after('connect', CONNECT_TIMEOUT_MS, () => this.#become('failed'));
    if (!options.polite) this.#addSections();
  }

  get state(): LinkState {
    return this.#state;
  }

  /** A signal from the other end. */
  receive({ description, candidate }: LinkSignal): void {
    if (description) this.#run(() => this.#describe(description));
    else if (candidate !== undefined) this.#run(() => this.#addCandidate(candidate));
  }

  /** Sends the tracks there are now. */
  syncLocal(): void {
    for (const transceiver of this.#ofPerson()) {
      const track = this.#options.local.track(mediumOfSection(transceiver));
      if (transceiver.sender.track !== track) void transceiver.sender.replaceTrack(track).catch(ignore);
    }
    this.#syncScreen();
  }

  /** The signalling connection is back: repeats an offer that may be lost, and looks for a way if there is none. */
  resume(): void {
    this.#run(() => this.#repeatOffer());
    if (this.#state !== 'connected' && this.connection.remoteDescription) this.connection.restartIce();
  }

  /**
   * Looks for a way at once if there is none.
   * @param doubt even if there seems to be one: the device slept, or has another network
   */
  lookAgain(doubt: boolean): void {
    const lost = this.#state === 'interrupted' || this.#state === 'failed';
    if (this.connection.remoteDescription && (lost || doubt)) this.connection.restartIce();
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    const { connection } = this;
    connection.onnegotiationneeded = null;
    connection.onicecandidate = null;
    connection.ontrack = null;
    connection.onconnectionstatechange = null;
    connection.close();
  }

  #addSections(): void {
    const { local } = this.#options;
    for (const kind of ['audio', 'video'] as const) {
      this.connection.addTransceiver(local.track(kind) ?? kind, {
        direction: 'sendrecv',
        // Both in one stream, so that the other end keeps lips and voice together.
        streams: [local.stream],
      });
    }
    this.#syncScreen();
  }

  /** The sections of microphone and camera: on both ends the first ones. */
  #ofPerson(): RTCRtpTransceiver[] {
    const transceivers = this.connection.getTransceivers();
    return (['audio', 'video'] as const)
      .map((medium) => transceivers.find((each) => mediumOfSection(each) === medium))
      .filter((each) => each !== undefined);
  }

  /** Opens and closes the sections of the own screen; the browser then asks for negotiation. */
  #syncScreen(): void {
    if (this.#state === 'closed' || this.connection.getTransceivers().length === 0) return;
    const { local } = this.#options;
    for (const kind of SCREEN_KINDS) {
      const track = local.track(kind);
      const section = this.#shared.get(kind);
      if (!track) {
        section?.stop();
        this.#shared.delete(kind);
      } else if (!section) {
        const made = this.connection.addTransceiver(track, {
          direction: 'sendonly',
          streams: local.screen ? [local.screen] : [],
          ...(kind === 'screen' && { sendEncodings: [{ ...SCREEN_ENCODING }] }),
        });
        this.#shared.set(kind, made);
      } else if (section.sender.track !== track) void section.sender.replaceTrack(track).catch(ignore);
    }
  }

  async #offer(): Promise<void> {
    // If it is not stable the browser asks for negotiation again once it is.
    if (this.connection.signalingState !== 'stable') return;
    await this.connection.setLocalDescription();
    await this.#sendDescription();
  }

  async #describe(description: NonNullable<LinkSignal['description']>): Promise<void> {
    const { connection } = this;
    const crossing = description.type === 'offer' && connection.signalingState !== 'stable';
    this.#ignoring = crossing && !this.#options.polite;
    if (this.#ignoring) return;
    // An answer to an offer that has been taken back, or to one that was sent twice.
    if (description.type === 'answer' && connection.signalingState !== 'have-local-offer') return;

    // Takes the own offer back first when two cross.
    await connection.setRemoteDescription(description);
    this.#clear('answer');
    const waiting = this.#waitingCandidates;
    this.#waitingCandidates = [];
    for (const candidate of waiting) await this.#addCandidate(candidate);
    if (description.type !== 'offer') return;

    for (const transceiver of this.#ofPerson()) {
      transceiver.direction = 'sendrecv';
      transceiver.sender.setStreams(this.#options.local.stream);
      await transceiver.sender.replaceTrack(this.#options.local.track(mediumOfSection(transceiver)));
    }
    await connection.setLocalDescription();
    await this.#sendDescription();
    // A screen that was shared before there were sections of microphone and camera waits for them.
    this.#syncScreen();
  }

  async #addCandidate(candidate: RTCIceCandidateInit | null): Promise<void> {
    if (!this.connection.remoteDescription) {
      this.#waitingCandidates.push(candidate);
      return;
    }
    try {
      await this.connection.addIceCandidate(candidate ?? undefined);
    } catch (error) {
      if (!this.#ignoring) throw error;
    }
  }

  async #sendDescription(): Promise<void> {
    const description = this.connection.localDescription;
    if (!description) return;
    const { type, sdp } = description;
    if (type === 'offer')
      this.#after('answer', ANSWER_TIMEOUT_MS, () => this.#run(() => this.#repeatOffer()));
    // Not awaited: what comes back must not wait for the acknowledgement. A lost offer is repeated.
    this.#options.send({ description: { type, sdp } }).catch(ignore);
    await Promise.resolve();
  }

  async #repeatOffer(): Promise<void> {
    if (this.connection.signalingState === 'have-local-offer') await this.#sendDescription();
  }

  #connectionChanged(): void {
    switch (this.connection.connectionState) {
      case 'connected':
        this.#clear('connect');
        this.#clear('interruption');
        this.#become('connected');
        break;
      case 'disconnected':
        this.#become('interrupted');
        this.#after('interruption', INTERRUPTION_MS, () => this.connection.restartIce());
        break;
      case 'failed':
        this.#become('failed');
        this.connection.restartIce();
        break;
      case 'new':
      case 'connecting':
      case 'closed':
        break;
    }
  }

  #become(state: LinkState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    this.#options.onState(state);
  }

  /** Runs a step after all before it. A step that fails must not stop those after it. */
  #run(step: () => Promise<void>): void {
    this.#queue = this.#queue
      .then(() => (this.#state === 'closed' ? undefined : step()))
      .catch((error: unknown) => {
        if (this.#state !== 'closed') console.warn('crossfade: a step of a peer connection failed', error);
      });
  }

  #after(name: 'connect' | 'interruption' | 'answer', ms: number, act: () => void): void {
    this.#clear(name);
    this.#timers.set(name, setTimeout(act, ms));
  }

  #clear(name: 'connect' | 'interruption' | 'answer'): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}

function toWire({ candidate, sdpMid, sdpMLineIndex, usernameFragment }: RTCIceCandidate) {
  return { candidate, sdpMid, sdpMLineIndex, usernameFragment };
}

function mediumOfSection(transceiver: RTCRtpTransceiver): 'audio' | 'video' {
  return transceiver.receiver.track.kind === 'audio' ? 'audio' : 'video';
}

function ignore(): void {
  // Deliberately nothing: whoever calls this says why.
}
