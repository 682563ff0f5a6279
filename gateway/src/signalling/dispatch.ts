/**
 * What a client may ask for, whichever door it comes through: parsed, checked against the call and the token's grants,
 * turned into an event for the call or a request to its media server, and answered.
 */
import { createHash, randomUUID } from 'node:crypto';
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
import { allowsCall, type Grants } from '@crossfade/shared/tokens';
import { visibleText } from '@crossfade/shared/visible-text';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Calls } from '../calls/calls.ts';
import type { RecordEntry } from '../calls/events.ts';
import {
  currentRoom,
  isSwitching,
  memberOf,
  modeOf,
  nextRoom,
  publicView,
  roomsOf,
  type CallPolicy,
  type CallState,
  type Room,
} from '../calls/state.ts';
import type { Subscriptions } from '../calls/subscriptions.ts';
import { prepareMessage } from '../calls/switch.ts';
import { effectivePolicy } from '../mode/policy.ts';
import { budgetOf } from '../limits/budgets.ts';
import type { RateLimits } from '../limits/rate-limits.ts';
import type { Acting, MediaServerClient } from '../media-client/http.ts';
import type { MediaServers } from '../nodes/media-servers.ts';
import type { Attendance } from './attendance.ts';
import { floorView } from '../floor/in-call.ts';
import { givesFloorBack, permitOf, permitProduce, permitResume, type Permit } from '../moderation/permits.ts';
import { joinedAs, type HandlersOf } from './caller.ts';
import type { Courier } from './courier.ts';
import type { Door } from './door.ts';

export interface DispatchOptions {
  /** Of this process; changes with every start. */
  gatewayId: string;
  calls: Calls;
  mediaServers: Pick<MediaServers, 'api' | 'producers'>;
  attendance: Attendance;
  subscriptions: Pick<Subscriptions, 'ready'>;
  courier: Courier;
  policy: CallPolicy;
  iceServers: (participantId: string) => IceServer[];
  now?: () => number;
  record: (entry: RecordEntry) => void;
  /** Requests that are answered elsewhere. */
  others: HandlersOf<Elsewhere>;
  limits: Pick<RateLimits, 'spend'>;
  audit: Pick<AuditLog, 'answered'>;
  /** Told of each participant that came back. */
  onResumed: () => void;
}

/** What is answered by `chat/`, `floor/` and `moderation/`. */
type Elsewhere = Extract<ClientRequestName, `chat:${string}` | `floor:${string}` | `moderate:${string}`>;

/** How long an answer to a join waits for the room of a switch that is just starting, milliseconds. */
const ROOM_WAIT_MS = 2_500;

type Handlers = {
  [N in ClientRequestName]: (door: Door, request: ParsedRequest<N>) => Promise<ClientAnswer<N>>;
};

export class Dispatch {
  readonly #options: DispatchOptions;
  readonly #now: () => number;
  readonly #handlers: Handlers;
  #stopping = false;

  constructor(options: DispatchOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#handlers = this.#createHandlers();
  }

  /** @throws CodedError why the request is refused */
  async handle(door: Door, name: string, payload: unknown): Promise<object> {
    if (!Object.hasOwn(clientRequests, name))
      throw new CodedError('route-not-found', 'There is no such request.');
    return inSpan(name, () => this.#admitted(door, name as ClientRequestName, payload));
  }

  /**
   * From now on connections end because this gateway does: nothing is written for each of them. What becomes of those who
   * were here is told call by call; here only their records end.
   */
  stop(): void {
    const { attendance, calls, record } = this.#options;
    this.#stopping = true;
    for (const callId of attendance.calls) {
      const recordId = calls.known.get(callId)?.state.recordId;
      if (recordId === undefined) continue;
      for (const { participantId, door } of attendance.of(callId)) {
        const connectionId = connectionIdOf(participantId, door.socketId);
        record({ type: 'session-disconnected', recordId, participantId, connectionId, at: Date.now() });
      }
    }
  }

  /** The socket is gone. */
  async disconnected(door: Door): Promise<void> {
    const { joined, socketId } = door;
    this.#options.attendance.disconnected(door);
    if (this.#stopping) return;
    await Promise.all(
      [...joined].map(([callId, participantId]) => this.#lost(callId, participantId, socketId)),
    );
  }

  async #lost(callId: string, participantId: string, socketId: string): Promise<void> {
    const { calls, record } = this.#options;
    await calls.post(callId, { type: 'disconnected', participantId, socketId }, (state) => {
      if (!state || !memberOf(state, participantId)) return;
      const { recordId } = state;
      const connectionId = connectionIdOf(participantId, socketId);
      record({ type: 'session-disconnected', recordId, participantId, connectionId, at: Date.now() });
    });
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
    const { calls, courier, attendance, record, others } = this.#options;
    const done = {};
    return {
      ...others,
      'call:join': (door, request) => this.#join(door, request),
      'call:leave': async (door, { callId }) => {
        const participantId = joinedAs(door, callId);
        await calls.post(callId, { type: 'leave', participantId });
        attendance.detach(callId, door);
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
        if (recipient.link.kind === 'connected' && !courier.reaches(recipient.link.gatewayId))
          throw new CodedError('call-store-unavailable', 'That participant cannot be reached at the moment.');
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
      'call:path': async (door, { callId, with: other, state, rttMs, relayed }) => {
        const participantId = joinedAs(door, callId);
        await calls.post(callId, { type: 'path', participantId, with: other, state, rttMs, relayed });
        return done;
      },
      'media:create-transport': this.#inRoom(
        async (api, acting, { direction, forceTcp, sctp }, { recordId }) => {
          const { participantId } = acting;
          const made = await api.createTransport(acting, { direction, forceTcp, sctp, participantId });
          record({
            type: 'transport-created',
            recordId,
            participantId,
            transportId: made.id,
            direction,
            at: Date.now(),
          });
          return made;
        },
      ),
      'media:connect-transport': this.#inRoom((api, acting, { transportId, dtlsParameters }) =>
        api.connectTransport(acting, transportId, { dtlsParameters }),
      ),
      'media:restart-ice': this.#inRoom((api, acting, { transportId }) =>
        api.restartIce(acting, transportId),
      ),
      'media:produce': this.#inRoom(
        async (api, acting, { transportId, kind, rtpParameters, source, ...wish }, { recordId, permit }) => {
          const paused = permitProduce(permit, { kind, source, paused: wish.paused });
          const made = await api.produce(acting, transportId, { kind, rtpParameters, source, paused });
          const { participantId } = acting;
          record({
            type: 'producer-created',
            recordId,
            participantId,
            transportId,
            producerId: made.id,
            kind,
            source,
            at: Date.now(),
          });
          return made;
        },
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
        api.patchConsumer(acting, consumerId, { preferredLayers, priority }),
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
      'media:pause-producer': this.#inRoom(async (api, acting, { callId, producerId }, { permit }) => {
        const paused = await api.pauseProducer(acting, producerId);
        if (await givesFloorBack(permit, api, acting, producerId)) {
          const { participantId } = acting;
          await calls.post(callId, {
            type: 'floor-release',
            participantId,
            fence: permit.floor?.fence ?? null,
          });
        }
        return paused;
      }),
      'media:resume-producer': this.#inRoom(async (api, acting, { producerId }, { permit }) => {
        const fence = await permitResume(permit, api, acting, producerId);
        return api.resumeProducer({ ...acting, ...(fence !== undefined && { fence }) }, producerId);
      }),
      'media:close-producer': this.#inRoom((api, acting, { producerId }) =>
        api.closeProducer(acting, producerId),
      ),
    };
  }

  async #join(door: Door, request: ParsedRequest<'call:join'>): Promise<JoinAnswer> {
    const { callId, displayName, media, resume, clientInfo } = request;
    const { claims, socketId } = door;
    if (!allowsCall(claims.calls, callId))
      throw new CodedError('forbidden', 'This token is not for that call.');
    const fresh = { participantId: randomUUID(), sessionId: randomUUID(), recordId: randomUUID() };
    const { calls, gatewayId, attendance, subscriptions } = this.#options;
    let participantId = '';
    const joining = calls.post(
      callId,
      {
        type: 'join',
        callId,
        socketId,
        gatewayId,
        fresh,
        resume: resume ?? null,
        userId: claims.sub,
        // A name of which nothing would be seen is none.
        displayName:
          [displayName, visibleText(claims.name ?? '')].find((name) => name !== undefined && name !== '') ??
          'Guest',
        grants: claims.grants,
        media: sent(media, claims.grants),
        ...(door.needsServer && { needsServer: true }),
        policy: claims.policy ?? {},
      },
      (state) => {
        const me = state?.members.find(({ link }) => link.kind === 'connected' && link.socketId === socketId);
        participantId = me?.participantId ?? '';
        attendance.attach(callId, door, participantId);
        if (!state || !me) return;
        this.#options.record({
          type: 'session-connected',
          recordId: state.recordId,
          participantId,
          connectionId: connectionIdOf(participantId, socketId),
          sessionHash: createHash('sha256').update(me.sessionId).digest('hex'),
          gatewayId,
          at: Date.now(),
          clientInfo: clientInfo ?? null,
        });
      },
    );
    await joining.catch((error: unknown) => {
      if (error instanceof CodedError && error.code === 'call-store-unavailable')
        attendance.doubt(callId, door);
      throw error;
    });
    if (participantId === resume?.participantId) this.#options.onResumed();
    // It went while its join waited in the mailbox: nothing else will ever tell the call.
    if (!door.isOpen()) {
      attendance.disconnected(door);
      await this.#lost(callId, participantId, socketId);
    }
    const settled = await calls.until(callId, (state) => !isOpening(state), ROOM_WAIT_MS);
    // What is in the room is known once this gateway hears of it.
    await subscriptions.ready(callId, ROOM_WAIT_MS);
    if (!settled) throw new CodedError('call-not-found', 'The call ended while it was joined.');
    return this.#joinAnswer(settled, participantId);
  }

  #joinAnswer(state: CallState, participantId: string): JoinAnswer {
    const { policy, iceServers } = this.#options;
    const { media, callId, epoch, members, locked } = state;
    const me = memberOf(state, participantId);
    if (!me) throw new CodedError('participant-not-found');
    return {
      participantId,
      sessionId: me.sessionId,
      mode: modeOf(media),
      epoch,
      participants: members.map(publicView),
      iceServers: iceServers(participantId),
      ...this.#sfuInfo(state),
      ...(isSwitching(media) &&
        media.room !== 'opening' && {
          transition: prepareMessage(callId, { ...media, room: media.room }, this.#now()),
        }),
      policy: {
        p2pMaxParticipants: effectivePolicy(policy, state.policy).p2pMaxParticipants,
        backToP2pDelayMs: policy.backToP2pDelayMs,
        switchTimeoutMs: policy.switchTimeoutMs,
      },
      locked,
      ...floorView(state, participantId, this.#now()),
    };
  }

  /** What a client needs to know of the rooms there are. */
  #sfuInfo({ callId, media }: CallState): Pick<JoinAnswer, 'sfu'> {
    const first = currentRoom(media) ?? nextRoom(media);
    if (!first) return {};
    const { epoch, rtpCapabilities } = first;
    const producers = roomsOf(media).flatMap((room) =>
      this.#options.mediaServers
        .producers(callId, room)
        .map((producer) => ({ ...producer, epoch: room.epoch })),
    );
    return { sfu: { epoch, rtpCapabilities, producers } };
  }

  async #stateOf(callId: string, participantId: string): Promise<CallState> {
    const state = await this.#options.calls.state(callId);
    if (!state || !memberOf(state, participantId)) throw new CodedError('not-joined');
    return state;
  }

  /** A request that goes to the media server with the call's room, if the participant may make it now. */
  #inRoom<R extends { callId: string; epoch: number }, A>(
    perform: (
      api: MediaServerClient,
      acting: Acting & { participantId: string },
      request: R,
      about: { recordId: string; permit: Permit },
    ) => Promise<A>,
    needs?: 'publish' | 'subscribe',
  ): (door: Door, request: R) => Promise<A> {
    return async (door, request) => {
      const { callId, epoch } = request;
      const participantId = joinedAs(door, callId);
      const state = await this.#stateOf(callId, participantId);
      if (needs && !door.claims.grants[needs])
        throw new CodedError('forbidden', `This token may not ${needs}.`);
      const room = roomOfEpoch(state, epoch);
      const acting = { roomId: callId, epoch: room.epoch, participantId, grants: door.claims.grants };
      const about = { recordId: state.recordId, permit: permitOf(state, participantId) };
      return perform(this.#options.mediaServers.api(room), acting, request, about);
    };
  }
}

/** What others may expect from somebody: nothing from one who may not publish. */
function sent(media: MediaState, { publish }: Grants): MediaState {
  return publish ? media : { audio: false, video: false, screen: false };
}

/** One socket may speak for somebody in several calls. */
function connectionIdOf(participantId: string, socketId: string): string {
  return `${participantId}/${socketId}`;
}

/** Whether there is no room yet in which a newcomer's media would run. */
function isOpening(state: CallState | null): boolean {
  const media = state?.media;
  return media?.phase === 'switching_to_sfu' && media.room === 'opening' && media.from.kind !== 'room';
}

/** The epochs whose peer-to-peer paths exist or are being built. */
function signalEpochs({ media, epoch }: CallState): number[] {
  if (media.phase === 'switching_to_p2p') return [media.transition.epoch];
  return modeOf(media) === 'p2p' ? [epoch] : [];
}

/**
 * The room a media request of this epoch is for: the one that serves, or the one being prepared.
 * @throws CodedError `wrong-mode` if there is none, `stale-epoch` if there is another one
 */
function roomOfEpoch({ media, epoch: current }: CallState, epoch: number): Room {
  const rooms = roomsOf(media);
  const room = rooms.find((each) => each.epoch === epoch);
  if (room) return room;
  throw new CodedError(rooms.length === 0 && epoch >= current ? 'wrong-mode' : 'stale-epoch');
}
