import { describe, expect, test } from '@jest/globals';

import { mergeEnvironments, readStartSettings, serviceEnvironments, webUrl } from './environment.mjs';

const machine = { projectRoot: '/project', cores: 2 };
const files = {
  projectRoot: '/project',
  workerBin: '/cache/mediasoup-worker',
  secrets: { service: 'service-secret', user: 'user-secret' },
};

/** @param {Record<string, string>} env */
function environmentsFor(env, lanAddress = '') {
  const settings = readStartSettings(env, { ...machine, ...(lanAddress && { lanAddress }) });
  const lan = { address: lanAddress, certFile: '/data/cert.pem', keyFile: '/data/key.pem' };

  return serviceEnvironments(env, settings, { ...files, ...(lanAddress && { lan }) });
}

describe('merging environments', () => {
  test('the first one wins, and an empty value is none', () => {
    expect(mergeEnvironments({ A: '1', B: '', C: undefined }, { A: '2', B: '3', C: '4' })).toEqual({
      A: '1',
      B: '3',
      C: '4',
    });
  });
});

describe('what npm start reads', () => {
  test('defaults', () => {
    expect(readStartSettings({}, machine)).toEqual({
      gatewayHost: '127.0.0.1',
      mediaServerHost: '127.0.0.1',
      metricsHost: '127.0.0.1',
      listenIp: '127.0.0.1',
      gatewayPort: 3000,
      mediaServerPort: 4000,
      gatewayMetricsPort: 9465,
      mediaServerMetricsPort: 9464,
      rtcBasePort: 44400,
      workers: 2,
      dataDir: '/project/.data',
    });
  });

  test('GATEWAY_PORT wins over PORT', () => {
    expect(readStartSettings({ PORT: '3001' }, machine).gatewayPort).toBe(3001);
    expect(readStartSettings({ PORT: '3001', GATEWAY_PORT: '3002' }, machine).gatewayPort).toBe(3002);
  });

  test('METRICS_PORT=0 turns off both, as any other METRICS_PORT cannot be meant for both', () => {
    expect(readStartSettings({ METRICS_PORT: '0' }, machine)).toMatchObject({
      gatewayMetricsPort: 0,
      mediaServerMetricsPort: 0,
    });
    expect(readStartSettings({ METRICS_PORT: '9999' }, machine).gatewayMetricsPort).toBe(9465);
  });

  test.each(['abc', '-1', '0', '65536', '3000.5', '3e3'])('a port cannot be %s', (value) => {
    expect(() => readStartSettings({ PORT: value }, machine)).toThrow(
      `PORT is ${value} but must be a whole number from 1 to 65535: correct or unset it.`,
    );
  });

  test('a relative DATA_DIR is one of the project', () => {
    expect(readStartSettings({ DATA_DIR: 'here' }, machine).dataDir).toBe('/project/here');
    expect(readStartSettings({ DATA_DIR: '/elsewhere' }, machine).dataDir).toBe('/elsewhere');
  });
});

describe('what the services get', () => {
  test('on one machine', () => {
    const { gateway, mediaServer } = environmentsFor({});

    expect(gateway).toEqual({
      HOST: '127.0.0.1',
      PORT: '3000',
      METRICS_PORT: '9465',
      DATA_DIR: '/project/.data',
      LOG_FORMAT: 'pretty',
      SERVICE_JWT_SECRET: 'service-secret',
      USER_JWT_SECRET: 'user-secret',
      MEDIA_SERVER_URLS: 'http://127.0.0.1:4000',
      SWITCH_TIMEOUT_MS: '10000',
      WEB_ROOT: '/project/web/dist',
    });
    expect(mediaServer).toEqual({
      HOST: '127.0.0.1',
      PORT: '4000',
      METRICS_PORT: '9464',
      DATA_DIR: '/project/.data',
      LOG_FORMAT: 'pretty',
      SERVICE_JWT_SECRET: 'service-secret',
      USER_JWT_SECRET: 'user-secret',
      MEDIASOUP_WORKER_BIN: '/cache/mediasoup-worker',
      MEDIASOUP_LISTEN_IP: '127.0.0.1',
    });
  });

  test("the person's own settings stay", () => {
    const { gateway, mediaServer } = environmentsFor({
      LOG_FORMAT: 'json',
      SERVICE_JWT_SECRET: 'mine',
      MEDIA_SERVER_URLS: 'http://10.0.0.1:4000',
      MEDIASOUP_ANNOUNCED_ADDRESS: '203.0.113.9',
      SWITCH_TIMEOUT_MS: '3000',
    });

    expect(gateway).toMatchObject({
      LOG_FORMAT: 'json',
      SERVICE_JWT_SECRET: 'mine',
      USER_JWT_SECRET: 'user-secret',
      MEDIA_SERVER_URLS: 'http://10.0.0.1:4000',
      SWITCH_TIMEOUT_MS: '3000',
    });
    expect(mediaServer).toMatchObject({
      SERVICE_JWT_SECRET: 'mine',
      MEDIASOUP_ANNOUNCED_ADDRESS: '203.0.113.9',
    });
  });

  test('each its own port, whatever PORT says', () => {
    const { gateway, mediaServer } = environmentsFor({ PORT: '3001', MEDIA_SERVER_PORT: '4001' });

    expect(gateway).toMatchObject({ PORT: '3001', MEDIA_SERVER_URLS: 'http://127.0.0.1:4001' });
    expect(mediaServer).toMatchObject({ PORT: '4001' });
  });

  test('the gateway finds a media server that listens on one address only', () => {
    expect(environmentsFor({ HOST: '10.1.1.1' }).gateway).toMatchObject({
      MEDIA_SERVER_URLS: 'http://10.1.1.1:4000',
    });
    expect(environmentsFor({ HOST: '0.0.0.0' }).gateway).toMatchObject({
      MEDIA_SERVER_URLS: 'http://127.0.0.1:4000',
    });
  });

  test('on the local network only the web app and the media are reachable, not the media server’s API', () => {
    const { gateway, mediaServer } = environmentsFor({}, '192.168.1.5');

    expect(gateway).toMatchObject({
      HOST: '0.0.0.0',
      TLS_CERT_FILE: '/data/cert.pem',
      TLS_KEY_FILE: '/data/key.pem',
      MEDIA_SERVER_URLS: 'http://127.0.0.1:4000',
    });
    expect(mediaServer).toMatchObject({
      HOST: '127.0.0.1',
      MEDIASOUP_LISTEN_IP: '0.0.0.0',
      MEDIASOUP_ANNOUNCED_ADDRESS: '192.168.1.5',
    });
  });
});

describe('the address to open', () => {
  const url = (/** @type {Record<string, string>} */ env, /** @type {string | undefined} */ lanAddress) =>
    webUrl(env, readStartSettings(env, { ...machine, lanAddress }), lanAddress);

  test('is localhost, where browsers allow the camera', () => {
    expect(url({}, undefined)).toBe('http://localhost:3000');
    expect(url({ HOST: '0.0.0.0', PORT: '3001' }, undefined)).toBe('http://localhost:3001');
  });

  test('is HTTPS where there is a certificate', () => {
    expect(url({ TLS_CERT_FILE: '/c.pem' }, undefined)).toBe('https://localhost:3000');
    expect(url({}, '192.168.1.5')).toBe('https://192.168.1.5:3000');
  });

  test('is the one address that was asked for', () => {
    expect(url({ HOST: '10.1.1.1' }, undefined)).toBe('http://10.1.1.1:3000');
    expect(url({ HOST: 'fd00::1' }, undefined)).toBe('http://[fd00::1]:3000');
  });
});
