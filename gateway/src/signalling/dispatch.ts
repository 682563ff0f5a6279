/**
 * What a client may ask for, whichever door it comes through: parsed, checked against the call and the token's grants,
 * turned into an event for the call or a request to its media server, and answered.
 */
import { inSpan } from '@crossfade/service/tracing';
import { CodedError, parseOrThrow } from '@crossfade/shared/errors';
import {
  clientRequests,
  type ClientAnswer,
  type ClientRequestName,
  type ParsedRequest,
} from '@crossfade/shared/signalling';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Calls } from '../calls/calls.ts';
import { memberOf, modeOf, type CallState } from '../calls/state.ts';
import { budgetOf } from '../limits/budgets.ts';
import type { RateLimits } from '../limits/rate-limits.ts';
import type { MediaServers } from '../nodes/media-servers.ts';
import { connectionIdOf, joinedAs, joinedState, sent, type HandlersOf } from './caller.ts';
import type { Courier } from './courier.ts';
import type { Door } from './door.ts';
import { Joining, type JoinOptions } from './join.ts';
import { mediaHandlers } from './media-requests.ts';

export interface DispatchOptions extends Omit<JoinOptions, 'lost'> {
  calls: Calls;
  mediaServers: Pick<MediaServers, 'api' | 'producers'>;
  courier: Courier;
  /** Requests that are answered elsewhere. */
  others: HandlersOf<Elsewhere>;
  limits: Pick<RateLimits, 'spend'>;
  audit: Pick<AuditLog, 'answered'>;
}

/** What is answered by `chat/`, `floor/` and `moderation/`. */
type Elsewhere = Extract<ClientRequestName, `chat:${string}` | `floor:${string}` | `moderate:${string}`>;

type Handlers = {
  [N in ClientRequestName]: (door: Door, request: ParsedRequest<N>) => Promise<ClientAnswer<N>>;
};

export class Dispatch {
  readonly #options: DispatchOptions;
  readonly #handlers: Handlers;
  #stopping = false;

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

  /**
   * From now on connections end because this gateway does: nothing is written for each of them. What becomes of those who
   * were here is told call by call; here only their records end.
   */
  stop(): void {
    const { attendance, calls, record, now } = this.#options;
    this.#stopping = true;
    for (const callId of attendance.calls) {
      const recordId = calls.known.get(callId)?.state.recordId;
      if (recordId === undefined) continue;
      for (const { participantId, door } of attendance.of(callId)) {
        const connectionId = connectionIdOf(participantId, door.socketId);
        record({ type: 'session-disconnected', recordId, participantId, connectionId, at: now() });
      }
    }
  }

  /** The socket is gone. */
  async disconnected(door: Door): Promise<void> {
    const { joined, socketId } = door;
    this.#options.attendance.disconnected(door);
    if (this.#stopping) return;
    const losses = [...joined].map(([callId, participantId]) => this.#lost(callId, participantId, socketId));
    await Promise.all(losses).catch((error: unknown) => {
      // What a stop cuts short is seen to with all the others it leaves behind.
      if (!this.#stopping) throw error;
    });
  }

  async #lost(callId: string, participantId: string, socketId: string): Promise<void> {
    const { calls, record, now } = this.#options;
    await calls.post(callId, { type: 'disconnected', participantId, socketId }, (state) => {
      if (!state || !memberOf(state, participantId)) return;
      const { recordId } = state;
      const connectionId = connectionIdOf(participantId, socketId);
      record({ type: 'session-disconnected', recordId, participantId, connectionId, at: now() });
    });
  }

  /** Counts a request that a door answers itself. @throws CodedError `rate-limited` */
  async admit({ claims, address }: Door): Promise<void> {
    await this.#options.limits.spend('requests', { user: claims.sub, address });
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
    const { calls, courier, attendance, mediaServers, record, others, now } = this.#options;
    const joining = new Joining({
      ...this.#options,
      lost: (callId, participantId, socketId) => this.#lost(callId, participantId, socketId),
    });
    const done = {};
    return {
      ...others,
      ...mediaHandlers({ calls, mediaServers, record, now }),
      'call:join': (door, request) => joining.answer(door, request),
      'call:leave': async (door, { callId }) => {
        const participantId = joinedAs(door, callId);
        // When it is written, not when it is answered: the same socket may have joined anew by then.
        await calls.post(callId, { type: 'leave', participantId }, () => {
          attendance.detach(callId, door, participantId);
        });
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
        const state = await joinedState(calls, callId, from);
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
    };
  }
}

/** The epochs whose peer-to-peer paths exist or are being built. */
function signalEpochs({ media, epoch }: CallState): number[] {
  if (media.phase === 'switching_to_p2p') return [media.transition.epoch];
  return modeOf(media) === 'p2p' ? [epoch] : [];
}
