/**
 * What a client may ask for, whichever door it comes through: parsed, checked against the call and the token's grants,
 * turned into an event for the call or a request to its media server, and answered.
 */
import { randomUUID } from 'node:crypto';
import { inSpan } from '@crossfade/service/tracing';
import { CodedError, parseOrThrow } from '@crossfade/shared/errors';
import {
  clientRequests,
  type ClientAnswer,
  type ClientRequestName,
  type IceServer,
  type JoinAnswer,
  type MediaState,
  type ParsedRequest,
} from '@crossfade/shared/signalling';
import { allowsCall, type Grants, type UserClaims } from '@crossfade/shared/tokens';
import { visibleText } from '@crossfade/shared/visible-text';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Calls } from '../calls/calls.ts';
import {
  memberOf,
  modeOf,
  publicView,
  roomOf,
  transitionOf,
  type CallPolicy,
  type CallState,
} from '../calls/state.ts';
import { prepareMessage } from '../calls/switch.ts';
import { budgetOf } from '../limits/budgets.ts';
import type { RateLimits } from '../limits/rate-limits.ts';
import type { Acting, MediaServerClient } from '../media-client/http.ts';
import type { MediaServers } from '../nodes/media-servers.ts';
import type { Courier } from './courier.ts';

/** One client's connection. */
export interface Door {
  readonly socketId: string;
  readonly claims: UserClaims;
  /** What limits count its requests by, besides the user. */
  readonly address: string;
  /** Whether the client is still there. */
  isOpen(): boolean;
  /** The participant this socket speaks for, by call. */
  readonly joined: Map<string, string>;
  /** From now on it gets what is sent to this participant and this call. */
  attach(callId: string, participantId: string): void;
  detach(callId: string, participantId: string): void;
}

export interface DispatchOptions {
  /** Of this process; changes with every start. */
  gatewayId: string;
  calls: Calls;
  mediaServers: Pick<MediaServers, 'api' | 'producers'>;
  courier: Courier;
  policy: CallPolicy;
  iceServers: (participantId: string) => IceServer[];
  limits: Pick<RateLimits, 'spend'>;
  audit: Pick<AuditLog, 'answered'>;
  /** Told of each participant that came back. */
  onResumed: () => void;
}

/** How long an answer to a join waits for the room of a switch that is just starting, milliseconds. */
const ROOM_WAIT_MS = 2_500;

type Handlers = {
  [N in ClientRequestName]: (door: Door, request: ParsedRequest<N>) => Promise<ClientAnswer<N>>;
};

export class Dispatch {
  readonly #options: DispatchOptions;
  readonly #handlers: Handlers;

  constructor(options: DispatchOptions) {
    this.#options = options;
    this.#handlers = this.#createHandlers();
  }

  /** @throws CodedError why the request is refused */
  async handle(door: Door, name: string, payload: unknown): Promise<object> {
    if (!Object.hasOwn(clientRequests, name))
      throw new CodedError('route-not-found', 'There is no such request.');
    return inSpan(name, () => this.#admitted(door, name as ClientRequestName, payload));
  }

  /** The socket is gone. */
  async disconnected({ joined, socketId }: Door): Promise<void> {
    await Promise.all(
      [...joined].map(([callId, participantId]) =>
        this.#options.calls.post(callId, { type: 'disconnected', participantId, socketId }),
      ),
    );
  }

  async #admitted(door: Door, name: ClientRequestName, payload: unknown): Promise<object> {
    const { limits, audit } = this.#options;
    const { claims, address, joined } = door;
    await limits.spend(budgetOf(name), { user: claims.sub, address });
    const callId = (payload as { callId?: string } | null | undefined)?.callId ?? '';
    const actor = { userId: claims.sub, participantId: joined.get(callId) };
    try {
      const answer = await this.#answer(door, name, payload);
      audit.answered(actor, name, payload, 'done');
      return answer;
    } catch (error) {
      audit.answered(actor, name, payload, error instanceof CodedError ? error.code : 'internal');
      throw error;
    }
  }

  #answer<N extends ClientRequestName>(door: Door, name: N, payload: unknown): Promise<ClientAnswer<N>> {
    const request = parseOrThrow(clientRequests[name].request, payload) as ParsedRequest<N>;
    return this.#handlers[name](door, request);
  }

  #createHandlers(): Handlers {
    const { calls, courier } = this.#options;
    const done = {};
    return {
      'call:join': (door, request) => this.#join(door, request),
      'call:leave': async (door, { callId }) => {
        const participantId = joinedAs(door, callId);
        await calls.post(callId, { type: 'leave', participantId });
        door.detach(callId, participantId);
        return done;
      },
      'call:update': async (door, { callId, media }) => {
        await calls.post(callId, {
          type: 'update',
          participantId: joinedAs(door, callId),
          media: sent(media, door.claims.grants),
        });
        return done;
      },
      'call:signal': async (door, { callId, to, epoch, ...signal }) => {
        const from = joinedAs(door, callId);
        const state = await this.#stateOf(callId, from);
        const recipient = memberOf(state, to);
        if (!recipient || to === from) throw new CodedError('participant-not-found');
        if (!signalEpochs(state).includes(epoch)) throw new CodedError('stale-epoch');
        courier.send(callId, to, { name: 'call:signal', payload: { callId, from, epoch, ...signal } });
        return done;
      },
      'call:mode-switched': async (door, { callId, transitionId, success, measured }) => {
        const participantId = joinedAs(door, callId);
        await calls.post(
          callId,
          measured
            ? { type: 'measured', participantId, transitionId, gapMs: measured.gapMs }
            : { type: 'confirm', participantId, transitionId, success },
        );
        return done;
      },
      'call:path': async (door, { callId, with: other, state }) => {
        await calls.post(callId, { type: 'path', participantId: joinedAs(door, callId), with: other, state });
        return done;
      },
      'media:create-transport': this.#inRoom((api, acting, { direction, forceTcp, sctp }) =>
        api.createTransport(acting, { direction, forceTcp, sctp, participantId: acting.participantId }),
      ),
      'media:connect-transport': this.#inRoom((api, acting, { transportId, dtlsParameters }) =>
        api.connectTransport(acting, transportId, { dtlsParameters }),
      ),
      'media:restart-ice': this.#inRoom((api, acting, { transportId }) =>
        api.restartIce(acting, transportId),
      ),
      'media:produce': this.#inRoom(
        (api, acting, { transportId, kind, rtpParameters, source, paused }) =>
          api.produce(acting, transportId, { kind, rtpParameters, source, paused }),
        'publish',
      ),
      'media:produce-data': this.#inRoom(
        (api, acting, { transportId, sctpStreamParameters, label, protocol }) =>
          api.produceData(acting, transportId, { sctpStreamParameters, label, protocol }),
        'publish',
      ),
      'media:consume-data': this.#inRoom(
        (api, acting, { transportId, dataProducerId }) =>
          api.consumeData(acting, { transportId, dataProducerId }),
        'subscribe',
      ),
      'media:set-layers': this.#inRoom((api, acting, { consumerId, preferredLayers, priority }) =>
        api.setLayers(acting, consumerId, { preferredLayers, priority }),
      ),
      'media:consume': this.#inRoom(
        (api, acting, { transportId, producerId, producerIds, rtpCapabilities }) =>
          api.consume(acting, {
            transportId,
            rtpCapabilities,
            ...(producerIds ? { producerIds } : { producerId: producerId ?? '' }),
          }),
        'subscribe',
      ),
      'media:resume-consumer': this.#inRoom((api, acting, { consumerId }) =>
        api.resumeConsumer(acting, consumerId),
      ),
      'media:pause-consumer': this.#inRoom((api, acting, { consumerId }) =>
        api.pauseConsumer(acting, consumerId),
      ),
      'media:pause-producer': this.#inRoom((api, acting, { producerId }) =>
        api.pauseProducer(acting, producerId),
      ),
      'media:resume-producer': this.#inRoom((api, acting, { producerId }) =>
        api.resumeProducer(acting, producerId),
      ),
      'media:close-producer': this.#inRoom((api, acting, { producerId }) =>
        api.closeProducer(acting, producerId),
      ),
    };
  }

  async #join(door: Door, request: ParsedRequest<'call:join'>): Promise<JoinAnswer> {
    const { callId, displayName, media, resume } = request;
    const { claims, socketId } = door;
    if (!allowsCall(claims.calls, callId))
      throw new CodedError('forbidden', 'This token is not for that call.');
    const fresh = { participantId: randomUUID(), sessionId: randomUUID(), recordId: randomUUID() };
    const { calls } = this.#options;
    let participantId = '';
    await calls.post(
      callId,
      {
        type: 'join',
        callId,
        socketId,
        gatewayId: this.#options.gatewayId,
        fresh,
        resume: resume ?? null,
        userId: claims.sub,
        // A name of which nothing would be seen is none.
        displayName:
          [displayName, visibleText(claims.name ?? '')].find((name) => name !== undefined && name !== '') ??
          'Guest',
        grants: claims.grants,
        media: sent(media, claims.grants),
        policy: claims.policy ?? {},
      },
      (state) => {
        participantId =
          state?.members.find(({ link }) => link.kind === 'connected' && link.socketId === socketId)
            ?.participantId ?? '';
        door.attach(callId, participantId);
      },
    );
    if (participantId === resume?.participantId) this.#options.onResumed();
    // It went while its join waited in the mailbox: nothing else will ever tell the call.
    if (!door.isOpen()) await calls.post(callId, { type: 'disconnected', participantId, socketId });
    const settled = await calls.until(callId, (state) => !isOpening(state), ROOM_WAIT_MS);
    if (!settled) throw new CodedError('call-not-found', 'The call ended while it was joined.');
    return this.#joinAnswer(settled, participantId);
  }

  #joinAnswer(state: CallState, participantId: string): JoinAnswer {
    const { policy, iceServers, mediaServers } = this.#options;
    const { media, callId, epoch, members, locked } = state;
    const me = memberOf(state, participantId);
    if (!me) throw new CodedError('participant-not-found');
    const room = roomOf(media);
    const switching = media.phase === 'switching_to_sfu' || media.phase === 'switching_to_p2p';
    return {
      participantId,
      sessionId: me.sessionId,
      mode: modeOf(media.phase),
      epoch,
      participants: members.map(publicView),
      iceServers: iceServers(participantId),
      ...(room && {
        sfu: { rtpCapabilities: room.rtpCapabilities, producers: mediaServers.producers(callId, room) },
      }),
      ...(switching &&
        media.room !== 'opening' && {
          transition: prepareMessage(callId, { ...media, room: media.room }, Date.now()),
        }),
      policy: {
        p2pMaxParticipants: policy.p2pMaxParticipants,
        backToP2pDelayMs: policy.backToP2pDelayMs,
        switchTimeoutMs: policy.switchTimeoutMs,
      },
      locked,
    };
  }

  async #stateOf(callId: string, participantId: string): Promise<CallState> {
    const state = await this.#options.calls.state(callId);
    if (!state || !memberOf(state, participantId)) throw new CodedError('not-joined');
    return state;
  }

  /** A request that goes to the media server with the call's room, if the participant may make it now. */
  #inRoom<R extends { callId: string; epoch: number }, A>(
    perform: (api: MediaServerClient, acting: Acting & { participantId: string }, request: R) => Promise<A>,
    needs?: keyof Grants,
  ): (door: Door, request: R) => Promise<A> {
    return async (door, request) => {
      const { callId, epoch } = request;
      const participantId = joinedAs(door, callId);
      const state = await this.#stateOf(callId, participantId);
      if (needs && !door.claims.grants[needs])
        throw new CodedError('forbidden', `This token may not ${needs}.`);
      const room = roomOf(state.media);
      if (!room) throw new CodedError(epoch < state.epoch ? 'stale-epoch' : 'wrong-mode');
      if (epoch !== mediaEpoch(state)) throw new CodedError('stale-epoch');
      const acting = { roomId: callId, epoch: room.epoch, participantId, grants: door.claims.grants };
      return perform(this.#options.mediaServers.api(room), acting, request);
    };
  }
}

/** What others may expect from somebody: nothing from one who may not publish. */
function sent(media: MediaState, { publish }: Grants): MediaState {
  return publish ? media : { audio: false, video: false, screen: false };
}

function joinedAs(door: Door, callId: string): string {
  const participantId = door.joined.get(callId);
  if (participantId === undefined) throw new CodedError('not-joined');
  return participantId;
}

function isOpening(state: CallState | null): boolean {
  return state?.media.phase === 'switching_to_sfu' && state.media.room === 'opening';
}

/** The epochs whose peer-to-peer paths exist or are being built. */
function signalEpochs({ media, epoch }: CallState): number[] {
  if (media.phase === 'sfu') return [];
  return media.phase === 'switching_to_p2p' ? [media.transition.epoch] : [epoch];
}

/** The epoch of the room's media: the one being prepared, or the current one. */
function mediaEpoch({ media, epoch }: CallState): number {
  return media.phase === 'switching_to_sfu' ? (transitionOf(media)?.epoch ?? epoch) : epoch;
}
