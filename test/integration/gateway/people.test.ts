/** Chat and moderation over the real signalling, enforced on a real media server. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CodedError } from '@crossfade/shared/errors';
import type { Gateway } from '../../../gateway/src/app.ts';
import { MediaServerClient } from '../../../gateway/src/media-client/http.ts';
import { openEmbedded } from '../../../gateway/src/store/database.ts';
import { signServiceToken, signUserToken } from '@crossfade/service/tokens';
import type { JoinAnswer } from '@crossfade/shared/signalling';
import { opus } from './media.ts';
import type { ScriptedClient } from './scripted-client.ts';
import { soon } from './soon.ts';
import { serviceKey, Stack, startScriptedGateway, userKey } from './stack.ts';

const media = { audio: true, video: true, screen: false };
const moderator = { grants: { moderate: true } };

let stack: Stack;
let calls = 0;

beforeAll(async () => {
  stack = await Stack.start({ BACK_TO_P2P_DELAY_MS: '0' });
});
afterAll(() => stack.close());

interface Party {
  client: ScriptedClient;
  me: JoinAnswer;
}

/** People in a call of their own; the first is a moderator. */
async function party(count: number): Promise<{ callId: string; people: Party[] }> {
  const callId = `people-${(calls += 1)}`;
  const people: Party[] = [];
  for (let i = 0; i < count; i += 1) {
    const client = await stack.client(`person${i}`, i === 0 ? moderator : {});
    people.push({ client, me: await client.must('call:join', { callId, media }) });
  }
  return { callId, people };
}

async function confirmAll(callId: string, people: Party[], mode: 'p2p' | 'sfu') {
  const prepares = await Promise.all(
    people.map(({ client }) => client.phase('prepare', (message) => message.mode === mode)),
  );
  for (const [i, { client }] of people.entries()) {
    const transitionId = prepares[i]?.transitionId ?? '';
    await client.must('call:mode-switched', { callId, transitionId, success: true });
  }
  await Promise.all(people.map(({ client }) => client.phase('commit', (message) => message.mode === mode)));
}

async function restOf(callId: string) {
  const authorization = `Bearer ${signUserToken(userKey, { sub: 'api', name: 'api' }, 60)}`;
  const answer = await fetch(`${stack.gateway.url}/api/calls/${callId}`, { headers: { authorization } });
  return (await answer.json()) as Record<string, unknown> & {
    participants: { participantId: string; producers: unknown[]; transports: unknown[] }[];
  };
}

describe('chat', () => {
  const texts = ({ messages }: { messages: { text: string }[] }) => messages.map(({ text }) => text);

  test('is told once, resent after a resumption too, and read by who comes later', async () => {
    const { callId, people } = await party(2);
    const [anna, ben] = people as [Party, Party];
    const message = { callId, text: 'Hello\nyou', clientMessageId: 'm1' };
    const sent = await anna.client.must('chat:send', message);
    for (const { client } of people) {
      const told = await client.event('chat:message');
      expect(told).toEqual({
        callId,
        messageId: sent.messageId,
        at: sent.at,
        participantId: anna.me.participantId,
        userId: 'user-person0',
        displayName: 'person0',
        text: 'Hello\nyou',
      });
    }
    // The answer was lost with the connection: the same participant sends it again.
    anna.client.close();
    const again = await stack.client('person0', moderator);
    const { participantId, sessionId } = anna.me;
    await again.must('call:join', { callId, media, resume: { participantId, sessionId } });
    expect(await again.must('chat:send', message)).toEqual(sent);
    await ben.client.must('chat:send', { callId, text: 'Hi', clientMessageId: 'm1' });
    await ben.client.event('chat:message', ({ text }) => text === 'Hi');
    expect(ben.client.count('chat:message')).toBe(2);

    const late = await stack.client('late');
    await late.must('call:join', { callId, media });
    const newest = await late.must('chat:history', { callId, limit: 1 });
    expect(texts(newest)).toEqual(['Hi']);
    const older = await late.must('chat:history', { callId, cursor: newest.nextCursor ?? '' });
    expect(texts(older)).toEqual(['Hello\nyou']);
    expect(older.nextCursor).toBeNull();
  });

  test("of a call is nobody else's, and the next call of that id begins without", async () => {
    const { callId, people } = await party(1);
    const [anna] = people as [Party];
    await anna.client.must('chat:send', { callId, text: 'secret', clientMessageId: '1' });
    const other = await stack.client('other');
    const elsewhere = `${callId}-other`;
    await other.must('call:join', { callId: elsewhere, media });
    expect(await other.codeOf('chat:history', { callId })).toBe('not-joined');
    expect(await other.codeOf('chat:send', { callId, text: 'x', clientMessageId: '1' })).toBe('not-joined');
    expect(texts(await other.must('chat:history', { callId: elsewhere }))).toEqual([]);
    expect(other.count('chat:message')).toBe(0);

    await anna.client.must('call:leave', { callId });
    expect(await anna.client.codeOf('chat:history', { callId })).toBe('not-joined');
    await other.must('call:join', { callId, media });
    expect(texts(await other.must('chat:history', { callId }))).toEqual([]);
  });

  test('what is wrong is refused', async () => {
    const { callId } = await party(1);
    const silent = await stack.client('silent', { grants: { publish: false } });
    await silent.must('call:join', { callId, media });
    const good = { callId, text: 'x'.repeat(4_000), clientMessageId: 'a' };
    expect(await silent.codeOf('chat:send', good)).toBe('forbidden');
    const ben = await stack.client('ben');
    await ben.must('call:join', { callId, media });
    for (const wrong of [
      { text: 'x'.repeat(4_001) },
      { text: '\u200b\u2060\u0000' },
      { text: 7 },
      { clientMessageId: 'x'.repeat(65) },
      { clientMessageId: undefined },
    ])
      expect(await ben.codeOf('chat:send', { ...good, ...wrong })).toBe('validation-failed');
    for (const wrong of [{ limit: 0 }, { limit: 201 }, { cursor: 'x' }, { cursor: 'x'.repeat(257) }])
      expect(await ben.codeOf('chat:history', { callId, ...wrong })).toMatch(/^(validation-failed|ok)$/);
    expect(await ben.codeOf('chat:send', good)).toBe('ok');
    expect((await silent.event('chat:message')).text).toHaveLength(4_000);
  });
});

describe('moderation', () => {
  /** The media server as it is, and what somebody could do who got around the gateway. */
  async function withMediaServer<T>(use: (api: MediaServerClient) => Promise<T>): Promise<T> {
    const token = signServiceToken(serviceKey, { subject: 'test', lifetimeS: 60 });
    const api = new MediaServerClient(stack.media.url, () => token, {
      ended: () => undefined,
      retried: () => undefined,
      circuitOpened: () => undefined,
    });
    try {
      return await use(api);
    } finally {
      await api.close();
    }
  }
  const producersOf = (callId: string) =>
    withMediaServer(async (api) => {
      const { producers } = await api.room({ roomId: callId });
      return producers.map(({ producerId, source, paused }) => ({ producerId, source, paused }));
    });
  const eventually = async (callId: string, expected: unknown) => {
    const same = (found: unknown) => JSON.stringify(found) === JSON.stringify(expected);
    expect(await soon(() => producersOf(callId), same)).toEqual(expected);
  };

  async function send({ client }: Party, callId: string, epoch: number) {
    const { id: transportId } = await client.must('media:create-transport', {
      callId,
      epoch,
      direction: 'send',
    });
    let ssrc = 100;
    const produce = (source: 'microphone' | 'screen-audio', paused = false) => ({
      callId,
      epoch,
      transportId,
      kind: 'audio' as const,
      source,
      paused,
      rtpParameters: opus((ssrc += 1)),
    });
    return { transportId, produce };
  }

  test('who is muted is held back by the media server, and nothing they ask for changes that', async () => {
    const { callId, people } = await party(3);
    const [mo, ben, cleo] = people as [Party, Party, Party];
    await confirmAll(callId, people, 'sfu');
    const { transportId, produce } = await send(ben, callId, 1);
    const { id: producerId } = await ben.client.must('media:produce', produce('microphone'));
    const mute = { callId, participantId: ben.me.participantId };

    await mo.client.must('moderate:mute', mute);
    for (const { client } of people) {
      const { participant } = await client.event(
        'call:participant-updated',
        (event) => event.participant.blocked !== undefined,
      );
      expect(participant).toMatchObject({ media: { audio: false, video: true }, blocked: ['audio'] });
    }
    expect(await cleo.client.event('producer-paused')).toMatchObject({ producerId });
    const held = [{ producerId, source: 'microphone', paused: true }];
    await eventually(callId, held);

    const own = { callId, epoch: 1, producerId };
    expect(await ben.client.codeOf('media:resume-producer', own)).toBe('blocked-by-moderator');
    expect(await ben.client.codeOf('media:produce', produce('microphone'))).toBe('blocked-by-moderator');
    // A voice that is said to be the sound of a screen is one all the same.
    expect(await ben.client.codeOf('media:produce', produce('screen-audio'))).toBe('blocked-by-moderator');
    await ben.client.must('call:update', { callId, media });
    expect((await restOf(callId))['live']).toMatchObject({
      participants: [{}, { media: { audio: false }, blocked: ['audio'] }, {}],
    });

    // What flows in spite of it, whoever made it flow, is paused at once.
    await withMediaServer((api) => api.resumeProducer({ roomId: callId }, producerId));
    await cleo.client.event('producer-resumed');
    await eventually(callId, held);
    const { id: behind } = await withMediaServer((api) =>
      api.produce({ roomId: callId, participantId: ben.me.participantId }, transportId, {
        kind: 'audio',
        source: 'microphone',
        rtpParameters: opus(999),
      }),
    );
    await eventually(callId, [...held, { producerId: behind, source: 'microphone', paused: true }]);

    // Through a resumption, too.
    ben.client.close();
    const again = await stack.client('person1');
    const { participantId, sessionId } = ben.me;
    const back = await again.must('call:join', { callId, media, resume: { participantId, sessionId } });
    expect(back.participants[1]).toMatchObject({ blocked: ['audio'], media: { audio: false } });
    expect(await again.codeOf('media:resume-producer', own)).toBe('blocked-by-moderator');

    await mo.client.must('moderate:mute', { ...mute, muted: false });
    await again.must('media:resume-producer', own);
    await eventually(callId, [
      { ...held[0], paused: false },
      { producerId: behind, source: 'microphone', paused: true },
    ]);
    // What was made is in the records.
    const recorded = await soon(
      () => restOf(callId),
      ({ participants }) => participants[1]?.producers.length === 1,
    );
    expect(recorded.participants[1]).toMatchObject({
      sessions: [{ reason: 'connection-lost' }, { disconnectedAt: null }],
      transports: [{ transportId, direction: 'send' }],
      producers: [{ producerId, transportId, kind: 'audio', source: 'microphone' }],
    });
  });

  test('two people are on the media server for as long as one of them is muted', async () => {
    const { callId, people } = await party(2);
    const [mo, ben] = people as [Party, Party];
    const mute = { callId, participantId: ben.me.participantId };
    await mo.client.must('moderate:mute', mute);
    expect(await ben.client.phase('prepare')).toMatchObject({ mode: 'sfu', reason: 'requirement' });
    // What is made for the new path is held back before the call is there.
    const { produce } = await send(ben, callId, 1);
    expect(await ben.client.codeOf('media:produce', produce('microphone'))).toBe('blocked-by-moderator');
    const { id: producerId } = await ben.client.must('media:produce', produce('microphone', true));
    await confirmAll(callId, people, 'sfu');
    await eventually(callId, [{ producerId, source: 'microphone', paused: true }]);
    await mo.client.must('moderate:mute', { ...mute, muted: false });
    await confirmAll(callId, people, 'p2p');
  });

  test('a screen is closed, and no other is made', async () => {
    const { callId, people } = await party(3);
    const [mo, ben, cleo] = people as [Party, Party, Party];
    await confirmAll(callId, people, 'sfu');
    const { produce } = await send(ben, callId, 1);
    const { id: producerId } = await ben.client.must('media:produce', produce('screen-audio'));
    await mo.client.must('moderate:mute', { callId, participantId: ben.me.participantId, kind: 'screen' });
    expect(await cleo.client.event('producer-closed')).toMatchObject({ producerId });
    await eventually(callId, []);
    expect(await ben.client.codeOf('media:produce', produce('screen-audio', true))).toBe(
      'blocked-by-moderator',
    );
    expect(await ben.client.codeOf('media:produce', produce('microphone'))).toBe('ok');
  });

  test('who is removed hears why, is gone from the media server, and does not come back', async () => {
    const { callId, people } = await party(3);
    const [mo, ben, cleo] = people as [Party, Party, Party];
    await confirmAll(callId, people, 'sfu');
    const { produce } = await send(ben, callId, 1);
    await ben.client.must('media:produce', produce('microphone'));
    const { participantId, sessionId } = ben.me;
    await mo.client.must('moderate:remove', { callId, participantId, reason: 'Bye\u202e' });
    expect(await ben.client.event('call:ended')).toEqual({ callId, reason: 'removed', message: 'Bye' });
    expect(await cleo.client.event('call:participant-left')).toEqual({
      callId,
      participantId,
      reason: 'removed',
    });
    expect(cleo.client.count('call:ended')).toBe(0);
    await eventually(callId, []);

    // Nothing of the call reaches them any more, and nothing from them the call.
    ben.client.forget();
    await mo.client.must('chat:send', { callId, text: 'gone', clientMessageId: '1' });
    await cleo.client.event('chat:message');
    expect(await ben.client.codeOf('chat:history', { callId })).toBe('not-joined');
    expect(ben.client.events).toEqual([]);
    const again = await stack.client('person1');
    for (const resume of [undefined, { participantId, sessionId }])
      expect(await again.codeOf('call:join', { callId, media, resume })).toBe('removed-from-call');
  });

  test('a locked call lets those in who were, and nobody else', async () => {
    const { callId, people } = await party(2);
    const [mo, ben] = people as [Party, Party];
    await mo.client.must('moderate:lock', { callId });
    expect(await ben.client.event('call:updated')).toEqual({ callId, locked: true, policy: {} });
    const late = await stack.client('late');
    expect(await late.codeOf('call:join', { callId, media })).toBe('call-locked');
    ben.client.close();
    const again = await stack.client('person1');
    const { participantId, sessionId } = ben.me;
    const back = await again.must('call:join', { callId, media, resume: { participantId, sessionId } });
    expect(back).toMatchObject({ participantId, locked: true });
    await mo.client.must('moderate:lock', { callId, locked: false });
    expect(await late.codeOf('call:join', { callId, media })).toBe('ok');
  });

  test('a call that is ended is over for everyone, and the next one is new', async () => {
    const { callId, people } = await party(3);
    await confirmAll(callId, people, 'sfu');
    await people[0]?.client.must('moderate:end', { callId });
    for (const { client } of people)
      expect(await client.event('call:ended')).toEqual({ callId, reason: 'ended' });
    const room = () =>
      producersOf(callId).then(
        () => 'there',
        (error: unknown) => (error instanceof CodedError ? error.code : error),
      );
    expect(await soon(room, (found) => found !== 'there')).toBe('room-not-found');
    const before = await soon(
      () => restOf(callId),
      ({ endedAt }) => endedAt !== null,
    );
    expect(before).toMatchObject({
      live: null,
      participants: people.map(() => ({ leaveReason: 'ended', sessions: [{ reason: 'ended' }] })),
    });
    for (const { client } of people) client.forget();
    const late = await stack.client('late');
    await late.must('call:join', { callId, media });
    await late.must('chat:send', { callId, text: 'new', clientMessageId: '1' });
    const after = await soon(
      () => restOf(callId),
      ({ recordId }) => recordId !== before['recordId'],
    );
    expect(after['recordId']).not.toBe(before['recordId']);
    for (const { client } of people) expect(client.events).toEqual([]);
  });

  test('is for moderators, in their own call, and of those who are in it', async () => {
    const { callId, people } = await party(2);
    const [mo, ben] = people as [Party, Party];
    const { callId: other, people: others } = await party(2);
    const target = { callId, participantId: mo.me.participantId };
    const all = {
      'moderate:mute': target,
      'moderate:remove': target,
      'moderate:lock': { callId },
      'moderate:end': { callId },
    };
    const stranger = others[0]?.client;
    for (const [name, request] of Object.entries(all)) {
      expect([name, await ben.client.codeOf(name, request)]).toEqual([name, 'forbidden']);
      expect([name, await stranger?.codeOf(name, request)]).toEqual([name, 'not-joined']);
    }
    for (const name of ['moderate:mute', 'moderate:remove'])
      for (const participantId of ['nobody', others[1]?.me.participantId])
        expect(await mo.client.codeOf(name, { callId, participantId })).toBe('participant-not-found');
    expect(await mo.client.codeOf('moderate:remove', target)).toBe('validation-failed');
    const wrong = { callId, participantId: ben.me.participantId };
    expect(await mo.client.codeOf('moderate:mute', { ...wrong, kind: 'smell' })).toBe('validation-failed');
    expect(await mo.client.codeOf('moderate:mute', { ...wrong, muted: 'no' })).toBe('validation-failed');
    expect(await mo.client.codeOf('moderate:remove', { ...wrong, reason: 'x'.repeat(201) })).toBe(
      'validation-failed',
    );
    expect(await mo.client.codeOf('moderate:lock', { callId: '' })).toBe('validation-failed');
    for (const each of [callId, other])
      expect((await restOf(each))['live']).toMatchObject({ participants: [{}, {}] });
    for (const { client } of people) expect(client.count('call:ended')).toBe(0);
  });
});

test('records that are old are deleted while the gateway runs', async () => {
  const records = await openEmbedded(undefined);
  await records.write([
    { type: 'call-started', recordId: 'old', callId: 'old', at: 0 },
    { type: 'call-ended', recordId: 'old', at: Date.now() - 2 * 86_400_000, decisions: [] },
  ]);
  const gateway: Gateway = await startScriptedGateway({ RECORD_RETENTION_DAYS: '1' }, () =>
    Promise.resolve(records),
  );
  try {
    expect(
      await soon(
        () => records.find('old'),
        (found) => found === null,
      ),
    ).toBeNull();
  } finally {
    await gateway.close();
  }
});
