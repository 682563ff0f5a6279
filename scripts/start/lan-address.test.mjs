import { expect, test } from '@jest/globals';

import { lanAddresses } from './lan-address.mjs';

/** @param {string} address */
const one = (address, extra = {}) => [{ address, family: 'IPv4', internal: false, ...extra }];

test('a home network comes before what containers and VPNs made', () => {
  expect(
    lanAddresses({
      lo: one('127.0.0.1', { internal: true }),
      docker0: one('172.17.0.1'),
      tailscale0: one('100.101.102.103'),
      'br-1234': one('192.168.80.1'),
      wlan0: one('192.168.1.5'),
    }),
  ).toEqual(['192.168.1.5', '192.168.80.1', '172.17.0.1', '100.101.102.103']);
});

test('private ranges come before public addresses', () => {
  expect(lanAddresses({ eth0: one('203.0.113.7'), eth1: one('172.20.0.4'), eth2: one('10.0.0.9') })).toEqual([
    '10.0.0.9',
    '172.20.0.4',
    '203.0.113.7',
  ]);
});

test('what nobody else can reach is left out', () => {
  expect(
    lanAddresses({
      lo: one('127.0.0.1', { internal: true }),
      eth0: [...one('169.254.3.4'), ...one('fe80::1', { family: 'IPv6' })],
      eth1: undefined,
    }),
  ).toEqual([]);
});
