import { describe, expect, it } from '@jest/globals';
import { parseConfig } from './config.ts';

const SERVICE_JWT_SECRET = 'a secret for tests that is 32 bytes or more';
const parse = (settings: Record<string, string> = {}) => parseConfig({ SERVICE_JWT_SECRET, ...settings });

describe('parseConfig', () => {
  it('has a default for everything but the secret', () => {
    expect(parse()).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 4_000,
      METRICS_PORT: 9_464,
      MEDIASOUP_LISTEN_IP: '127.0.0.1',
      RTC_BASE_PORT: 44_400,
    });
    expect(parse().MEDIASOUP_WORKERS).toBeGreaterThan(0);
    expect(Object.isFrozen(parse())).toBe(true);
  });

  it.each([
    [{ SERVICE_JWT_SECRET: '' }, 'Setting SERVICE_JWT_SECRET is not set.'],
    [{ SERVICE_JWT_SECRET: 'short' }, 'Setting SERVICE_JWT_SECRET must be at least 32 bytes long.'],
    [
      { SERVICE_JWT_KEYS: 'next:short' },
      'Setting SERVICE_JWT_KEYS must have secrets that are at least 32 bytes long.',
    ],
    [
      { SERVICE_JWT_KEYS: `../x:${SERVICE_JWT_SECRET}` },
      'Setting SERVICE_JWT_KEYS must be pairs like id:secret, separated by commas.',
    ],
    [
      { SERVICE_JWT_KEYS: `a:${SERVICE_JWT_SECRET},a:${SERVICE_JWT_SECRET}` },
      'Setting SERVICE_JWT_KEYS names the same key id twice.',
    ],
    [{ SERVICE_JWKS_URL: 'file:///keys' }, 'Setting SERVICE_JWKS_URL must be an http or https address.'],
    // What Express would take for "no limit".
    [
      { MAX_BODY_BYTES: '1 megabyte' },
      'Setting MAX_BODY_BYTES must be a whole number from 16384 to 16777216.',
    ],
    [{ MAX_BODY_BYTES: '-1' }, 'Setting MAX_BODY_BYTES must be a whole number from 16384 to 16777216.'],
    [
      { MAX_TRANSPORTS_PER_PARTICIPANT: '1' },
      'Setting MAX_TRANSPORTS_PER_PARTICIPANT must be a whole number from 2 to 1000.',
    ],
    [{ PORT: '65536' }, 'Setting PORT must be a port number from 0 to 65535.'],
    [{ METRICS_PORT: 'none' }, 'Setting METRICS_PORT must be a port number from 0 to 65535.'],
    [{ MEDIASOUP_WORKERS: '0' }, 'Setting MEDIASOUP_WORKERS must be a whole number from 1 to 256.'],
    [{ MEDIASOUP_LISTEN_IP: 'localhost' }, 'Setting MEDIASOUP_LISTEN_IP must be an IP address.'],
    [
      { MEDIASOUP_ANNOUNCED_ADDRESS: 'a b' },
      'Setting MEDIASOUP_ANNOUNCED_ADDRESS must be an IP address or a host name.',
    ],
    [
      { MEDIASOUP_LISTEN_IP: '0.0.0.0' },
      'Setting MEDIASOUP_ANNOUNCED_ADDRESS is not set, and nobody can send media to 0.0.0.0.',
    ],
    [
      { RTC_BASE_PORT: '65534', MEDIASOUP_WORKERS: '3' },
      'Setting RTC_BASE_PORT must leave a port below 65536 for each of the 3 workers.',
    ],
    [
      { PORT: '44401', MEDIASOUP_WORKERS: '2' },
      'Setting PORT must not be one of the media ports, 44400 to 44401.',
    ],
    [
      { METRICS_PORT: '44400', MEDIASOUP_WORKERS: '1' },
      'Setting METRICS_PORT must not be one of the media ports, 44400 to 44400.',
    ],
    [{ PORT: '4000', METRICS_PORT: '4000' }, 'Setting METRICS_PORT must not be the same as PORT.'],
    [
      { PORT: '4000', METRICS_PORT: '4000', HOST: '0.0.0.0' },
      'Setting METRICS_PORT must not be the same as PORT.',
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' },
      'Setting OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https URL.',
    ],
  ])('refuses %j in one sentence', (settings, message) => {
    expect(() => parse(settings)).toThrow(message);
  });

  it('takes the same port at another address', () => {
    expect(parse({ METRICS_PORT: '4000', METRICS_HOST: '127.0.0.2' }).METRICS_PORT).toBe(4_000);
  });

  it('reads further secrets by key id', () => {
    const settings = { SERVICE_JWT_KEYS: ` 2027:${SERVICE_JWT_SECRET} , b:with:colon${SERVICE_JWT_SECRET}` };
    expect(parse(settings).SERVICE_JWT_KEYS).toEqual(
      new Map([
        ['2027', SERVICE_JWT_SECRET],
        ['b', `with:colon${SERVICE_JWT_SECRET}`],
      ]),
    );
  });

  it('takes any address to listen on if it knows what to announce', () => {
    const settings = { MEDIASOUP_LISTEN_IP: '0.0.0.0', MEDIASOUP_ANNOUNCED_ADDRESS: 'media.example.org' };
    expect(parse(settings)).toMatchObject(settings);
  });
});
