/** The requests about media: passed to the media server that has the call's room, if the participant may make them now. */
import { CodedError } from '@crossfade/shared/errors';
import type { ClientRequestName } from '@crossfade/shared/signalling';
import type { Calls } from '../calls/calls.ts';
import type { RecordEntry } from '../calls/events.ts';
import { currentRoom, nextRoom, roomsOf, type CallState, type Room } from '../calls/state.ts';
import type { Acting, MediaServerClient } from '../media-client/http.ts';
import { givesFloorBack, permitOf, permitProduce, permitResume, type Permit } from '../moderation/permits.ts';
import type { MediaServers } from '../nodes/media-servers.ts';
import { openTransport } from './open-transport.ts';
import { joinedAs, joinedState, type Caller, type HandlersOf } from './caller.ts';

export interface MediaRequestsOptions {
  calls: Pick<Calls, 'post' | 'state'>;
  mediaServers: Pick<MediaServers, 'api'>;
  record: (entry: RecordEntry) => void;
  now: () => number;
}

type MediaRequest = Extract<ClientRequestName, `media:${string}`>;

type MediaHandlers = HandlersOf<MediaRequest>;

export function mediaHandlers({ calls, mediaServers, record, now }: MediaRequestsOptions): MediaHandlers {
  /** A request that goes to the media server with the call's room, if the participant may make it now. */
  const inRoom = <R extends { callId: string; epoch: number }, A>(
    perform: (
      api: MediaServerClient,
      acting: Acting & { participantId: string },
      request: R,
      about: { recordId: string; permit: Permit },
    ) => Promise<A>,
    needs?: 'publish' | 'subscribe',
  ): ((caller: Caller, request: R) => Promise<A>) => {
    return async (caller, request) => {
      const { callId, epoch } = request;
      const { grants } = caller.claims;
      const participantId = joinedAs(caller, callId);
      const state = await joinedState(calls, callId, participantId);
      if (needs && !grants[needs]) throw new CodedError('forbidden', `This token may not ${needs}.`);
      const room = roomOfEpoch(state, epoch);
      const acting = { roomId: callId, epoch: room.epoch, participantId, grants };
      const about = { recordId: state.recordId, permit: permitOf(state, participantId) };
      return perform(mediaServers.api(room), acting, request, about);
    };
  };
  return {
    'media:create-transport': inRoom((api, acting, { direction, forceTcp, sctp }, { recordId }) =>
      openTransport({ api, acting, recordId, record, now }, { direction, forceTcp, sctp }),
    ),
    'media:connect-transport': inRoom((api, acting, { transportId, dtlsParameters }) =>
      api.connectTransport(acting, transportId, { dtlsParameters }),
    ),
    'media:restart-ice': inRoom((api, acting, { transportId }) => api.restartIce(acting, transportId)),
    'media:produce': inRoom(
      async (api, acting, { transportId, kind, rtpParameters, source, ...wish }, { recordId, permit }) => {
        const { participantId } = acting;
        const paused = permitProduce(permit, { kind, source, paused: wish.paused });
        const producer = { kind, rtpParameters, source, paused };
        // Nobody else's answer is had by guessing a key.
        const key = wish.idempotencyKey && `${participantId}/${wish.idempotencyKey}`;
        const made = await api.produce(acting, transportId, producer, key);
        record({
          type: 'producer-created',
          recordId,
          participantId,
          transportId,
          producerId: made.id,
          kind,
          source,
          at: now(),
        });
        return made;
      },
      'publish',
    ),
    'media:produce-data': inRoom(
      (api, acting, { transportId, sctpStreamParameters, label, protocol }) =>
        api.produceData(acting, transportId, { sctpStreamParameters, label, protocol }),
      'publish',
    ),
    'media:consume-data': inRoom(
      (api, acting, { transportId, dataProducerId }) =>
        api.consumeData(acting, { transportId, dataProducerId }),
      'subscribe',
    ),
    'media:set-layers': inRoom((api, acting, { consumerId, preferredLayers, priority }) =>
      api.patchConsumer(acting, consumerId, { preferredLayers, priority }),
    ),
    'media:consume': inRoom(
      (api, acting, { transportId, producerId, producerIds, rtpCapabilities }) =>
        api.consume(acting, {
          transportId,
          rtpCapabilities,
          ...(producerIds ? { producerIds } : { producerId: producerId ?? '' }),
        }),
      'subscribe',
    ),
    'media:resume-consumer': inRoom((api, acting, { consumerId }) => api.resumeConsumer(acting, consumerId)),
    'media:pause-consumer': inRoom((api, acting, { consumerId }) => api.pauseConsumer(acting, consumerId)),
    'media:pause-producer': inRoom(async (api, acting, { callId, producerId }, { permit }) => {
      try {
        // First: what is paused of whoever has the floor is made to flow again.
        if (await givesFloorBack(permit, api, acting, producerId)) {
          const { participantId } = acting;
          const fence = permit.floor?.fence ?? null;
          await calls.post(callId, { type: 'floor-release', participantId, fence });
        }
      } finally {
        // Whatever becomes of that: whoever switches their microphone off is not heard.
        await api.pauseProducer(acting, producerId);
      }
      return {};
    }),
    'media:resume-producer': inRoom(async (api, acting, { producerId }, { permit }) => {
      const fence = await permitResume(permit, api, acting, producerId);
      return api.resumeProducer({ ...acting, ...(fence !== undefined && { fence }) }, producerId);
    }),
    'media:close-producer': inRoom((api, acting, { producerId }) => api.closeProducer(acting, producerId)),
  };
}

/**
 * The room a media request of this epoch is for: the one that serves, or the one being prepared.
 * @throws CodedError `wrong-mode` if there is none, `stale-epoch` if there is another one
 */
function roomOfEpoch({ media, epoch: current }: CallState, epoch: number): Room {
  const rooms = roomsOf(media);
  const room = rooms.find((each) => each.epoch === epoch);
  if (room) return room;
  throw new CodedError(
    currentRoom(media) === null && nextRoom(media) === null && epoch >= current
      ? 'wrong-mode'
      : 'stale-epoch',
  );
}
