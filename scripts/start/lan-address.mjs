/** Which of this machine's addresses other devices on the local network can reach. */

/** Interfaces of containers, virtual machines and VPNs: they have private addresses that no phone can reach. */
const VIRTUAL =
  /^(docker|br-|veth|virbr|vmnet|vboxnet|lxc|lxd|cni|flannel|cali|podman|tun|tap|wg|tailscale|zt|utun)/;

/**
 * @typedef {Record<string, readonly { address: string, family: string | number, internal: boolean }[] | undefined>} Interfaces
 */

/**
 * All that could be meant, the likeliest first.
 *
 * @param {Interfaces} interfaces As from os.networkInterfaces().
 * @returns {string[]}
 */
export function lanAddresses(interfaces) {
  return Object.entries(interfaces)
    .flatMap(([name, addresses]) => (addresses ?? []).map((one) => ({ ...one, name })))
    .filter(({ family, internal, address }) => isIPv4(family) && !internal && !address.startsWith('169.254.'))
    .map(({ name, address }) => ({ address, rank: (VIRTUAL.test(name) ? 10 : 0) + rankOf(address) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ address }) => address);
}

/** @param {string | number} family A number in some versions of Node 18. */
function isIPv4(family) {
  return family === 'IPv4' || family === 4;
}

/** @param {string} address */
function rankOf(address) {
  const [first = 0, second = 0] = address.split('.').map(Number);
  if (first === 192 && second === 168) return 0;
  if (first === 10) return 1;
  // Also the range that container engines take theirs from.
  if (first === 172 && second >= 16 && second <= 31) return 2;
  return 3;
}
