/** Which address a request comes from, if proxies stand in front: what they say counts, what anybody else says does not. */
import { BlockList, isIP, isIPv4 } from 'node:net';

/** IP addresses and networks (`10.0.0.0/8`), as the setting has them. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** @param networks of the proxies, each as `isNetwork` has it */
export function trustedProxies(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/**
 * The address nearest to us that is not one of our proxies.
 * @param peer who the connection is with
 * @param forwarded the header `X-Forwarded-For`: each proxy has added whom it heard from
 */
export function clientAddress(
  peer: string | undefined,
  forwarded: string | undefined,
  proxies: BlockList,
): string {
  let nearest = plain(peer ?? '');
  const before = (forwarded ?? '').split(',').map((part) => plain(part.trim()));
  while (isTrusted(nearest, proxies)) {
    const next = before.pop();
    if (next === undefined || isIP(next) === 0) break;
    nearest = next;
  }
  return nearest;
}

/** What limits count by: of IPv6 a network of 64 bits, which is what one customer gets (RFC 6177). */
export function addressKey(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.replace(/%.*$/, '').split('::', 2);
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const all = [
    ...groups,
    ...Array.from({ length: Math.max(0, missing) }, () => '0'),
    ...(tail ?? '').split(':'),
  ];
  return `${all
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** IPv4 as itself, also where a socket for both families heard it. */
function plain(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? address;
}

function isTrusted(address: string, proxies: BlockList): boolean {
  const family = isIP(address);
  return family !== 0 && proxies.check(address, family === 4 ? 'ipv4' : 'ipv6');
}
