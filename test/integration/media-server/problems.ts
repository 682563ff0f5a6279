/** What every refusal of the API looks like. */
import { expect } from '@jest/globals';
import { ERROR_CATALOGUE, problemSchema, type ErrorCode, type Problem } from '@crossfade/shared/errors';
import type { Response } from 'supertest';

/** Checks that this is the problem document of that code, and gives it back. */
export function expectProblem(response: Response, code: ErrorCode): Problem {
  expect({ status: response.status, code: (response.body as Partial<Problem>).code }).toEqual({
    status: ERROR_CATALOGUE[code].status,
    code,
  });
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(response.headers['x-request-id']).toBe((response.body as Problem).requestId);
  expect(response.text).not.toMatch(/node_modules|\.ts:\d|\.js:\d/);
  return problemSchema.parse(response.body);
}

/** A problem without what differs between two requests. */
export function anonymous(response: Response): object {
  const problem: Partial<Problem> = { ...(response.body as Problem) };
  delete problem.requestId;
  return problem;
}
