import { describe, expect, it } from '@jest/globals';
import { callerOf, mustActFor, mustBeGranted } from './caller.ts';

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
    mustActFor('ann', callerOf({}));
    mustActFor('ann', callerOf({ 'x-participant-id': 'ann' }));
    expect(() => mustActFor('ann', callerOf({ 'x-participant-id': 'ben' }))).toThrow(
      expect.objectContaining({ code: 'participant-not-found' }),
    );
  });
});

describe('mustBeGranted', () => {
  it.each([
    [{}, true, true],
    [{ 'x-participant-grants': '' }, false, false],
    [{ 'x-participant-grants': 'publish' }, true, false],
    [{ 'x-participant-grants': 'subscribe' }, false, true],
    [{ 'x-participant-grants': 'publish, subscribe' }, true, true],
  ])('%j: publish %s, subscribe %s', (headers, publish, subscribe) => {
    const caller = callerOf(headers);
    const may = (grant: 'publish' | 'subscribe') => {
      try {
        mustBeGranted(grant, caller);
        return true;
      } catch (error) {
        expect(error).toMatchObject({ code: 'forbidden' });
        return false;
      }
    };
    expect([may('publish'), may('subscribe')]).toEqual([publish, subscribe]);
  });

  it.each(['moderate', 'publish;subscribe', ',', 'x'.repeat(65)])('grants %j do not exist', (grants) => {
    expect(() => callerOf({ 'x-participant-grants': grants })).toThrow('x-participant-grants');
  });
});
