import { expect, test } from '@jest/globals';

import { undocumented } from './undocumented.mjs';

/**
 * As much of a Zod schema as is used.
 *
 * @param {string} field
 * @param {string} type
 */
const objectWith = (field, type) => ({
  safeParse: (data) =>
    typeof data[field] === type
      ? { data }
      : { error: { issues: [{ path: [field], message: `is no ${type}` }] } },
});

const errors = {
  ERROR_CATALOGUE: { 'room-not-found': { status: 404 }, 'room-full': { status: 409 } },
  problemSchema: objectWith('code', 'string'),
};
const route = {
  answers: {
    200: { description: 'It.', schema: objectWith('seq', 'number') },
    204: { description: 'Gone.' },
    302: { description: 'A page.', contentType: 'text/html' },
  },
};
const of = (status, type, body) => undocumented({ status, type, body }, route, ['room-not-found'], errors);

test('answers as the table has them', () => {
  expect(of(200, 'application/json; charset=utf-8', '{"seq":1}')).toEqual([]);
  expect(of(204, '', '')).toEqual([]);
  expect(of(302, 'text/html', '<p>')).toEqual([]);
  expect(of(404, 'application/problem+json', '{"code":"room-not-found"}')).toEqual([]);
});

test('anything else is told', () => {
  expect(of(201, 'application/json', '{"seq":1}')).toEqual(['201 is not documented']);
  expect(of(200, 'application/json', '{"seq":"1"}')).toEqual(['seq: is no number']);
  expect(of(200, 'text/plain', 'seq')).toEqual(['it is text/plain, not JSON']);
  expect(of(302, 'text/plain', '')).toEqual(['it is text/plain, not text/html']);
  expect(of(409, 'application/problem+json', '{"code":"room-full"}')).toEqual([
    'room-full is not documented',
  ]);
  expect(of(500, 'application/problem+json', '{"code":"room-not-found"}')).toEqual([
    'room-not-found came with 500',
  ]);
  expect(of(404, 'application/problem+json', '{}')).toEqual(['the problem document: code: is no string']);
});
