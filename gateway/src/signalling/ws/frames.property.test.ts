/** Whatever a client of `/ws` sends: it is answered or passed over, with its own id, and nothing is thrown. */
import { describe, expect, test } from '@jest/globals';
import { CodedError } from '@crossfade/shared/errors';
import { pttFrameSchema, pttRequestNames } from '@crossfade/shared/ptt';
import fc from 'fast-check';
import { answerFrame, errorFrame, eventFrame, readFrame } from './frames.ts';

/** What has no JSON is none. */
const textOf = (value: unknown) => (JSON.stringify(value) as string | undefined) ?? 'null';
const idSchema = pttFrameSchema.pick({ id: true });

const types = fc.oneof(
  fc.constantFrom(...pttRequestNames, 'ping', 'pong', 'error', '__proto__', 'constructor', 'toString', ''),
  fc.string({ maxLength: 80 }),
);
const ids = fc.oneof(fc.string({ maxLength: 70 }), fc.integer(), fc.double(), fc.constant(null), fc.object());
const frames = fc.record(
  { type: fc.oneof(types, fc.anything()), id: ids, data: fc.jsonValue(), more: fc.jsonValue() },
  { requiredKeys: [] },
);

describe('a frame', () => {
  test('of any bytes is read as something', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(['request', 'ping', 'pong', 'refused']).toContain(readFrame(bytes).kind);
      }),
      { numRuns: 2_000 },
    );
  });

  test('of any JSON is a request there is, a ping, a pong, or refused; with the id it came with', () => {
    fc.assert(
      fc.property(fc.oneof(frames, fc.jsonValue()), (value) => {
        const frame = readFrame(Buffer.from(textOf(value)));
        if (frame.kind === 'pong') return;
        const isTooLarge = frame.kind === 'refused' && frame.error.code === 'payload-too-large';
        // Of what is too large nothing is read.
        if (!isTooLarge) expect(frame.id).toEqual(idSchema.safeParse(JSON.parse(textOf(value))).data?.id);
        if (frame.kind === 'refused')
          expect(['payload-too-large', 'validation-failed', 'route-not-found']).toContain(frame.error.code);
        if (frame.kind === 'request') expect(pttRequestNames).toContain(frame.name);
      }),
      { numRuns: 2_000 },
    );
  });

  test('that is no JSON, or too deep or wide, says which', () => {
    const code = (text: string) => {
      const frame = readFrame(Buffer.from(text));
      return frame.kind === 'refused' ? frame.error.code : frame.kind;
    };
    expect(code('{')).toBe('malformed-json');
    expect(code('')).toBe('malformed-json');
    expect(code('"ping"')).toBe('validation-failed');
    expect(code('{"type":"ping"}')).toBe('ping');
    expect(code('{"type":"pong"}')).toBe('pong');
    expect(code('{"type":"channel_state"}')).toBe('request');
    expect(code('{"type":"__proto__"}')).toBe('route-not-found');
    expect(code(`{"type":"ping","data":${'['.repeat(20)}${']'.repeat(20)}}`)).toBe('payload-too-large');
    expect(code(`{"type":"ping","data":[${'0,'.repeat(300)}0]}`)).toBe('payload-too-large');
  });

  test('of the gateway has the id only where there is one, also 0', () => {
    expect(JSON.parse(answerFrame('pong', undefined, null))).toEqual({ type: 'pong', data: null });
    expect(JSON.parse(answerFrame('ptt_stop', 0, {}))).toEqual({ type: 'ptt_stop', id: 0, data: {} });
    const error = JSON.parse(errorFrame(new CodedError('not-joined'), 'x')) as object;
    expect(error).toMatchObject({ type: 'error', id: 'x', data: { code: 'not-joined', retryable: false } });
    expect(JSON.parse(errorFrame(new CodedError('not-joined')))).not.toHaveProperty('id');
    const told = { channelId: 'c', reason: 'ended' } as const;
    expect(JSON.parse(eventFrame('leave_channel', told))).toEqual({ type: 'leave_channel', data: told });
  });
});
