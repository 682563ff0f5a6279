import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { NoInvitation, Unreachable, fetchToken } from './token.ts';

const answerWith = (status: number, body: unknown) =>
  jest.spyOn(globalThis, 'fetch').mockResolvedValue(Response.json(body, { status }));

afterEach(() => {
  jest.restoreAllMocks();
});

describe('fetchToken', () => {
  test('asks the service for a token for this name and call', async () => {
    const request = answerWith(201, { token: 'a.b.c', userId: 'u', expiresAt: '2030-01-01T00:00:00Z' });
    await expect(fetchToken('Ana', 'amber-river-42', null)).resolves.toBe('a.b.c');
    expect(request.mock.calls[0]?.[1]?.body).toBe('{"name":"Ana","callId":"amber-river-42"}');
  });

  test('asks for the same user again, so that a lost session can be resumed with the next token', async () => {
    const request = answerWith(201, { token: 'a.b.c', userId: 'u', expiresAt: '2030-01-01T00:00:00Z' });
    await fetchToken('Ana', 'amber-river-42', null);
    expect(request.mock.calls[0]?.[1]?.body).toBe('{"name":"Ana","callId":"amber-river-42","userId":"u"}');
  });

  test('says what the call is to be like if this person starts it', async () => {
    const request = answerWith(201, { token: 'a.b.c', userId: 'u', expiresAt: '2030-01-01T00:00:00Z' });
    await fetchToken('Ana', 'amber-river-42', null, { requires: ['push-to-talk'] });
    const body = JSON.parse(request.mock.calls[0]?.[1]?.body as string) as object;
    expect(body).toMatchObject({ policy: { requires: ['push-to-talk'] } });
  });

  test('takes the token of the invitation where the service has none to give', async () => {
    answerWith(404, {});
    await expect(fetchToken('Ana', 'amber-river-42', 'x.y.z')).resolves.toBe('x.y.z');
  });

  test('tells a missing invitation, an unreachable service and a refusal apart', async () => {
    answerWith(404, {});
    await expect(fetchToken('Ana', 'amber-river-42', null)).rejects.toBeInstanceOf(NoInvitation);
    jest.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('fetch failed'));
    await expect(fetchToken('Ana', 'amber-river-42', 'x.y.z')).rejects.toBeInstanceOf(Unreachable);
    answerWith(429, { code: 'rate-limited' });
    await expect(fetchToken('Ana', 'amber-river-42', null)).rejects.toMatchObject({ code: 'rate-limited' });
    jest.spyOn(globalThis, 'fetch').mockResolvedValue(new Response('<html>', { status: 502 }));
    await expect(fetchToken('Ana', 'amber-river-42', null)).rejects.toMatchObject({ code: 'internal' });
  });
});
