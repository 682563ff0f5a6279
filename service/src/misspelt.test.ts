import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { misspeltSettings } from './misspelt.ts';
import { commonSettings } from './settings.ts';

const schema = z.object({ ...commonSettings, MEDIA_SERVER_URLS: z.string(), MAX_PARTICIPANTS: z.string() });

test.each([
  ['MEDIA_SERVER_URL', 'MEDIA_SERVER_URLS'],
  ['MEDIA_SERVERS_URLS', 'MEDIA_SERVER_URLS'],
  ['MAX_PARTICPANTS', 'MAX_PARTICIPANTS'],
  ['LOG_LEVLE', 'LOG_LEVEL'],
])('%s was meant to be %s', (name, meant) => {
  expect(misspeltSettings(schema, { [name]: 'x', [meant]: 'x', PATH: '/bin' })).toEqual([{ name, meant }]);
});

test.each([
  'HOSTS',
  'MEDIA_SERVER_PORT',
  'GATEWAY_METRICS_PORT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'REDIS_PORT',
  'MAX_PARTICIPANTS_PER_ROOM',
])('%s is something else', (name) => expect(misspeltSettings(schema, { [name]: 'x' })).toEqual([]));
