import { describe, expect, test } from '@jest/globals';
import { reconnectionStep, remoteTrouble, worst, type LinkHealth, type Connections } from './reconnection.ts';

const well: Connections = { inStep: true, rejoined: false, pathLost: false, links: ['connected'] };

describe('the step a call is in', () => {
  test.each<[string, Partial<Connections>, ReturnType<typeof reconnectionStep>]>([
    ['nothing is broken', {}, null],
    ['nobody else is there', { links: [] }, null],
    ['only the service is out of reach', { inStep: false }, 'signalling'],
    ['the service is out of reach, alone', { inStep: false, links: [] }, 'signalling'],
    ['the only connection is interrupted', { links: ['interrupted'] }, 'ice-restart'],
    ['all are', { links: ['interrupted', 'failed'] }, 'ice-restart'],
    ['one of two is: theirs', { links: ['interrupted', 'connected'] }, null],
    ['one has not come about yet', { links: ['connecting'] }, null],
    ['none comes back', { links: ['failed', 'failed'] }, 'path'],
    ['nothing works at all', { inStep: false, links: ['failed'] }, 'ice-restart'],
    ['the path is lost', { pathLost: true }, 'path'],
    ['the path is lost, and the service', { pathLost: true, inStep: false }, 'path'],
    ['the service had given it up', { pathLost: true, rejoined: true }, 'rejoin'],
    ['it has joined anew, and everything works', { rejoined: true }, null],
  ])('%s', (_what, change, step) => {
    expect(reconnectionStep({ ...well, ...change })).toBe(step);
  });
});

describe('what is wrong with one participant', () => {
  test.each<[boolean, boolean, LinkHealth, ReturnType<typeof remoteTrouble>]>([
    [true, true, 'connected', null],
    [false, true, 'connected', 'signalling'],
    [false, false, 'interrupted', 'away'],
    [true, false, 'interrupted', 'ice-restart'],
    [true, false, 'failed', 'path'],
    [true, false, 'connecting', 'connecting'],
    // Connected a moment ago, and nothing received yet.
    [true, false, 'connected', 'connecting'],
  ])('signalling %s, arriving %s, link %s: %s', (connected, arrives, link, trouble) => {
    expect(remoteTrouble(connected, arrives, link)).toBe(trouble);
  });
});

test('of two connections the worse counts', () => {
  expect(worst(['connected', 'connecting'])).toBe('connecting');
  expect(worst(['interrupted', 'connecting'])).toBe('interrupted');
  expect(worst(['interrupted', 'failed'])).toBe('failed');
  expect(worst([])).toBe('connected');
});
