/** The plain WebSocket door in the AsyncAPI document, made from its schemas. Pure. */
import type { FurtherChannel, Message } from '@crossfade/service/asyncapi';
import {
  pttDenialSchema,
  pttEvents,
  pttIdSchema,
  pttPingSchema,
  pttRequestNames,
  pttRequests,
  type PttEventName,
  type PttRequestName,
} from '@crossfade/shared/ptt';
import { ackErrorSchema } from '@crossfade/shared/errors';
import { z } from 'zod';

/** What each request is for. */
const REQUESTS: Readonly<Record<PttRequestName, string>> = {
  join_channel: 'Join a channel, or come back to it with the proof of an earlier session.',
  leave_channel: 'Leave a channel for good.',
  channel_state: 'Read the channel as it is now.',
  get_router_capabilities: 'Read what the media server of the channel can receive.',
  create_transport: 'Make a transport to the media server.',
  connect_transport: 'Begin the handshake of a transport.',
  produce: 'Send sound: in a channel of push-to-talk it is heard while one has the floor.',
  consume: 'Receive one producer, or several at once; they flow at once.',
  ptt_start: 'Ask to speak.',
  ptt_stop: 'Have spoken, or wait no longer.',
};

/** What each event tells. */
const EVENTS: Readonly<Record<PttEventName, string>> = {
  channel_state: 'The channel is like this now.',
  leave_channel: 'This connection is out of the channel.',
  speaker_changed: 'Somebody else may speak now, or nobody.',
  ptt_denied: 'You may not speak, or no longer.',
  error: 'Something was no request; or why the connection is about to be closed.',
};

const idOf = (name: string, rest: string) =>
  `ptt${name.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}${rest}`;

const frame = (type: string, data: z.ZodType, id: object = {}) =>
  z.object({ type: z.literal(type), ...id, data });
const withId = { id: pttIdSchema.optional() };

const ping: Message = {
  name: 'ping',
  id: 'pttPing',
  summary: 'Ask whether the other side is there.',
  payload: pttPingSchema,
  io: 'input',
};
const pong: Message = {
  name: 'pong',
  id: 'pttPong',
  summary: 'It is: with the id and the data of the ping.',
  payload: pttPingSchema,
  io: 'output',
};

export const pttChannel: FurtherChannel = {
  id: 'pushToTalk',
  address: '/ws',
  description:
    'A plain WebSocket for radios and light clients: one JSON object a frame. A channel is a call. The token comes in the header ' +
    '`Authorization`, as `?token=`, or as the subprotocol `bearer.<token>` beside `crossfade`.',
  server: { pathname: '/ws', description: 'The same gateway.' },
  requests: [
    ...pttRequestNames.map((name) => {
      const { request, answer } = pttRequests[name];
      const denied = frame('ptt_denied', pttDenialSchema, withId);
      const answers = [
        frame(name, answer, withId),
        ...(name === 'ptt_start' ? [denied] : []),
        frame('error', ackErrorSchema, withId),
      ];
      return {
        request: {
          name,
          id: idOf(name, ''),
          summary: REQUESTS[name],
          payload: frame(name, request, withId),
          io: 'input' as const,
        },
        answer: {
          name: `${name} answer`,
          id: idOf(name, 'Answer'),
          summary: 'What it was answered.',
          payload: z.union(answers),
          io: 'output' as const,
        },
      };
    }),
    { request: ping, answer: pong },
  ],
  events: (Object.keys(EVENTS) as PttEventName[]).map((name) => ({
    name,
    id: idOf(name, 'Event'),
    summary: EVENTS[name],
    payload: frame(name, pttEvents[name]),
    io: 'output' as const,
  })),
};
