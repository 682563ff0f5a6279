/** A peer connection for tests: the signalling states of the standard, sections that are opened and closed, and no network. */

interface FakeDescription {
  type: 'offer' | 'answer';
  sdp: string;
}

export interface FakeTransceiver {
  receiver: { track: { kind: string } };
  sender: { track: object | null };
  direction: string;
  stop: () => void;
}

let serial = 0;

export class FakePeerConnection {
  signalingState: 'stable' | 'have-local-offer' | 'have-remote-offer' = 'stable';
  connectionState = 'new';
  localDescription: FakeDescription | null = null;
  remoteDescription: FakeDescription | null = null;
  closed = false;
  readonly candidates: string[] = [];
  /** How often the own offer was taken back. */
  rollbacks = 0;
  onnegotiationneeded: (() => void) | null = null;
  onicecandidate: ((event: { candidate: RTCIceCandidate | null }) => void) | null = null;
  ontrack: ((event: { receiver: object; transceiver: FakeTransceiver }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  #needed = false;
  #transceivers: FakeTransceiver[] = [];

  addTransceiver(
    trackOrKind: string | { kind: string },
    { direction }: { direction: string },
  ): FakeTransceiver {
    const track = typeof trackOrKind === 'string' ? null : trackOrKind;
    const made = this.#add(track ? track.kind : (trackOrKind as string), direction, track);
    this.#need();
    return made;
  }

  /** The other end has opened a section. */
  open(kind: string): void {
    const transceiver = this.#add(kind, 'recvonly', null);
    this.ontrack?.({ receiver: transceiver.receiver, transceiver });
  }

  getTransceivers() {
    return this.#transceivers;
  }

  restartIce(): void {
    this.#need();
  }

  async setLocalDescription(): Promise<void> {
    await Promise.resolve();
    serial += 1;
    if (this.signalingState === 'have-remote-offer') {
      this.localDescription = { type: 'answer', sdp: `answer ${String(serial)}` };
      this.#become('stable');
    } else {
      this.localDescription = { type: 'offer', sdp: `offer ${String(serial)}` };
      this.#needed = false;
      this.#become('have-local-offer');
    }
  }

  async setRemoteDescription(description: FakeDescription): Promise<void> {
    await Promise.resolve();
    if (description.type === 'answer') {
      if (this.signalingState !== 'have-local-offer') throw new Error('There is no offer to answer.');
      this.remoteDescription = description;
      this.#become('stable');
      return;
    }
    if (this.signalingState === 'have-local-offer') {
      this.rollbacks += 1;
      // What the offer was for is still needed.
      this.#needed = true;
    }
    this.remoteDescription = description;
    if (this.#transceivers.length === 0) {
      this.open('audio');
      this.open('video');
    }
    this.#become('have-remote-offer');
  }

  async addIceCandidate(candidate?: { candidate: string }): Promise<void> {
    await Promise.resolve();
    if (!this.remoteDescription) throw new Error('There is no remote description.');
    this.candidates.push(candidate?.candidate ?? 'end');
  }

  close(): void {
    this.closed = true;
  }

  /** What ICE and DTLS come to. */
  reach(connectionState: string): void {
    this.connectionState = connectionState;
    this.onconnectionstatechange?.();
  }

  #add(kind: string, direction: string, track: object | null): FakeTransceiver {
    const sender = {
      track,
      setStreams: () => undefined,
      replaceTrack: (next: object | null) => {
        sender.track = next;
        return Promise.resolve();
      },
    };
    const transceiver: FakeTransceiver = {
      receiver: { track: { kind } },
      sender,
      direction,
      stop: () => {
        this.#transceivers = this.#transceivers.filter((each) => each !== transceiver);
        this.#need();
      },
    };
    this.#transceivers.push(transceiver);
    return transceiver;
  }

  #need(): void {
    this.#needed = true;
    queueMicrotask(() => this.#askForNegotiation());
  }

  #become(state: FakePeerConnection['signalingState']): void {
    this.signalingState = state;
    queueMicrotask(() => this.#askForNegotiation());
  }

  #askForNegotiation(): void {
    if (this.#needed && this.signalingState === 'stable' && !this.closed) this.onnegotiationneeded?.();
  }
}
