import { describe, expect, test } from '@jest/globals';
import { addressKey, clientAddress, isNetwork, trustedProxies } from './client-address.ts';

describe('the address of a client', () => {
  const proxies = trustedProxies(['10.0.0.0/8', '192.0.2.1', '2001:db8:1::/48']);

  test.each([
    ['without proxies it is whom the connection is with', '198.51.100.7', '1.2.3.4', '198.51.100.7'],
    ['a proxy tells', '10.1.2.3', '1.2.3.4', '1.2.3.4'],
    ['what the client itself claims does not count', '10.1.2.3', '6.6.6.6, 1.2.3.4', '1.2.3.4'],
    ['a proxy behind a proxy', '192.0.2.1', '6.6.6.6, 1.2.3.4, 10.9.9.9', '1.2.3.4'],
    ['a proxy that tells nothing', '10.1.2.3', undefined, '10.1.2.3'],
    ['a proxy that tells nonsense', '10.1.2.3', '1.2.3.4, unknown', '10.1.2.3'],
    ['a socket for both families', '::ffff:10.1.2.3', '::ffff:1.2.3.4', '1.2.3.4'],
    ['IPv6', '2001:db8:1::5', '2001:db8:9::9', '2001:db8:9::9'],
  ])('%s', (_what, peer, forwarded, expected) => {
    expect(clientAddress(peer, forwarded, proxies)).toBe(expected);
  });

  test('nobody is trusted unless it is set', () => {
    expect(clientAddress('127.0.0.1', '1.2.3.4', trustedProxies([]))).toBe('127.0.0.1');
  });
});

test('networks', () => {
  expect(['10.0.0.0/8', '::1', '2001:db8::/32', '127.0.0.1'].filter((text) => !isNetwork(text))).toEqual([]);
  expect(
    ['10.0.0.0/33', 'localhost', '10.0.0.0/', '1.2.3.4/8/8', '::1/129', '', '*'].filter(isNetwork),
  ).toEqual([]);
});

test('limits count an IPv6 network of 64 bits as one', () => {
  expect(addressKey('2001:db8:0:1::5')).toBe('2001:db8:0:1::/64');
  expect(addressKey('2001:0db8:0000:0001:ffff::1')).toBe('2001:db8:0:1::/64');
  expect(addressKey('2001:db8::1:2:3:4:5')).toBe('2001:db8:0:1::/64');
  expect(addressKey('::1')).toBe('0:0:0:0::/64');
  expect(addressKey('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
  expect(addressKey('198.51.100.7')).toBe('198.51.100.7');
});
