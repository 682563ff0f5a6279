import { expect, test } from '@jest/globals';
import { isAllowedOrigin } from './origin.ts';

test.each([
  ['no browser', undefined, 'call.example', true],
  ['the gateway’s own page', 'https://call.example', 'call.example', true],
  ['its own page on a port', 'http://localhost:3000', 'localhost:3000', true],
  ['an allowed page', 'https://app.example', 'call.example', true],
  ['another page', 'https://evil.example', 'call.example', false],
  ['another port', 'http://localhost:4000', 'localhost:3000', false],
  ['a sandboxed page', 'null', 'call.example', false],
  ['garbage', 'call.example', 'call.example', false],
])('%s', (_what, origin, host, allowed) => {
  expect(isAllowedOrigin(origin, host, ['https://app.example'])).toBe(allowed);
});
