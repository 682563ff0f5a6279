/** What a media server hears people say reaches everyone in their call, and nobody else. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startMediaServer, startScriptedGateway, userKey } from './stack.ts';
import { signUserToken } from '@crossfade/service/tokens';
import { ScriptedClient } from './scripted-client.ts';
import { startTranscribingLink, type TranscribingLink } from './transcribing-link.ts';

const media = { audio: true, video: false, screen: false };
const closing: (() => unknown)[] = [];
let link: TranscribingLink;
let url: string;

beforeAll(async () => {
  const { server, url: target } = await startMediaServer();
  closing.push(() => server.close());
  link = await startTranscribingLink(target);
  closing.push(() => link.close());
  const gateway = await startScriptedGateway({
    MEDIA_SERVER_URLS: link.url,
    P2P_MAX_PARTICIPANTS: '1',
    SWITCH_TIMEOUT_MS: '20000',
  });
  closing.push(() => gateway.close());
  url = gateway.url;
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

async function join(name: string, callId: string) {
  const token = signUserToken(userKey, { sub: name, name }, 60);
  const client = await ScriptedClient.connect(url, token);
  closing.push(() => client.close());
  return { client, me: await client.must('call:join', { callId, media }) };
}

/** Two people whose call runs on the media server. */
async function onTheMediaServer(callId: string) {
  const ann = await join(`ann-${callId}`, callId);
  const ben = await join(`ben-${callId}`, callId);
  const transitionId = ben.me.transition?.transitionId ?? '';
  for (const { client } of [ann, ben])
    await client.must('call:mode-switched', { callId, transitionId, success: true });
  await ann.client.phase('commit');
  return { ann, ben };
}

test('guesses and the final text come in order, to everyone in that call', async () => {
  const { ann, ben } = await onTheMediaServer('one');
  const other = await onTheMediaServer('two');
  const { participantId } = ann.me;
  const said = (text: string, final: boolean) => ({
    participantId,
    text,
    final,
    startMs: 0,
    endMs: 900,
    language: 'en',
  });
  link.say('one', said('hello', false));
  link.say('one', said('Hello, Ben.', true));
  for (const { client } of [ann, ben]) {
    await client.event('call:transcription', ({ final }) => final);
    expect(client.events.filter(({ name }) => name === 'call:transcription')).toEqual([
      { name: 'call:transcription', payload: { callId: 'one', ...said('hello', false) } },
      { name: 'call:transcription', payload: { callId: 'one', ...said('Hello, Ben.', true) } },
    ]);
  }
  // What the room tells next still counts: nothing of the numbering is out of order.
  const { epoch } = await ben.client.phase('commit');
  await ann.client.must('media:create-transport', { callId: 'one', epoch, direction: 'send' });
  link.say('one', { ...said('Good bye', true), startMs: 2_000 });
  await ben.client.event('call:transcription', ({ text }) => text === 'Good bye');
  expect(other.ann.client.events.map(({ name }) => name)).not.toContain('call:transcription');
});
