import { expect, test } from '@jest/globals';
import { clientRequests } from './signalling.ts';

const where = { callId: 'c', epoch: 0 };

test.each([
  ['media:create-transport', { ...where, direction: 'send' }],
  ['media:set-layers', { ...where, consumerId: 'x', preferredLayers: { spatialLayer: 1, later: 1 } }],
] as const)('%s of a client that knows more than we is taken', (name, payload) => {
  expect(clientRequests[name].request.safeParse({ ...payload, later: 1 }).success).toBe(true);
});
