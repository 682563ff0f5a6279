import { describe, expect, test } from '@jest/globals';
import { openApiPath } from '@crossfade/service/openapi';
import { ERROR_CATALOGUE, type ErrorCode } from '@crossfade/shared/errors';
import * as mediaApi from '@crossfade/shared/media-api';
import { MEDIA_ROUTES } from '@crossfade/shared/media-routes';
import { requestExamples } from './examples.ts';
import { createOpenApi } from './openapi.ts';

interface Operation {
  operationId: string;
  security: object[];
  parameters?: { $ref?: string; name?: string; in?: string }[];
  responses: Record<string, { description: string; content?: Record<string, { schema: Refusal }> }>;
}
interface Refusal {
  allOf?: [unknown, { properties: { code: { enum: ErrorCode[] } } }];
}
type Schema = Record<string, unknown>;
interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; parameters: Record<string, unknown> };
}

const document = createOpenApi({ version: '1.2.3' }) as OpenApi;
const text = JSON.stringify(document);
const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
const operation = (id: string): Operation => {
  const found = operations.find(({ operationId }) => operationId === id);
  if (!found) throw new Error(`There is no operation ${id}.`);
  return found;
};

test('is the same every time', () => {
  expect(JSON.stringify(createOpenApi({ version: '1.2.3' }))).toBe(text);
});

test('has every route, and each under a name of its own', () => {
  const ids = MEDIA_ROUTES.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(operations.map(({ operationId }) => operationId).sort()).toEqual(ids.toSorted());
  for (const { path, method, operationId } of MEDIA_ROUTES) {
    expect(document.paths[openApiPath(path)]?.[method]?.operationId).toBe(operationId);
  }
});

test('every reference leads somewhere', () => {
  const at = (pointer: string) =>
    pointer
      .slice(2)
      .split('/')
      .reduce<unknown>((value, key) => (value as Schema | undefined)?.[key], document);
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference = '']) => reference);
  expect(references.length).toBeGreaterThan(50);
  expect([...new Set(references)].filter((reference) => at(reference) === undefined)).toEqual([]);
});

test('tells the parameters of the path, the query and the headers', () => {
  expect(operation('connectTransport').parameters?.map(({ name, $ref }) => name ?? $ref)).toEqual([
    'roomId',
    'id',
    '#/components/parameters/x-room-epoch',
    '#/components/parameters/x-floor-fence',
    '#/components/parameters/x-participant-id',
    '#/components/parameters/x-participant-grants',
    '#/components/parameters/idempotency-key',
  ]);
  expect(operation('listRooms').parameters?.map(({ name, in: where }) => [where, name])).toEqual([
    ['query', 'limit'],
    ['query', 'cursor'],
  ]);
});

test('has every request header that the API names', () => {
  const named = Object.entries(mediaApi).filter(([name]) => name.endsWith('_HEADER'));
  expect(named.length).toBeGreaterThan(2);
  expect(Object.keys(document.components.parameters).sort()).toEqual(
    named.map(([, header]) => header).sort(),
  );
});

test('asks for a token where there has to be one', () => {
  const open = operations.filter(({ security }) => security.length === 0);
  expect(open.map(({ operationId }) => operationId).sort()).toEqual([
    'getAsyncApi',
    'getDocs',
    'getHealth',
    'getMetrics',
    'getOpenApi',
    'getReadiness',
  ]);
});

describe('schemas', () => {
  test('dates have a format and no pattern', () => {
    const { properties } = document.components.schemas['RoomSnapshot'] as { properties: Schema };
    expect(properties['createdAt']).toEqual({ type: 'string', format: 'date-time' });
  });

  test('what the server tells is documented, though nobody checks it', () => {
    const { properties } = document.components.schemas['Room'] as { properties: Schema };
    expect(properties['rtpCapabilities']).toEqual({ $ref: '#/components/schemas/RtpCapabilities' });
  });

  test('answers may get new fields', () => {
    expect(document.components.schemas['Node']).toHaveProperty('required');
    expect(document.components.schemas['Node']).not.toHaveProperty('additionalProperties');
  });
});

test('every refusal is under its status, and names its codes', () => {
  for (const { operationId, responses } of operations) {
    for (const [status, { description, content }] of Object.entries(responses)) {
      const refusal = content?.['application/problem+json']?.schema.allOf?.[1];
      for (const code of refusal?.properties.code.enum ?? []) {
        expect([operationId, code, ERROR_CATALOGUE[code].status]).toEqual([
          operationId,
          code,
          Number(status),
        ]);
        expect(description).toContain(`\`${code}\`: ${ERROR_CATALOGUE[code].title}`);
      }
    }
  }
  const conflict = operation('connectTransport').responses['409'];
  expect(conflict?.content?.['application/problem+json']?.schema.allOf?.[1].properties.code.enum).toEqual([
    'stale-epoch',
    'stale-fence',
    'transport-already-connected',
  ]);
});

test('every body has examples, and they are valid', () => {
  const withBody = MEDIA_ROUTES.filter(({ body }) => body !== undefined);
  expect(Object.keys(requestExamples).sort()).toEqual(withBody.map((route) => route.operationId).sort());
  for (const { operationId, body } of withBody) {
    for (const [name, { value }] of Object.entries(requestExamples[operationId] ?? {})) {
      expect([operationId, name, body?.safeParse(value).error]).toEqual([operationId, name, undefined]);
    }
  }
});
