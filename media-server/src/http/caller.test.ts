import { describe, expect, it } from '@jest/globals';
import { callerOf, mustActFor } from './caller.ts';

describe('callerOf', () => {
  it('knows nothing of a request without headers', () => {
    expect(callerOf({ host: 'x' })).toEqual({ epoch: undefined, participantId: undefined });
  });

  it('reads epoch and participant', () => {
    expect(callerOf({ 'x-room-epoch': '12', 'x-participant-id': 'ann' })).toEqual({
      epoch: 12,
      participantId: 'ann',
    });
  });

  it.each(['-1', '1.5', '', 'x', '1e3', '99999999999999999999'])('refuses the epoch %j', (epoch) => {
    expect(() => callerOf({ 'x-room-epoch': epoch })).toThrow('x-room-epoch');
  });

  it.each(['', 'a b', 'a,b', 'x'.repeat(129)])('refuses the participant %j', (participant) => {
    expect(() => callerOf({ 'x-participant-id': participant })).toThrow('x-participant-id');
  });
});

describe('mustActFor', () => {
  it('lets a server act for everybody and a participant for itself', () => {
    mustActFor('ann', { epoch: undefined, participantId: undefined });
    mustActFor('ann', { epoch: undefined, participantId: 'ann' });
    expect(() => mustActFor('ann', { epoch: undefined, participantId: 'ben' })).toThrow(
      expect.objectContaining({ code: 'participant-not-found' }),
    );
  });
});
