/**
 * The requests of `/ws`, as requests to the same core that Socket.IO's clients have. What a light client is spared: the
 * epoch goes with the transport, and what is consumed is resumed.
 */
import { CodedError, parseOrThrow, type ErrorCode } from '@crossfade/shared/errors';
import {
  pttRequests,
  type PttAnswer,
  type PttDenial,
  type PttRequest,
  type PttRequestName,
} from '@crossfade/shared/ptt';
import type { ClientAnswer, ClientRequest, ClientRequestName } from '@crossfade/shared/signalling';
import type { Channels } from './channels.ts';

/** Transports of one connection of which the room is remembered: a call takes two, and every room anew. */
const MAX_TRANSPORTS = 64;

/** Carries out a request of the core. */
export type Ask = <N extends ClientRequestName>(
  name: N,
  request: ClientRequest<N>,
) => Promise<ClientAnswer<N>>;

/** What a request is answered: as it is meant, or that one may not speak. */
export type Answer =
  | { readonly type: PttRequestName; readonly data: object }
  | { readonly type: 'ptt_denied'; readonly data: PttDenial };

/** Requests that have one kind of answer. */
type Answered = Exclude<PttRequestName, 'ptt_start'>;
type Handlers = { [N in Answered]: (request: PttRequest<N>) => Promise<PttAnswer<N>> | PttAnswer<N> };

/** Answers the requests of one connection. */
export class PttRequests {
  readonly #ask: Ask;
  readonly #admit: () => Promise<void>;
  readonly #channels: Pick<Channels, 'stateOf' | 'roomOf'>;
  readonly #isIn: (callId: string) => boolean;
  readonly #handlers: Handlers;
  /** The epoch of the room each transport is in. */
  readonly #epochs = new Map<string, number>();

  /**
   * @param admit counts a request that is answered without the core; throws CodedError `rate-limited`
   * @param isIn whether the connection speaks for somebody in that call
   */
  constructor(
    ask: Ask,
    admit: () => Promise<void>,
    channels: Pick<Channels, 'stateOf' | 'roomOf'>,
    isIn: (callId: string) => boolean,
  ) {
    this.#ask = ask;
    this.#admit = admit;
    this.#channels = channels;
    this.#isIn = isIn;
    this.#handlers = this.#createHandlers();
  }

  /** @throws CodedError why it is refused */
  async answer(name: PttRequestName, data: unknown): Promise<Answer> {
    if (name === 'ptt_start') return this.#start(parseOrThrow(pttRequests.ptt_start.request, data));
    return { type: name, data: await this.#answered(name, data) };
  }

  async #answered<N extends Answered>(name: N, data: unknown): Promise<PttAnswer<N>> {
    const request = parseOrThrow(pttRequests[name].request, data) as PttRequest<N>;
    return this.#handlers[name](request);
  }

  async #start({ channelId, priority, queue }: PttRequest<'ptt_start'>): Promise<Answer> {
    const { denied, retryAfterMs, ...floor } = await this.#ask('floor:request', {
      callId: channelId,
      ...(priority !== undefined && { priority }),
      ...(queue !== undefined && { queue }),
    });
    if (denied === undefined) return { type: 'ptt_start', data: { channelId, ...floor } };
    const later = retryAfterMs !== undefined && { retryAfterMs };
    return { type: 'ptt_denied', data: { channelId, reason: denied, ...later } };
  }

  #createHandlers(): Handlers {
    const ask = this.#ask;
    return {
      join_channel: async ({ channelId, displayName, clientInfo, resume }) => {
        const joined = await ask('call:join', {
          callId: channelId,
          ...(displayName !== undefined && { displayName }),
          ...(clientInfo && { clientInfo }),
          ...(resume && { resume }),
        });
        const { participantId, sessionId, iceServers } = joined;
        return { channelId, participantId, sessionId, iceServers, state: this.#channels.stateOf(channelId) };
      },
      leave_channel: ({ channelId }) => ask('call:leave', { callId: channelId }),
      channel_state: async ({ channelId }) => {
        await this.#admit();
        this.#mustBeIn(channelId);
        return this.#channels.stateOf(channelId);
      },
      get_router_capabilities: async ({ channelId }) => {
        await this.#admit();
        this.#mustBeIn(channelId);
        const { epoch, rtpCapabilities } = this.#channels.roomOf(channelId);
        return { epoch, rtpCapabilities };
      },
      create_transport: async ({ channelId, direction, forceTcp }) => {
        this.#mustBeIn(channelId);
        const { epoch } = this.#channels.roomOf(channelId);
        const made = await ask('media:create-transport', { callId: channelId, epoch, direction, forceTcp });
        const { id, iceParameters, iceCandidates, dtlsParameters } = made;
        this.#remember(id, epoch);
        return { id, epoch, iceParameters, iceCandidates, dtlsParameters };
      },
      connect_transport: ({ channelId, transportId, dtlsParameters }) =>
        ask('media:connect-transport', { ...this.#over(channelId, transportId), dtlsParameters }),
      produce: ({ channelId, transportId, kind, rtpParameters }) =>
        ask('media:produce', {
          ...this.#over(channelId, transportId),
          kind,
          rtpParameters,
          source: 'microphone',
        }),
      consume: async ({ channelId, transportId, producerId, producerIds, rtpCapabilities }) => {
        const over = this.#over(channelId, transportId);
        const made = await ask('media:consume', { ...over, producerId, producerIds, rtpCapabilities });
        if (!('consumers' in made)) {
          await this.#resume(over, made.id);
          return made;
        }
        const outcomes = await Promise.allSettled(made.consumers.map(({ id }) => this.#resume(over, id)));
        // Who has gone meanwhile, or cannot be resumed, is named; the others flow.
        const failed = made.consumers.flatMap(({ producerId: id }, i) => {
          const outcome = outcomes[i];
          return outcome?.status === 'rejected' ? [{ producerId: id, code: codeOf(outcome.reason) }] : [];
        });
        const consumers = made.consumers.filter((_, i) => outcomes[i]?.status === 'fulfilled');
        return { consumers, refused: [...made.refused, ...failed] };
      },
      ptt_stop: async ({ channelId, fence }) => {
        await ask('floor:release', { callId: channelId, ...(fence !== undefined && { fence }) });
        return {};
      },
    };
  }

  /** What stands in requests over a transport. One that this connection has not made is taken to be in the channel's room. */
  #over(channelId: string, transportId: string): { callId: string; epoch: number; transportId: string } {
    this.#mustBeIn(channelId);
    const epoch = this.#epochs.get(transportId) ?? this.#channels.roomOf(channelId).epoch;
    return { callId: channelId, epoch, transportId };
  }

  #mustBeIn(channelId: string): void {
    if (!this.#isIn(channelId)) throw new CodedError('not-joined');
  }

  async #resume({ callId, epoch }: { callId: string; epoch: number }, consumerId: string): Promise<void> {
    await this.#ask('media:resume-consumer', { callId, epoch, consumerId });
  }

  #remember(transportId: string, epoch: number): void {
    const [oldest] = this.#epochs.keys();
    if (this.#epochs.size >= MAX_TRANSPORTS && oldest !== undefined) this.#epochs.delete(oldest);
    this.#epochs.set(transportId, epoch);
  }
}

function codeOf(error: unknown): ErrorCode {
  return error instanceof CodedError ? error.code : 'internal';
}
