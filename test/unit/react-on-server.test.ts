/** The hooks where pages are rendered on a server: there is no browser, and no call is joined. */
import { expect, test } from '@jest/globals';
import type { Call } from '@crossfade/client/call';
import {
  useActiveSpeaker,
  useCall,
  useChat,
  useFloor,
  useParticipants,
  useSFUConnection,
  useSFUConsumers,
  useSFUProducers,
} from '@crossfade/client/react';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';

const shown = (use: () => unknown) =>
  renderToString(createElement(() => JSON.stringify(use()))).replaceAll('&quot;', '"');

test('a call that is to be joined is being joined, one that is not asked for is idle', () => {
  const options = { url: 'https://calls.example', callId: 'a', token: 'secret' };
  expect(shown(() => useCall(options))).toBe('{"kind":"joining"}');
  expect(shown(() => useCall(null))).toBe('{"kind":"idle"}');
});

test('every hook shows what there is', () => {
  const local = { displayName: 'Me' };
  const snapshot = {
    participantId: 'me',
    epoch: 1,
    sfu: null,
    activeSpeaker: null,
    local,
    remotes: [],
    floor: null,
  };
  const call = { snapshot, subscribe: () => () => undefined } as unknown as Call;
  expect(shown(() => useCall(call))).toBe(JSON.stringify(snapshot));
  expect(shown(() => useParticipants(call))).toBe(
    '{"self":{"participantId":"me","displayName":"Me"},"remotes":[]}',
  );
  expect(shown(() => useSFUConnection(call))).toBe('{"state":"none"}');
  expect(shown(() => useSFUProducers(call))).toBe('[]');
  expect(shown(() => useSFUConsumers(call))).toBe('[]');
  expect(shown(() => useActiveSpeaker(call))).toBe('null');
  expect(shown(() => useFloor(call))).toBe('{"view":null}');
  expect(shown(() => useChat(call))).toBe('{"messages":[],"outgoing":[],"history":"loading"}');
});
