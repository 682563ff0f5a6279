import { expect, test } from '@jest/globals';
import { ERROR_CATALOGUE, type ErrorCode } from '@crossfade/shared/errors';
import { openApiPath } from '@crossfade/service/openapi';
import { GATEWAY_ROUTES } from '@crossfade/shared/gateway-routes';
import { createOpenApi, requestExamples } from './openapi.ts';

interface Operation {
  operationId: string;
  security: object[];
  parameters?: { name?: string; in?: string }[];
  responses: Record<string, { content?: Record<string, { schema: Refusal }> }>;
}
interface Refusal {
  allOf?: [unknown, { properties: { code: { enum: ErrorCode[] } } }];
}
type Schema = Record<string, unknown>;

const document = createOpenApi({ version: '1.2.3' }) as {
  paths: Record<string, Record<string, Operation>>;
};
const text = JSON.stringify(document);
const operations = Object.values(document.paths).flatMap((path) => Object.values(path));

test('is the same every time', () => {
  expect(JSON.stringify(createOpenApi({ version: '1.2.3' }))).toBe(text);
});

test('has every route, and each under a name of its own', () => {
  const ids = GATEWAY_ROUTES.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { path, method, operationId } of GATEWAY_ROUTES) {
    expect(document.paths[openApiPath(path)]?.[method]?.operationId).toBe(operationId);
  }
  expect(operations).toHaveLength(ids.length);
});

test('every reference leads somewhere', () => {
  const at = (pointer: string) =>
    pointer
      .slice(2)
      .split('/')
      .reduce<unknown>((value, key) => (value as Schema | undefined)?.[key], document);
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference = '']) => reference);
  expect(references.length).toBeGreaterThan(20);
  expect([...new Set(references)].filter((reference) => at(reference) === undefined)).toEqual([]);
});

test('asks for a token where there has to be one', () => {
  const open = operations.filter(({ security }) => security.length === 0);
  expect(open.map(({ operationId }) => operationId).sort()).toEqual([
    'createToken',
    'getAsyncApi',
    'getDocs',
    'getHealth',
    'getMetrics',
    'getOpenApi',
    'getReadiness',
  ]);
});

test('every refusal is under its status', () => {
  for (const { operationId, responses } of operations) {
    for (const [status, { content }] of Object.entries(responses)) {
      for (const code of content?.['application/problem+json']?.schema.allOf?.[1].properties.code.enum ?? [])
        expect([operationId, code, ERROR_CATALOGUE[code].status]).toEqual([
          operationId,
          code,
          Number(status),
        ]);
    }
  }
});

test('every body has examples, and they are valid', () => {
  const withBody = GATEWAY_ROUTES.filter(({ body }) => body !== undefined);
  expect(Object.keys(requestExamples).sort()).toEqual(withBody.map((route) => route.operationId).sort());
  for (const { operationId, body } of withBody) {
    for (const [name, { value }] of Object.entries(requestExamples[operationId] ?? {}))
      expect([operationId, name, body?.safeParse(value).error]).toEqual([operationId, name, undefined]);
  }
});
