/**
 * A gateway that is stopped between reading a call and writing it, for longer than its lease, whatever its clock says: when
 * it goes on, what it decided on the old state is refused, and the state stays as it is.
 */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { signUserToken } from '@crossfade/service/tokens';
import { startGatewayProcess } from './gateway-process.ts';
import { startHoldingLink } from './holding-link.ts';
import { RedisServer, redisProgram } from './redis.ts';
import { ScriptedClient } from './scripted-client.ts';
import { soon } from './soon.ts';
import { startScriptedGateway, userKey } from './stack.ts';
import type { Gateway } from '../../../gateway/src/app.ts';

jest.setTimeout(120_000);

const CLOCK = path.join(import.meta.dirname, 'shifted-clock.mjs');
const media = { audio: true, video: true, screen: false };
const SETTINGS = { MEDIA_SERVER_URLS: 'http://127.0.0.1:9', RESUME_WINDOW_MS: '500' };
const LIMIT_MS = 30_000;

(redisProgram === undefined ? describe.skip : describe)(
  'a gateway that hangs between reading and writing',
  () => {
    let redis: RedisServer;
    let stays: Gateway;
    beforeAll(async () => {
      redis = await RedisServer.start();
      stays = await startScriptedGateway({ ...SETTINGS, REDIS_URL: redis.url });
    });
    afterAll(async () => {
      await stays.close();
      await redis.stop();
    });

    const person = (url: string, name: string) =>
      ScriptedClient.connect(url, signUserToken(userKey, { sub: name, name }, 600));
    const stored = (callId: string) =>
      redis.command('HGETALL', `crossfade:call:${callId}`) as Promise<string[]>;

    const goesStale = async (shiftMs: number) => {
      const callId = `call-${String(shiftMs)}`;
      const link = await startHoldingLink(redis.url);
      const hangs = await startGatewayProcess(
        {
          ...SETTINGS,
          REDIS_URL: `redis://127.0.0.1:${String(link.port)}`,
          CLOCK_SHIFT_MS: String(shiftMs),
        },
        ['--import', CLOCK],
      );
      const ben = await person(stays.url, `ben-${callId}`);
      const ann = await person(hangs.url, `ann-${callId}`);
      let again: ScriptedClient | undefined;
      try {
        await ben.must('call:join', { callId, media });
        const { participantId } = await ann.must('call:join', { callId, media });
        await ben.event('call:participant-joined');

        const read = link.hold('EVALSHA', `news:${callId}`);
        const answered = ann
          .codeOf('call:update', { callId, media: { ...media, audio: false } })
          .catch(() => 'disconnected');
        const sentBack = new Promise((resolve) => ann.socket.once('disconnect', resolve));
        await read;
        hangs.signal('SIGSTOP');
        link.release();
        // It is missed, and Ann with it, by the clock of Redis.
        await soon(
          () => Promise.resolve(ben.count('call:participant-left')),
          (count) => count > 0,
          LIMIT_MS,
        );
        await ben.event('call:participant-left', (left) => left.participantId === participantId);
        const before = await stored(callId);
        expect(before.join()).not.toContain(participantId);
        const refusals = link.answers().split('conflict').length;

        hangs.signal('SIGCONT');
        // Too late for an answer, as a rule; and whoever was missed is not left to believe that they are in the call.
        expect(['timeout', 'not-joined', 'disconnected']).toContain(await answered);
        await sentBack;
        const refused = () => Promise.resolve(link.answers().split('conflict').length - refusals);
        expect(await soon(refused, (count) => count > 0)).toBe(1);
        expect(await stored(callId)).toEqual(before);
        expect(ben.count('call:participant-updated')).toBe(1);
        // It is one of the gateways again.
        again = await person(hangs.url, `ann-${callId}`);
        await again.must('call:join', { callId, media });
        await ben.event(
          'call:participant-joined',
          ({ participant }) => participant.participantId !== participantId,
        );
      } finally {
        again?.close();
        ann.close();
        ben.close();
        await hangs.stop();
        await link.close();
      }
    };

    test('is refused, with a clock that is two minutes behind or ahead', async () => {
      await Promise.all([-120_000, 120_000].map(goesStale));
    });
  },
);
