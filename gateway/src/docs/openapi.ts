/** OpenAPI 3.1 of the gateway's REST API. Pure: the same every time. */
import { createOpenApiDocument, type RequestExamples } from '@crossfade/service/openapi';
import { callPolicySchema } from '@crossfade/shared/call-policy';
import { decisionSchema } from '@crossfade/shared/decisions';
import {
  callAnswerSchema,
  participantRecordSchema,
  transitionRecordSchema,
} from '@crossfade/shared/gateway-api';
import {
  GATEWAY_ROUTES,
  gatewayErrorsOf,
  gatewayPathParametersOf,
  type GatewayTag,
} from '@crossfade/shared/gateway-routes';
import { participantSchema } from '@crossfade/shared/signalling';
import { z } from 'zod';

const TAGS: Record<GatewayTag, string> = {
  Calls: 'What people join: peer-to-peer or on a media server.',
  Tokens: 'Who somebody is, and what they may do.',
  Service: 'This gateway itself.',
  Documents: 'What this API is, for people and programs.',
};

const INTRODUCTION = `The calls there are and were, for applications that embed them. What happens in a call goes over the
signalling (\`/api/asyncapi.json\`).

Every error is a problem document (RFC 9457) with a \`code\`; each code has one status. Every answer carries
\`X-Request-Id\`: the caller's, or a new one. A call that a token is not for is answered like one that never was. Pages of
other origins than this one need to be in \`ALLOWED_ORIGINS\`.`;

export const requestExamples: RequestExamples = {
  patchCall: {
    server: { summary: 'On the media server, whatever its size', value: { policy: { mode: 'sfu' } } },
    recorded: { summary: 'It is about to be recorded', value: { policy: { requires: ['recording'] } } },
  },
  createToken: {
    ann: { summary: 'For anything', value: { name: 'Ann' } },
    moderator: {
      summary: 'To moderate one call',
      value: { name: 'Ann', callId: 'weekly', grants: { publish: true, subscribe: true, moderate: true } },
    },
  },
};

export interface DocumentOptions {
  /** Of the gateway. */
  version: string;
}

/** @returns a document that is plain JSON */
export function createOpenApi({ version }: DocumentOptions): object {
  return createOpenApiDocument({
    title: 'Crossfade gateway',
    version,
    introduction: INTRODUCTION,
    tags: TAGS,
    routes: GATEWAY_ROUTES,
    errorsOf: gatewayErrorsOf,
    headersOf: () => z.object({}),
    pathParametersOf: gatewayPathParametersOf,
    extensionsOf: ({ access }) => (access === 'moderator' ? { 'x-needs-grant': 'moderate' } : {}),
    examples: requestExamples,
    schemas: {
      Call: callAnswerSchema,
      CallPolicy: callPolicySchema,
      Decision: decisionSchema,
      Participant: participantSchema,
      ParticipantRecord: participantRecordSchema,
      TransitionRecord: transitionRecordSchema,
    },
    token: {
      name: 'user',
      description:
        'A user token: `aud: "gateway"`, `typ: "user"`, `sub`, `iss` and `exp`; `calls` and `grants` say what it is good for.',
    },
    metricsUrl: 'http://127.0.0.1:9465',
  });
}
