import { expect, test } from '@jest/globals';
import { withoutIds } from './traced-requests.ts';

test.each([
  ['/api/rooms/weekly/create', '/api/rooms/:id/create'],
  ['/api/rooms/rooms/transports/7f0d/connect?x=weekly', '/api/rooms/:id/transports/:id/connect'],
  ['/api/rooms/a%20b/participants/ann/leave', '/api/rooms/:id/participants/:id/leave'],
  ['/api/node', '/api/node'],
])('%s', (path, shown) => {
  expect(withoutIds(path)).toBe(shown);
});
