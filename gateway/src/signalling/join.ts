/** A join: made an event of the call, its client attached to it, and answered with all that a newcomer needs to know. */
import { createHash, randomUUID } from 'node:crypto';
import type { Log } from '@crossfade/service/log';
import { CodedError } from '@crossfade/shared/errors';
import type { IceServer, JoinAnswer, ParsedRequest } from '@crossfade/shared/signalling';
import { allowsCall, type Grants } from '@crossfade/shared/tokens';
import { visibleText } from '@crossfade/shared/visible-text';
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
  standbyRoom,
  type CallPolicy,
  type CallState,
  type Room,
} from '../calls/state.ts';
import type { Subscriptions } from '../calls/subscriptions.ts';
import { prepareMessage } from '../calls/switch.ts';
import { floorView } from '../floor/in-call.ts';
import { effectivePolicy } from '../mode/policy.ts';
import type { MediaServers } from '../nodes/media-servers.ts';
import type { Attendance } from './attendance.ts';
import { connectionIdOf, sent } from './caller.ts';
import type { Door } from './door.ts';
import { openTransport } from './open-transport.ts';

export interface JoinOptions {
  /** Of this process; changes with every start. */
  gatewayId: string;
  calls: Pick<Calls, 'post' | 'until'>;
  mediaServers: Pick<MediaServers, 'producers' | 'api'>;
  log: Log;
  attendance: Attendance;
  subscriptions: Pick<Subscriptions, 'ready'>;
  policy: CallPolicy;
  iceServers: (participantId: string) => IceServer[];
  now: () => number;
  record: (entry: RecordEntry) => void;
  /** Told of each participant that came back. */
  onResumed: () => void;
  /** Tells the call that somebody's socket is gone. */
  lost: (callId: string, participantId: string, socketId: string) => Promise<void>;
}

/** How long an answer to a join waits for the room of a switch that is just starting, milliseconds. */
const ROOM_WAIT_MS = 2_500;

export class Joining {
  readonly #options: JoinOptions;

  constructor(options: JoinOptions) {
    this.#options = options;
  }

  /** @throws CodedError why the join is refused */
  async answer(door: Door, request: ParsedRequest<'call:join'>): Promise<JoinAnswer> {
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
          at: this.#options.now(),
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
      await this.#options.lost(callId, participantId, socketId);
    }
    const settled = await calls.until(callId, (state) => !isOpening(state), ROOM_WAIT_MS);
    // What is in the room is known once this gateway hears of it.
    await subscriptions.ready(callId, ROOM_WAIT_MS);
    if (!settled) throw new CodedError('call-not-found', 'The call ended while it was joined.');
    const answer = this.#joinAnswer(settled, participantId);
    if (request.transports !== true || !answer.sfu) return answer;
    const transports = await this.#openTransports(settled, participantId, claims.grants);
    return { ...answer, sfu: { ...answer.sfu, ...(transports && { transports }) } };
  }

  /** Both transports to the room, so that a newcomer need not ask for them; null: there are two rooms, or it does not answer. */
  async #openTransports(
    { callId, media, recordId }: CallState,
    participantId: string,
    grants: Grants,
  ): Promise<NonNullable<JoinAnswer['sfu']>['transports'] | null> {
    const [room, another] = roomsOf(media);
    if (!room || another) return null;
    const { mediaServers, record, now, log } = this.#options;
    const acting = { roomId: callId, epoch: room.epoch, participantId, grants };
    const opening = { api: mediaServers.api(room), acting, recordId, record, now };
    try {
      const [send, recv] = await Promise.all([
        openTransport(opening, { direction: 'send' }),
        openTransport(opening, { direction: 'recv' }),
      ]);
      return { send, recv };
    } catch (error) {
      // Asked for again, it tells the client why.
      log.debug('no transports for a newcomer', { callId, participantId, error });
      return null;
    }
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
      ...this.#standbyInfo(state),
      ...(isSwitching(media) &&
        media.room !== 'opening' && {
          transition: prepareMessage(callId, { ...media, room: media.room }, this.#options.now()),
        }),
      policy: {
        p2pMaxParticipants: effectivePolicy(policy, state.policy).p2pMaxParticipants,
        backToP2pDelayMs: policy.backToP2pDelayMs,
        switchTimeoutMs: policy.switchTimeoutMs,
      },
      locked,
      ...floorView(state, participantId, this.#options.now()),
    };
  }

  /** What a client needs to know of the rooms there are. */
  #sfuInfo({ callId, media }: CallState): Pick<JoinAnswer, 'sfu'> {
    const first = currentRoom(media) ?? nextRoom(media);
    if (!first) return {};
    const { epoch, rtpCapabilities } = first;
    const producers = roomsOf(media).flatMap((room) => this.#producersIn(callId, room));
    return { sfu: { epoch, rtpCapabilities, producers } };
  }

  #standbyInfo({ callId, media }: CallState): Pick<JoinAnswer, 'standby'> {
    const room = standbyRoom(media);
    if (!room) return {};
    const { epoch, rtpCapabilities } = room;
    return { standby: { epoch, rtpCapabilities, producers: this.#producersIn(callId, room) } };
  }

  #producersIn(callId: string, room: Room): NonNullable<JoinAnswer['sfu']>['producers'] {
    return this.#options.mediaServers
      .producers(callId, room)
      .map((producer) => ({ ...producer, epoch: room.epoch }));
  }
}

/** Whether there is no room yet in which a newcomer's media would run. */
function isOpening(state: CallState | null): boolean {
  const media = state?.media;
  return media?.phase === 'switching_to_sfu' && media.room === 'opening' && media.from.kind !== 'room';
}
