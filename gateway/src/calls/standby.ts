/**
 * The standby room of a peer-to-peer call: opened ahead of need, so that when the next person makes the call too large the
 * connections to the media server stand already and the switch has only to let media flow. Nothing is sent to it meanwhile.
 * Its epoch is the one that a switch would have. Pure.
 *
 * There is one while the call is as large as peer-to-peer allows and no attempt to leave it waits to be made again, but not at
 * once: people who have just come are busy connecting to each other. A call that has just come from a media server waits until
 * its old room is closed. A room that is lost or was not to be had is tried again after a while: without one a switch takes a
 * little longer, no more.
 */
import { effectivePolicy } from '../mode/policy.ts';
import type { Effect } from './events.ts';
import type { CallPolicy, CallState, Room, Standby } from './state.ts';
import { unchanged, type Step } from './step.ts';

/** How long a call has to be so before one is opened, milliseconds. */
const AT_REST_MS = 1_000;
/** How long the opening of one may take, milliseconds; then its gateway is taken to be gone. */
const OPENING_MS = 10_000;
/** After none was to be had: no media server had room to spare; milliseconds. */
const NOT_OPENED_MS = 5_000;
/** After it was lost, or had to leave its media server; milliseconds. */
const LOST_MS = 2_000;

/** Opens one, gives it up or tries again, as the call is now. */
export function settleStandby(state: CallState, policy: CallPolicy, now: number): Step {
  const { media } = state;
  if (media.phase !== 'p2p') return unchanged(state);
  const { standby } = media;
  if (!isWanted(state, policy)) return standby ? giveUp(state, standby) : unchanged(state);
  if (!standby) return unchanged(withStandby(state, none(now + AT_REST_MS)));
  switch (standby.kind) {
    case 'open':
      return unchanged(state);
    case 'opening':
      return standby.until > now
        ? unchanged(state)
        : unchanged(withStandby(state, none(now + NOT_OPENED_MS)));
    case 'none':
      return standby.until > now ? unchanged(state) : open(state, now);
  }
}

/** The room is there; null: it is not for a standby. */
export function openedStandby(state: CallState, room: Room): Step | null {
  const { media, callId } = state;
  if (media.phase !== 'p2p' || media.standby?.kind !== 'opening' || room.epoch !== state.epoch + 1)
    return null;
  return {
    state: withStandby(state, { kind: 'open', room }),
    effects: [told(callId, { epoch: room.epoch, rtpCapabilities: room.rtpCapabilities })],
  };
}

/** No media server had room to spare. */
export function notOpenedStandby(state: CallState, openingId: string, now: number): Step {
  const { media } = state;
  const mine = media.phase === 'p2p' && media.standby?.kind === 'opening' && media.standby.id === openingId;
  return unchanged(mine ? withStandby(state, none(now + NOT_OPENED_MS)) : state);
}

/**
 * The standby room is gone, or about to go.
 * @param close whether it has to be closed
 */
export function loseStandby(
  state: CallState,
  isLost: (room: Room) => boolean,
  close: boolean,
  now: number,
): Step {
  const { media, callId } = state;
  if (media.phase !== 'p2p' || media.standby?.kind !== 'open' || !isLost(media.standby.room))
    return unchanged(state);
  const { room } = media.standby;
  return {
    state: withStandby(state, none(now + LOST_MS)),
    effects: [told(callId, null), ...(close ? [{ type: 'close-room', room } as const] : [])],
  };
}

function none(until: number): Standby {
  return { kind: 'none', until };
}

function isWanted({ members, draining, retry, policy: own }: CallState, policy: CallPolicy): boolean {
  const { p2pMaxParticipants, mode } = effectivePolicy(policy, own);
  return (
    policy.standby &&
    mode !== 'p2p' &&
    members.length > 1 &&
    members.length >= p2pMaxParticipants &&
    draining === null &&
    retry === null
  );
}

function open(state: CallState, now: number): Step {
  const id = `${state.recordId}:standby:${String(now)}`;
  const epoch = state.epoch + 1;
  return {
    state: withStandby(state, { kind: 'opening', id, until: now + OPENING_MS }),
    effects: [{ type: 'open-room', transitionId: id, epoch, avoid: [], last: [], spare: true }],
  };
}

function giveUp(state: CallState, standby: Standby): Step {
  const effects: Effect[] =
    standby.kind === 'open' ? [told(state.callId, null), { type: 'close-room', room: standby.room }] : [];
  return { state: { ...state, media: { phase: 'p2p' } }, effects };
}

function withStandby(state: CallState, standby: Standby): CallState {
  return { ...state, media: { phase: 'p2p', standby } };
}

function told(callId: string, standby: Pick<Room, 'epoch' | 'rtpCapabilities'> | null): Effect {
  return {
    type: 'broadcast',
    except: null,
    message: { name: 'call:standby', payload: { callId, standby } },
  };
}
