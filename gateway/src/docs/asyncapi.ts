/** AsyncAPI 3 of the signalling, made from its schemas. Pure: the same every time. */
import { createAsyncApiDocument, type Message } from '@crossfade/service/asyncapi';
import { ackErrorSchema } from '@crossfade/shared/errors';
import { layersSchema, producerInfoSchema } from '@crossfade/shared/media-api';
import { dtlsParametersSchema, rtpCapabilitiesSchema, rtpParametersSchema } from '@crossfade/shared/rtp';
import {
  ackFailureSchema,
  clientRequestNames,
  clientRequests,
  iceServerSchema,
  participantSchema,
  serverEvents,
  type ServerEventName,
} from '@crossfade/shared/signalling';
import { z } from 'zod';
import type { DocumentOptions } from './openapi.ts';
import { pttChannel } from './ptt-channel.ts';

const INTRODUCTION = `How clients join calls, find each other and their media. A Socket.IO server on the gateway's port, default
namespace, WebSocket or long polling; connect with \`auth: { token }\`, a user token. A connection without one is refused with a
\`connect_error\` whose \`data\` is an \`AckError\`. The names of messages are those of Socket.IO events.

Every request is acknowledged within 5 s: \`{ ok: true, … }\` or \`{ ok: false, error }\`. The codes of errors, and whether a retry
can help, are those of the REST API. What is asked too often is answered \`rate-limited\`; who goes on is disconnected.`;

/** What each request is for. */
const REQUESTS: Readonly<Record<string, string>> = {
  'call:join': 'Join a call, or come back to it with the proof of an earlier session.',
  'call:leave': 'Leave a call for good.',
  'call:update': 'Tell what one sends now.',
  'call:signal': 'Send a description or a candidate to another participant.',
  'call:mode-switched': 'Tell that media flow on the new path, that they do not, or what the switch cost.',
  'call:path': 'Tell how a peer-to-peer path is.',
  'media:create-transport': 'Make a transport to the media server.',
  'media:connect-transport': 'Begin the handshake of a transport.',
  'media:restart-ice': 'Look for a new way to the media server.',
  'media:produce': 'Send a track. With an `idempotencyKey` it may be asked for again until an answer comes.',
  'media:produce-data': 'Send data.',
  'media:consume': 'Receive one producer, or several at once; consumers start paused.',
  'media:consume-data': 'Receive data.',
  'media:set-layers': 'Wish for a size and frame rate of what is received.',
  'media:resume-consumer': 'Receive on.',
  'media:pause-consumer': 'Receive no more for now.',
  'media:pause-producer': 'Send no more for now.',
  'media:resume-producer': 'Send on.',
  'media:close-producer': 'Send that track no more.',
  'chat:send': 'Send a message to everyone in the call, once however often it is asked for.',
  'chat:history': 'Read the messages of the call, page by page.',
  'floor:request': 'Ask to speak.',
  'floor:release': 'Have spoken.',
  'moderate:mute': 'Take a kind of media from a participant, or give it back; needs the `moderate` grant.',
  'moderate:remove': 'Remove a participant for good; needs the `moderate` grant.',
  'moderate:lock': 'Let nobody new in, or let people in again; needs the `moderate` grant.',
  'moderate:end': 'End the call for everyone; needs the `moderate` grant.',
};

/** What each event tells. */
const EVENTS: Readonly<Record<string, string>> = {
  'call:participant-joined': 'Somebody has joined.',
  'call:participant-left': 'Somebody has left, or did not come back in time.',
  'call:participant-updated': 'Somebody sends something else now, or is lost or back.',
  'call:signal': 'A description or a candidate of another participant.',
  'call:mode-switch': 'A switch between peer-to-peer and media server begins, is made, or is given up.',
  'call:standby': 'A room on a media server stands ready for the next switch, or does not any more.',
  'new-producer': 'There is something new to receive.',
  'producer-closed': 'A producer is gone.',
  'producer-paused': 'Its owner has paused it; by the server: nobody receives your own.',
  'producer-resumed': 'Its owner sends on.',
  'producer-wanted-layers': 'Which sizes of your own picture somebody wants: larger ones need not be sent.',
  'consumer-closed': 'One of your consumers is gone.',
  'call:updated': 'What holds for the call as a whole has changed.',
  'active-speaker': 'Somebody else speaks now, or nobody.',
  'audio-levels': 'How loud the loudest are.',
  'consumer-layers-changed': 'Another size or frame rate is sent to one of your consumers.',
  'consumer-score': 'How well one of your consumers is received, 0 to 10.',
  'call:ended': 'The call has ended, or you were removed from it.',
  'call:transcription': 'What somebody has said.',
  'chat:message': 'Somebody has sent a message.',
  'floor:granted': 'You may speak.',
  'floor:taken': 'Somebody else may speak.',
  'floor:idle': 'Nobody speaks.',
  'floor:denied': 'You do not wait to speak any more.',
  'floor:revoked': 'You may speak no longer.',
  'connection:closing': 'The gateway is about to close this connection, and why.',
  'session:replaced': 'The session went on elsewhere: this connection is out of the call.',
};

/** The acknowledgement of a request. */
function answerOf(answer: z.ZodType): z.ZodType {
  const positive = (schema: z.ZodType) => z.object({ ok: z.literal(true) }).and(schema);
  return z.union([positive(answer), ackFailureSchema]);
}

const requests = clientRequestNames.map((name) => {
  const request: Message = {
    name,
    summary: REQUESTS[name] ?? '',
    payload: clientRequests[name].request,
    io: 'input',
  };
  const answer: Message = {
    name: `${name} answer`,
    summary: 'What it was answered.',
    payload: answerOf(clientRequests[name].answer),
    io: 'output',
  };
  return { request, answer };
});

const events = (Object.keys(serverEvents) as ServerEventName[]).map((name): Message => ({
  name,
  // There is a request of this name as well.
  ...(name === 'call:signal' && { id: 'callSignalEvent' }),
  summary: EVENTS[name] ?? '',
  payload: serverEvents[name],
  io: 'output',
}));

/** @returns a document that is plain JSON */
export function createAsyncApi({ version }: DocumentOptions): object {
  return createAsyncApiDocument({
    title: 'Crossfade gateway: signalling',
    version,
    introduction: INTRODUCTION,
    server: { host: '127.0.0.1:3000', description: 'A gateway as `npm start` starts it.' },
    channel: { id: 'signalling', address: '/' },
    requests,
    events,
    further: [pttChannel],
    schemas: {
      AckError: ackErrorSchema,
      AckFailure: ackFailureSchema,
      Participant: participantSchema,
      IceServer: iceServerSchema,
      ProducerInfo: producerInfoSchema,
      Layers: layersSchema,
      RtpCapabilities: rtpCapabilitiesSchema,
      RtpParameters: rtpParametersSchema,
      DtlsParameters: dtlsParametersSchema,
    },
    token: {
      name: 'user',
      description: 'A user token in Socket.IO\'s `auth`: `aud: "gateway"`, `typ: "user"`, `sub`, `exp`.',
    },
  });
}
