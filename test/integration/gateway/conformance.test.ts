/**
 * The same scenarios, unchanged, at both doors of the gateway and with both stores: who comes through one must not be able
 * to tell it from the other by what happens. Whoever else is in the call came through the other door, and, where gateways
 * share a store, at another gateway.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { signUserToken } from '@crossfade/service/tokens';
import type { Gateway } from '../../../gateway/src/app.ts';
import { plainWebSocket, Refused, socketIo, type CallClient, type DoorUnderTest } from './doors.ts';
import { RedisServer, redisProgram } from './redis.ts';
import { startMediaServer, startScriptedGateway, userKey } from './stack.ts';

const SETTINGS = {
  BACK_TO_P2P_DELAY_MS: '200',
  SWITCH_TIMEOUT_MS: '6000',
  RESUME_WINDOW_MS: '20000',
  ALLOWED_ORIGINS: 'https://app.example',
  TRUSTED_PROXIES: '127.0.0.1',
  MAX_SOCKETS_PER_USER: '3',
  MAX_SOCKET_MESSAGES_PER_SECOND: '50',
};

type Claims = Partial<Parameters<typeof signUserToken>[1]>;
type MediaServer = Awaited<ReturnType<typeof startMediaServer>>;

/** A store, and the gateways on it: the subject's, and that of everybody else. */
interface Ground {
  readonly name: string;
  start(mediaServerUrl: string): Promise<{ here: Gateway; elsewhere: Gateway; stop: () => Promise<void> }>;
}

const inMemory: Ground = {
  name: 'calls in memory',
  start: async (MEDIA_SERVER_URLS) => {
    const gateway = await startScriptedGateway({ ...SETTINGS, MEDIA_SERVER_URLS });
    return { here: gateway, elsewhere: gateway, stop: () => gateway.close() };
  },
};

const inRedis: Ground = {
  name: 'calls in Redis, two gateways',
  start: async (MEDIA_SERVER_URLS) => {
    const redis = await RedisServer.start();
    const settings = { ...SETTINGS, MEDIA_SERVER_URLS, REDIS_URL: redis.url };
    const here = await startScriptedGateway(settings);
    const elsewhere = await startScriptedGateway(settings);
    const stop = async () => {
      await here.close();
      await elsewhere.close();
      await redis.stop();
    };
    return { here, elsewhere, stop };
  },
};

const doors = [socketIo, plainWebSocket];
const grounds = redisProgram === undefined ? [inMemory] : [inMemory, inRedis];

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'ok';
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
};

describe.each(grounds)('$name', (ground) => {
  let media: MediaServer;
  let here: Gateway;
  let elsewhere: Gateway;
  let stop: () => Promise<void>;
  let names = 0;
  const open = new Set<CallClient>();

  beforeAll(async () => {
    media = await startMediaServer();
    ({ here, elsewhere, stop } = await ground.start(media.url));
  });
  afterEach(() => {
    for (const client of open) client.close();
    open.clear();
  });
  afterAll(async () => {
    await stop();
    await media.server.close();
  });

  const fresh = (what: string) => `${what}-${String((names += 1))}`;
  const tokenOf = (sub: string, claims: Claims = {}, lifetimeS = 60) =>
    signUserToken(userKey, { sub, name: sub, ...claims }, lifetimeS);
  const connect = async (
    door: DoorUnderTest,
    url: string,
    sub: string,
    claims?: Claims,
    lifetimeS?: number,
  ) => {
    const client = await door.connect(url, tokenOf(sub, claims, lifetimeS));
    open.add(client);
    return client;
  };

  describe.each(doors)('at $name', (door) => {
    const otherDoor = door === socketIo ? plainWebSocket : socketIo;
    /** The one whose door is looked at. */
    const subject = (sub = fresh('subject'), claims?: Claims, lifetimeS?: number) =>
      connect(door, here.url, sub, claims, lifetimeS);
    /** Somebody else in the call. */
    const other = (sub = fresh('other'), claims?: Claims) => connect(otherDoor, elsewhere.url, sub, claims);
    const both = async () => {
      const callId = fresh('call');
      const [ann, ben] = [await subject(), await other()];
      const [a, b] = [await ann.join(callId), await ben.join(callId)];
      return { callId, ann, ben, a, b };
    };

    test('who joins sees who is there, and is seen; once more, nothing changes', async () => {
      const { callId, ann, ben, a, b } = await both();
      await ann.sees(callId, [a.participantId, b.participantId]);
      await ben.sees(callId, [a.participantId, b.participantId]);
      expect(await ann.join(callId)).toEqual(a);
      expect(await ben.join(callId)).toEqual(b);
      await ann.sees(callId, [a.participantId, b.participantId]);
    });

    test('who leaves is gone for the others, and has to join again', async () => {
      const { callId, ann, ben, b } = await both();
      await ann.leave(callId);
      await ben.sees(callId, [b.participantId]);
      expect(await codeOf(ann.leave(callId))).toBe('not-joined');
      expect(await codeOf(ann.speak(callId))).toBe('not-joined');
      const again = await ann.join(callId);
      await ben.sees(callId, [again.participantId, b.participantId]);
    });

    test('who is cut off is waited for, and is the same after resuming', async () => {
      const { callId, ben, a, b } = await both();
      const user = fresh('resumes');
      const ann = await subject(user);
      const first = await ann.join(callId);
      ann.cut();
      const all = [a.participantId, b.participantId, first.participantId];
      await ben.sees(callId, all, [first.participantId]);
      const back = await subject(user);
      expect(await back.join(callId, first)).toEqual(first);
      await ben.sees(callId, all);
    });

    test('a user has one session: the older connection is told that it is out', async () => {
      const { callId, ben, a, b } = await both();
      const user = fresh('twice');
      const [ann, tab] = [await subject(user), await connect(door, elsewhere.url, user)];
      const old = await ann.join(callId);
      const young = await tab.join(callId);
      expect(young.participantId).not.toBe(old.participantId);
      expect(await ann.farewell(callId)).toBe('replaced');
      await ben.sees(callId, [a.participantId, b.participantId, young.participantId]);
      expect(await codeOf(ann.leave(callId))).toBe('not-joined');
      await tab.leave(callId);
    });

    test('a session goes on at the other door', async () => {
      const { callId, ben, b } = await both();
      const user = fresh('moves');
      const ann = await subject(user);
      const first = await ann.join(callId);
      const there = await connect(otherDoor, elsewhere.url, user);
      expect(await there.join(callId, first)).toEqual(first);
      expect(await ann.farewell(callId)).toBe('replaced');
      expect(first.participantId).not.toBe(b.participantId);
      await ben.leave(callId);
    });

    test('both hear each other, whoever was there first', async () => {
      const { callId, ann, ben } = await both();
      const [fromAnn, fromBen] = [await ann.publish(callId), await ben.publish(callId)];
      expect(await ben.hear(callId, fromAnn)).toBe('audio');
      expect(await ann.hear(callId, fromBen)).toBe('audio');
    });

    test('nothing of others: a token for another call, without a grant, of a call one is not in', async () => {
      const { callId, ann } = await both();
      const stranger = await subject(fresh('stranger'), { calls: ['another-*'] });
      expect(await codeOf(stranger.join(callId))).toBe('forbidden');
      expect(await codeOf(stranger.leave(callId))).toBe('not-joined');
      const listener = await subject(fresh('listener'), {
        grants: { publish: false, subscribe: true, moderate: false },
      });
      await listener.join(callId);
      expect(await codeOf(listener.publish(callId))).toBe('forbidden');
      const speaker = await subject(fresh('speaker'), {
        grants: { publish: true, subscribe: false, moderate: false },
      });
      await speaker.join(callId);
      expect(await codeOf(speaker.hear(callId, await ann.publish(callId)))).toBe('forbidden');
    });

    test('the floor is one, whichever door asks', async () => {
      const callId = fresh('floor');
      const policy = { requires: ['push-to-talk' as const] };
      const [ann, ben] = [await subject(undefined, { policy }), await other(undefined, { policy })];
      const [a, b] = [await ann.join(callId), await ben.join(callId)];
      expect(await ann.speak(callId)).toBe(true);
      await ben.knowsSpeaker(callId, a.participantId);
      await ann.knowsSpeaker(callId, a.participantId);
      expect(await ben.speak(callId)).toBe(false);
      await ann.finish(callId);
      await ann.knowsSpeaker(callId, b.participantId);
      await ben.knowsSpeaker(callId, b.participantId);
      await ben.finish(callId);
      await ann.knowsSpeaker(callId, null);
    });

    test('chat and signals, where the door has them', async () => {
      const { callId, ann, ben, b } = await both();
      const listener = await connect(socketIo, elsewhere.url, fresh('reader'));
      await listener.join(callId);
      for (const client of [ann, ben]) {
        await client.chat?.send(callId, 'hello');
        if (client.chat) await listener.chat?.hears('hello');
      }
      expect(await codeOf(ann.signals?.send(callId, 'nobody') ?? Promise.resolve())).toBe(
        ann.signals ? 'participant-not-found' : 'ok',
      );
      expect(b.participantId).toBeTruthy();
    });

    test('who asks on and on is told, and closed; the other hardly notices', async () => {
      const { callId, ann, ben, b } = await both();
      const rude = await subject();
      const told = rude.ended();
      await rude.flood();
      expect(await told).toBe('rate-limited');
      expect(await ann.join(callId)).toBeTruthy();
      expect(await ben.join(callId)).toEqual(b);
    });

    test('what is nonsense is refused; what is too large or binary closes that connection only', async () => {
      const { callId, ann, ben, b } = await both();
      expect(await codeOf(ann.nonsense())).toBe('route-not-found');
      expect(await codeOf(ann.tooDeep())).toBe('payload-too-large');
      const [large, binary] = [await subject(), await subject()];
      const ends = [large.ended(), binary.ended()];
      large.tooLarge();
      binary.binary();
      await Promise.all(ends);
      expect(await ann.join(callId)).toBeTruthy();
      expect(await ben.join(callId)).toEqual(b);
    });

    test('no token, a bad one, too many connections: not let in, and why', async () => {
      const attempt = (token: string | undefined) => codeOf(door.connect(here.url, token));
      expect(await attempt(undefined)).toBe('unauthenticated');
      expect(await attempt('nonsense')).toBe('unauthenticated');
      expect(await attempt(tokenOf('late', {}, -120))).toBe('unauthenticated');
      const user = fresh('tabs');
      for (let tab = 0; tab < 3; tab += 1) await subject(user);
      expect(await attempt(tokenOf(user))).toBe('quota-exceeded');
    });

    test('pages of other origins are not let in', async () => {
      const token = tokenOf(fresh('page'));
      expect(await door.upgradeFrom('https://evil.example', here.url, token)).toBe(403);
      expect(await door.upgradeFrom('https://app.example', here.url, token)).toBe(101);
    });

    test('a token that is over ends the connection, and the session goes on with another one', async () => {
      const { callId, ben, a, b } = await both();
      const user = fresh('expiring');
      // Clocks may be 30 s apart: this one is good for another second or two.
      const ann = await subject(user, {}, -28);
      const first = await ann.join(callId);
      expect(await ann.ended()).toBe('unauthenticated');
      const back = await subject(user);
      expect(await back.join(callId, first)).toEqual(first);
      await ben.sees(callId, [a.participantId, b.participantId, first.participantId]);
    });
  });

  test('a gateway that stops: everyone at it is closed, at both doors', async () => {
    const callId = fresh('stops');
    const people = await Promise.all(doors.map((door) => connect(door, here.url, fresh('stopped'))));
    for (const client of people) await client.join(callId);
    const ends = people.map((client) => client.ended());
    const closing = here.close();
    await Promise.all(ends);
    await closing;
    for (const door of doors)
      expect(await door.connect(here.url, tokenOf('late')).catch(() => null)).toBeNull();
  });
});
