/** One scripted person: speaks the gateway's signalling, has no media, and agrees to every mode switch. */
import { io } from 'socket.io-client';

/** Nothing the gateway answers or announces takes longer, milliseconds. */
const LIMIT_MS = 8_000;

/** What failed, as a short code for the report's list of errors. */
export class CallError extends Error {
  /**
   * @param {string} code
   * @param {string} [message]
   */
  constructor(code, message = code) {
    super(message);
    this.name = 'CallError';
    this.code = code;
  }
}

/**
 * @typedef {object} JoinAnswer
 * @property {string} participantId
 * @property {'p2p' | 'sfu'} mode
 * @property {number} epoch
 * @property {{ transitionId: string }} [transition]
 */

export class Participant {
  #socket;
  #callId;
  /** @type {Set<() => void>} */
  #waiting = new Set();
  /** @type {{ name: string, payload: any }[]} */
  #events = [];
  /** The mode switches it has agreed to; the joiner learns of one twice. */
  #agreed = new Set();
  /** Told how long each acknowledgement took. */
  #onAnswered;
  participantId = '';
  /** @type {'p2p' | 'sfu' | undefined} */
  mode;
  epoch = 0;

  /**
   * @param {import('socket.io-client').Socket} socket
   * @param {string} callId
   * @param {(ms: number) => void} onAnswered
   */
  constructor(socket, callId, onAnswered) {
    this.#socket = socket;
    this.#callId = callId;
    this.#onAnswered = onAnswered;
    socket.onAny((name, payload) => {
      this.#events.push({ name, payload });
      if (name === 'call:mode-switch') this.#onModeSwitch(payload);
      this.#look();
    });
    socket.on('disconnect', () => this.#look());
  }

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {string} options.token
   * @param {string} options.callId
   * @param {(ms: number) => void} options.onAnswered
   */
  static async connect({ url, token, callId, onAnswered }) {
    const socket = io(url, {
      transports: ['websocket'],
      auth: { token },
      reconnection: false,
      // Each person is a connection of their own.
      forceNew: true,
      timeout: LIMIT_MS,
    });
    const participant = new Participant(socket, callId, onAnswered);
    await new Promise((resolve, reject) => {
      socket.once('connect', () => resolve(undefined));
      socket.once('connect_error', (error) => {
        socket.disconnect();
        const { code } = /** @type {{ data?: { code?: string } }} */ (error).data ?? {};
        reject(new CallError(`connect.${code ?? 'failed'}`, error.message));
      });
    });
    return participant;
  }

  async join() {
    /** @type {JoinAnswer} */
    const answer = await this.request('call:join', { media: { audio: true, video: true, screen: false } });
    this.participantId = answer.participantId;
    // A commit that came before the answer counts.
    if (answer.epoch >= this.epoch) {
      this.epoch = answer.epoch;
      this.mode = answer.mode;
    }
    if (answer.transition) this.#agree(answer.transition.transitionId);
  }

  /**
   * An offer to another participant.
   *
   * @param {Participant} other
   * @param {'offer' | 'answer'} type
   * @param {string} sdp
   */
  async signal(other, type, sdp) {
    const delivered = other.#event(
      'call:signal',
      ({ from, description }) => from === this.participantId && description?.sdp === sdp,
    );
    const acknowledged = this.request('call:signal', {
      to: other.participantId,
      epoch: this.epoch,
      description: { type, sdp },
    });
    await Promise.all([delivered, acknowledged]);
  }

  /**
   * Until the call runs in this mode.
   *
   * @param {'p2p' | 'sfu'} mode
   */
  settled(mode) {
    return this.#until(() => this.mode === mode || undefined, `no-switch-to-${mode}`);
  }

  /**
   * @param {string} name
   * @param {Record<string, unknown>} [payload]
   * @returns {Promise<any>} What the acknowledgement carries.
   */
  async request(name, payload = {}) {
    const start = performance.now();
    const answer = await this.#socket
      .timeout(LIMIT_MS)
      .emitWithAck(name, { callId: this.#callId, ...payload })
      .catch(() => {
        throw new CallError(`${name}.no-answer`);
      });
    this.#onAnswered(performance.now() - start);
    if (!answer.ok) throw new CallError(`${name}.${answer.error.code}`, answer.error.message);
    return answer;
  }

  close() {
    this.#socket.disconnect();
  }

  /** @param {any} message */
  #onModeSwitch({ phase, transitionId, mode, epoch }) {
    if (phase === 'prepare') this.#agree(transitionId);
    if (phase === 'commit' && epoch >= this.epoch) {
      this.epoch = epoch;
      this.mode = mode;
    }
  }

  /** @param {string} transitionId */
  #agree(transitionId) {
    if (this.#agreed.has(transitionId)) return;
    this.#agreed.add(transitionId);
    // It may be over by now; whoever waits for the commit learns that.
    this.request('call:mode-switched', { transitionId, success: true }).catch(() => undefined);
  }

  /**
   * The first event of this name that satisfies the condition, past or to come.
   *
   * @param {string} name
   * @param {(payload: any) => boolean} condition
   */
  #event(name, condition) {
    return this.#until(
      () => this.#events.find((event) => event.name === name && condition(event.payload)),
      `${name}.not-delivered`,
    );
  }

  /**
   * @template T
   * @param {() => T | undefined} find
   * @param {string} failure
   * @returns {Promise<T>}
   */
  #until(find, failure) {
    return new Promise((resolve, reject) => {
      /** @param {() => void} settle */
      const end = (settle) => {
        clearTimeout(limit);
        this.#waiting.delete(look);
        settle();
      };
      const look = () => {
        const found = find();
        if (found !== undefined) end(() => resolve(found));
        else if (!this.#socket.connected) end(() => reject(new CallError('disconnected')));
      };
      const limit = setTimeout(() => end(() => reject(new CallError(failure))), LIMIT_MS);
      this.#waiting.add(look);
      look();
    });
  }

  #look() {
    for (const look of [...this.#waiting]) look();
  }
}
