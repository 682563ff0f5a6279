/**
 * What connects one transport with its peer: ICE, and DTLS over it. Its transport creates it, ends it with itself, and
 * ends itself when the peer is lost.
 */
import type { Log } from '@crossfade/service/log';
import { inSpan } from '@crossfade/service/tracing';
import { CodedError } from '@crossfade/shared/errors';
import type { DtlsParameters, IceParameters } from '@crossfade/shared/rtp';
import type { DtlsState, IceState, WebRtcTransport } from 'mediasoup/types';
import { Emitter } from '../emitter.ts';
import { ask, checkedByMediasoup } from '../workers/ask.ts';

/** DTLS parameters are taken once; ICE may be restarted any time after. */
type ConnectionState = 'new' | 'connecting' | 'connected' | 'ended';

/**
 * Milliseconds a transport may stay disconnected. Closing it at once would make the ICE restart that repairs it
 * impossible.
 */
const DISCONNECTED_LIMIT_MS = 30_000;

interface ConnectionEvents {
  /** ICE or DTLS has a new state. */
  changed: [];
  /** The peer will not come back. */
  lost: [];
}

export class Connection extends Emitter<ConnectionEvents> {
  readonly #media: WebRtcTransport;
  #state: ConnectionState = 'new';
  #disconnectedTimer: NodeJS.Timeout | undefined;

  constructor(media: WebRtcTransport, log: Log) {
    super(log);
    this.#media = media;
    media.on('icestatechange', (ice) => {
      this.#iceChanged(ice);
    });
    media.on('dtlsstatechange', (dtls) => {
      this.#dtlsChanged(dtls);
    });
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  get ice(): IceState {
    return this.#media.iceState;
  }

  get dtls(): DtlsState {
    return this.#media.dtlsState;
  }

  /**
   * @throws CodedError `transport-already-connected`, also while the first attempt is under way;
   *   `invalid-media-parameters`; `transport-not-found` if it was ended meanwhile
   */
  async connect(parameters: DtlsParameters): Promise<void> {
    if (this.#state !== 'new') throw new CodedError('transport-already-connected');
    this.#state = 'connecting';
    const dtlsParameters = withUpperCase(parameters);
    try {
      await checkedByMediasoup(ask(inSpan('worker connect', () => this.#media.connect({ dtlsParameters }))));
    } catch (error) {
      if (!this.ended) this.#state = 'new';
      throw error;
    }
    this.#mustNotHaveEnded();
    this.#state = 'connected';
  }

  /** @throws CodedError `transport-not-found` if it was ended meanwhile */
  async restartIce(): Promise<IceParameters> {
    const parameters = await ask(inSpan('worker restartIce', () => this.#media.restartIce()));
    this.#mustNotHaveEnded();
    return parameters;
  }

  /** The transport is being closed. */
  end(): void {
    this.#state = 'ended';
    clearTimeout(this.#disconnectedTimer);
  }

  #iceChanged(ice: IceState): void {
    if (this.ended) return;
    clearTimeout(this.#disconnectedTimer);
    if (ice === 'disconnected') {
      this.#disconnectedTimer = setTimeout(() => {
        this.emit('lost');
      }, DISCONNECTED_LIMIT_MS);
      this.#disconnectedTimer.unref();
    }
    this.emit('changed');
  }

  #dtlsChanged(dtls: DtlsState): void {
    if (this.ended) return;
    this.emit('changed');
    // Neither can be mended: there is one handshake per transport.
    if (dtls === 'failed' || dtls === 'closed') this.emit('lost');
  }

  #mustNotHaveEnded(): void {
    if (this.ended) throw new CodedError('transport-not-found');
  }
}

/** RFC 8122 wants fingerprints in upper case, and the worker compares them letter by letter. */
function withUpperCase({ role, fingerprints }: DtlsParameters): DtlsParameters {
  return {
    ...(role && { role }),
    fingerprints: fingerprints.map(({ algorithm, value }) => ({ algorithm, value: value.toUpperCase() })),
  };
}
