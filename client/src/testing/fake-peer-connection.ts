/** A peer connection for tests: the signalling states of the standard, two sections, and no network. */

interface FakeDescription {
  type: 'offer' | 'answer';
  sdp: string;
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
  ontrack: (() => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  #needed = false;
  #transceivers: { receiver: object; sender: object; direction: string }[] = [];

  addTransceiver(trackOrKind: string | { kind: string }): void {
    this.#add(typeof trackOrKind === 'string' ? trackOrKind : trackOrKind.kind);
    this.#need();
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
      this.#add('audio');
      this.#add('video');
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

  #add(kind: string): void {
    const sender = {
      track: null,
      setStreams: () => undefined,
      replaceTrack: () => Promise.resolve(),
    };
    this.#transceivers.push({ receiver: { track: { kind } }, sender, direction: 'recvonly' });
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
