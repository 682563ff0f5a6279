/** A call over the real signalling, with a real media server behind it; the clients are scripted. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JoinAnswer } from '@crossfade/shared/signalling';
import { dtlsParameters, opus } from './media.ts';
import type { ScriptedClient } from './scripted-client.ts';
import { Stack } from './stack.ts';

const DWELL_MS = 300;
const media = { audio: true, video: true, screen: false };

let stack: Stack;
let calls = 0;

beforeAll(async () => {
  stack = await Stack.start({
    BACK_TO_P2P_DELAY_MS: String(DWELL_MS),
    SWITCH_TIMEOUT_MS: '1000',
    RESUME_WINDOW_MS: '1500',
  });
});
afterAll(() => stack.close());

interface Party {
  client: ScriptedClient;
  me: JoinAnswer;
}

/** People in a call of their own, joined one after the other. */
async function party(count: number): Promise<{ callId: string; people: Party[] }> {
  const callId = `call-${(calls += 1)}`;
  const people: Party[] = [];
  for (let i = 0; i < count; i += 1) {
    const client = await stack.client(`person${i}`);
    people.push({ client, me: await client.must('call:join', { callId, media }) });
  }
  return { callId, people };
}

async function confirmAll(callId: string, people: Party[], mode: 'p2p' | 'sfu') {
  const prepares = await Promise.all(
    people.map(({ client }) => client.phase('prepare', (message) => message.mode === mode)),
  );
  for (const [i, { client }] of people.entries()) {
    await client.must('call:mode-switched', {
      callId,
      transitionId: prepares[i]?.transitionId ?? '',
      success: true,
    });
  }
  return Promise.all(people.map(({ client }) => client.phase('commit', (message) => message.mode === mode)));
}

/** Makes send and receive transports and a microphone producer for one person. */
async function produce({ client }: Party, callId: string, epoch: number, ssrc: number) {
  const send = await client.must('media:create-transport', { callId, epoch, direction: 'send' });
  await client.must('media:connect-transport', { callId, epoch, transportId: send.id, dtlsParameters });
  const { id } = await client.must('media:produce', {
    callId,
    epoch,
    transportId: send.id,
    kind: 'audio',
    source: 'microphone',
    rtpParameters: opus(ssrc),
  });
  return { transportId: send.id, producerId: id };
}

describe('two people', () => {
  test('are peer-to-peer, see each other and exchange signals', async () => {
    const { callId, people } = await party(2);
    const [anna, ben] = people as [Party, Party];
    expect(ben.me).toMatchObject({ mode: 'p2p', epoch: 0, policy: { p2pMaxParticipants: 2 } });
    expect(ben.me.sfu).toBeUndefined();
    expect(ben.me.participants.map(({ displayName }) => displayName)).toEqual(['person0', 'person1']);
    const joined = await anna.client.event('call:participant-joined');
    expect(joined.participant).toMatchObject({ participantId: ben.me.participantId, media, connected: true });

    const description = { type: 'offer', sdp: 'v=0' } as const;
    await anna.client.must('call:signal', { callId, to: ben.me.participantId, epoch: 0, description });
    expect(await ben.client.event('call:signal')).toMatchObject({
      from: anna.me.participantId,
      epoch: 0,
      description,
    });

    await anna.client.must('call:update', { callId, media: { ...media, audio: false } });
    const updated = await ben.client.event('call:participant-updated');
    expect(updated.participant.media.audio).toBe(false);

    await ben.client.must('call:leave', { callId });
    expect(await anna.client.event('call:participant-left')).toMatchObject({ reason: 'left' });
  });
});

describe('a third person', () => {
  test('moves the call to the SFU; when one leaves it moves back; the records tell it', async () => {
    const { callId, people } = await party(3);
    const [anna, ben, carl] = people as [Party, Party, Party];
    // The third learns of the switch with the answer, for it has no old path.
    expect(carl.me.transition).toMatchObject({ mode: 'sfu', epoch: 1, initiator: carl.me.participantId });
    expect(carl.me.sfu?.rtpCapabilities.codecs?.length).toBeGreaterThan(0);

    const { producerId } = await produce(anna, callId, 1, 1001);
    const heard = await ben.client.event('new-producer');
    expect(heard).toMatchObject({ producerId, participantId: anna.me.participantId, source: 'microphone' });

    const receive = await ben.client.must('media:create-transport', { callId, epoch: 1, direction: 'recv' });
    await ben.client.must('media:connect-transport', {
      callId,
      epoch: 1,
      transportId: receive.id,
      dtlsParameters,
    });
    const { rtpCapabilities } = await ben.client.phase('prepare');
    const consumed = await ben.client.must('media:consume', {
      callId,
      epoch: 1,
      transportId: receive.id,
      producerIds: [producerId],
      rtpCapabilities: rtpCapabilities ?? {},
    });
    expect(consumed).toMatchObject({ consumers: [{ producerId, kind: 'audio' }], refused: [] });
    const consumerId = 'consumers' in consumed ? (consumed.consumers[0]?.id ?? '') : '';
    await ben.client.must('media:resume-consumer', { callId, epoch: 1, consumerId });

    const commits = await confirmAll(callId, people, 'sfu');
    expect(commits).toMatchObject(people.map(() => ({ epoch: 1, from: 'p2p' })));

    await anna.client.must('media:pause-producer', { callId, epoch: 1, producerId });
    expect(await ben.client.event('producer-paused')).toMatchObject({ producerId });
    await anna.client.must('media:resume-producer', { callId, epoch: 1, producerId });
    expect(await ben.client.event('producer-resumed')).toMatchObject({ producerId });

    await carl.client.must('call:leave', { callId });
    const back = await confirmAll(callId, [anna, ben], 'p2p');
    expect(back).toMatchObject([{ epoch: 2 }, { epoch: 2 }]);
    const transitionId = back[0]?.transitionId ?? '';
    await anna.client.must('call:mode-switched', {
      callId,
      transitionId,
      success: true,
      measured: { gapMs: 42 },
    });

    const token = await apiToken(callId);
    const decisions = await get(`/api/calls/${callId}/decisions`, token);
    expect(decisions['decisions']).toMatchObject([
      { target: 'p2p', rule: 'within-limit', inputs: { participants: 1 } },
      { target: 'p2p', rule: 'within-limit', inputs: { participants: 2 } },
      { target: 'sfu', rule: 'above-limit', inputs: { participants: 3 } },
      { target: 'sfu', rule: 'dwell', inputs: { participants: 2 } },
      { target: 'p2p', rule: 'within-limit', inputs: { participants: 2 } },
    ]);
    const record = await eventually(
      () => get(`/api/calls/${callId}`, token),
      (answer) => {
        const transitions = answer['transitions'] as { maxGapMs: number | null }[];
        return transitions[1]?.maxGapMs === 42;
      },
    );
    expect(record).toMatchObject({
      callId,
      endedAt: null,
      peakParticipants: 3,
      live: { phase: 'p2p', mode: 'p2p', epoch: 2 },
      participants: [
        { displayName: 'person0' },
        { displayName: 'person1' },
        { displayName: 'person2', leaveReason: 'left' },
      ],
      transitions: [
        {
          from: 'p2p',
          to: 'sfu',
          outcome: 'committed',
          epoch: 1,
          sfuRoomId: callId,
          reason: 'participants-above-limit',
        },
        { from: 'sfu', to: 'p2p', outcome: 'committed', epoch: 2, reason: 'participants-within-limit' },
      ],
    });
    const [up] = record['transitions'] as [{ durationMs: number; rtpCapabilities: { codecs: unknown[] } }];
    expect(up.durationMs).toBeGreaterThan(0);
    expect(up.rtpCapabilities.codecs.length).toBeGreaterThan(0);

    for (const { client } of [anna, ben]) await client.must('call:leave', { callId });
    await eventually(
      () => get(`/api/calls/${callId}`, token),
      (answer) => answer['endedAt'] !== null,
    );
    const kept = (await get(`/api/calls/${callId}/decisions`, token))['decisions'] as unknown[];
    expect(kept.slice(0, 5)).toEqual(decisions['decisions']);
  });

  test('whoever asks again because no answer came sends each track once', async () => {
    const { callId, people } = await party(3);
    const [anna, ben, carl] = people as [Party, Party, Party];
    await confirmAll(callId, people, 'sfu');
    const ask = async ({ client }: Party) => {
      const { id } = await client.must('media:create-transport', { callId, epoch: 1, direction: 'send' });
      return {
        callId,
        epoch: 1,
        transportId: id,
        kind: 'audio' as const,
        source: 'microphone' as const,
        rtpParameters: opus(1001),
        idempotencyKey: 'microphone-1',
      };
    };
    const asked = await ask(anna);
    const answers = [
      // Even while the first is under way.
      ...(await Promise.all([
        anna.client.must('media:produce', asked),
        anna.client.must('media:produce', asked),
      ])),
      await anna.client.must('media:produce', asked),
    ];
    const [first] = answers;
    expect(answers).toEqual([first, first, first]);
    const other = { ...asked, rtpParameters: opus(1002) };
    expect(await anna.client.codeOf('media:produce', other)).toBe('idempotency-key-reused');
    expect(await anna.client.codeOf('media:produce', { ...asked, idempotencyKey: 'two words' })).toBe(
      'validation-failed',
    );
    // Of another participant it is another key.
    const second = await ben.client.must('media:produce', await ask(ben));
    expect(second).not.toEqual(first);
    const proof = { participantId: carl.me.participantId, sessionId: carl.me.sessionId };
    const { sfu } = await carl.client.must('call:join', { callId, media, resume: proof });
    const made = sfu?.producers.map(({ producerId }) => producerId);
    expect(made?.sort()).toEqual([first?.id, second.id].sort());
  });

  test('who does not confirm in time keeps everyone peer-to-peer, and it is tried again', async () => {
    const { callId, people } = await party(3);
    const first = await people[0]?.client.phase('prepare');
    const aborts = await Promise.all(people.map(({ client }) => client.phase('abort')));
    expect(aborts).toMatchObject(people.map(() => ({ reason: 'deadline', mode: 'p2p', epoch: 0 })));
    const late = { callId, transitionId: first?.transitionId ?? '', success: true };
    expect(await people[0]?.client.codeOf('call:mode-switched', late)).toBe('transition-over');
    for (const { client } of people) client.forget();
    await confirmAll(callId, people, 'sfu');
  });
});

describe('sessions', () => {
  test('a lost connection comes back as the same participant', async () => {
    const { callId, people } = await party(2);
    const [anna, ben] = people as [Party, Party];
    ben.client.close();
    const lost = await anna.client.event('call:participant-updated');
    expect(lost.participant.connected).toBe(false);
    const again = await stack.client('person1');
    const { participantId, sessionId } = ben.me;
    const back = await again.must('call:join', { callId, media, resume: { participantId, sessionId } });
    expect(back.participantId).toBe(participantId);
    await anna.client.event('call:participant-updated', ({ participant }) => participant.connected);
    expect(anna.client.count('call:participant-left')).toBe(0);
  });

  test('who stays away is gone after the window', async () => {
    const { people } = await party(2);
    people[1]?.client.close();
    expect(await people[0]?.client.event('call:participant-left')).toMatchObject({
      reason: 'connection-lost',
    });
  });

  test('who goes while still joining is known to be gone', async () => {
    const { callId, people } = await party(1);
    const [anna] = people as [Party];
    const hasty = await stack.client('hasty');
    hasty.socket.emit('call:join', { callId, media });
    hasty.close();
    const { participant } = await anna.client.event('call:participant-joined');
    expect(await anna.client.event('call:participant-left')).toMatchObject({
      participantId: participant.participantId,
      reason: 'connection-lost',
    });
  });

  test('joining again on the same connection gives the same answer', async () => {
    const { callId, people } = await party(2);
    const [anna, ben] = people as [Party, Party];
    expect(await ben.client.must('call:join', { callId, media })).toEqual(ben.me);
    expect(anna.client.count('call:participant-updated')).toBe(0);
  });

  test('a user who joins elsewhere replaces their older session, and takes its media away', async () => {
    const { callId, people } = await party(3);
    const [anna, ben] = people as [Party, Party];
    await confirmAll(callId, people, 'sfu');
    const { producerId } = await produce(ben, callId, 1, 2001);
    await anna.client.event('new-producer', (event) => event.producerId === producerId);
    const other = await stack.client('person1');
    const { participantId } = await other.must('call:join', { callId, media });
    expect(participantId).not.toBe(ben.me.participantId);
    await ben.client.event('session:replaced');
    expect(await ben.client.codeOf('call:update', { callId, media })).toBe('not-joined');
    await anna.client.event('producer-closed', (event) => event.producerId === producerId);
    expect(await anna.client.event('call:participant-left')).toMatchObject({
      participantId: ben.me.participantId,
      reason: 'replaced',
    });
  });

  test('of two connections of one user that join at once exactly one stays', async () => {
    const { callId, people } = await party(1);
    const [anna] = people as [Party];
    const twins = [await stack.client('twin'), await stack.client('twin')];
    await Promise.all(twins.map((client) => client.request('call:join', { callId, media })));
    const codes = await Promise.all(twins.map((client) => client.codeOf('call:update', { callId, media })));
    expect(codes.sort()).toEqual(['not-joined', 'ok']);
    const { participants } = await anna.client.must('call:join', { callId, media });
    expect(participants.map(({ displayName }) => displayName)).toEqual(['person0', 'twin']);
  });

  test('a second connection with the session’s proof replaces the first', async () => {
    const { callId, people } = await party(2);
    const [, { client, me }] = people as [Party, Party];
    const other = await stack.client('person1');
    const { participantId, sessionId } = me;
    await other.must('call:join', { callId, media, resume: { participantId, sessionId } });
    await client.event('session:replaced');
    expect(await client.codeOf('call:update', { callId, media })).toBe('not-joined');
  });
});

async function get(path: string, token: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${stack.gateway.url}${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return (await response.json()) as Record<string, unknown>;
}

async function apiToken(callId: string): Promise<string> {
  const response = await fetch(`${stack.gateway.url}/api/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Reader', callId }),
  });
  return ((await response.json()) as { token: string }).token;
}

/** Records are written behind the call's back: asks until the condition holds. */
async function eventually<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    const answer = await ask();
    if (holds(answer) || tries > 100) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
