import { describe, expect, test } from '@jest/globals';
import { pathState, shownConnection, type SfuPathView } from './sfu-view.ts';

const direction = (connection: string | null, used = true) => ({ connection, used });

describe('how a path stands', () => {
  test.each([
    ['connecting', 'there is no transport yet', [direction(null, false), direction(null, false)]],
    ['connecting', 'one of its transports is not connected yet', [direction('connected'), direction('new')]],
    ['connected', 'both are', [direction('connected'), direction('connected')]],
    ['connected', 'there is nothing to receive yet', [direction('connected'), direction('new', false)]],
    ['connected', 'there is nothing to send either', [direction('new', false), direction('new', false)]],
    ['interrupted', 'one was lost', [direction('connected'), direction('disconnected')]],
    ['interrupted', 'ICE has given up and is restarted', [direction('failed'), direction('connected')]],
  ])('%s: %s', (state, _why, directions) => {
    expect(pathState(directions)).toBe(state);
  });
});

describe('which path is shown', () => {
  const path = (epoch: number): SfuPathView => ({ epoch, state: 'connected', producers: [], consumers: [] });
  const nothing = { active: null, activeFailed: false, pending: null, pendingFailed: false };

  test.each([
    ['none while the call is peer-to-peer', {}, null],
    ['the one being built', { pending: path(2) }, { epoch: 2, role: 'pending', state: 'connected' }],
    ['that has failed', { pending: path(2), pendingFailed: true }, { role: 'pending', state: 'failed' }],
    ['the active one', { active: path(2) }, { epoch: 2, role: 'active', state: 'connected' }],
    [
      'the active one, also while the next room is being prepared',
      { active: path(2), pending: path(3) },
      { epoch: 2, role: 'active' },
    ],
    ['one whose room is lost', { active: path(2), activeFailed: true }, { epoch: 2, state: 'failed' }],
    [
      'instead of that the next one',
      { active: path(2), activeFailed: true, pending: path(3) },
      { epoch: 3, role: 'pending', state: 'connected' },
    ],
  ])('%s', (_which, paths, shown) => {
    const connection = shownConnection({ ...nothing, ...paths });
    if (shown === null) expect(connection).toBeNull();
    else expect(connection).toMatchObject(shown);
  });
});
