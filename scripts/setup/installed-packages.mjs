/** Whether node_modules holds what package-lock.json asks for. */

/**
 * @typedef {object} LockEntry
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [link] A workspace.
 * @property {boolean} [optional]
 * @property {string | readonly string[]} [os]
 * @property {string | readonly string[]} [cpu]
 * @property {string | readonly string[]} [libc]
 */

/**
 * @typedef {object} Lockfile
 * @property {Record<string, LockEntry>} packages
 */

/**
 * Compares the lockfile with what npm noted when it installed (node_modules/.package-lock.json). So an installation
 * that someone did by hand counts as well, and is not thrown away and done again.
 *
 * @param {Lockfile} wanted
 * @param {Lockfile} installed
 * @param {{ os: string, cpu: string, libc: string }} machine
 */
export function holdsAllPackages(wanted, installed, machine) {
  return Object.entries(wanted.packages)
    .filter(([key]) => key.includes('node_modules/'))
    .every(([key, entry]) => {
      const found = installed.packages[key];
      if (!found) return isForOtherMachines(key, entry, machine);

      return (
        found.version === entry.version && found.integrity === entry.integrity && found.link === entry.link
      );
    });
}

/**
 * @param {string} key
 * @param {LockEntry} entry
 * @param {{ os: string, cpu: string, libc: string }} machine
 */
function isForOtherMachines(key, { optional, os, cpu, libc }, machine) {
  if (!optional) return false;
  // Optional without naming a system: it belongs to a package that does.
  if (!os && !cpu && !libc) return true;
  if (os && ![os].flat().includes(machine.os)) return true;
  if (cpu && ![cpu].flat().includes(machine.cpu)) return true;

  // Older packages say it only in their name.
  const libcs = libc ?? (key.includes('musl') ? ['musl'] : undefined);
  return libcs !== undefined && ![libcs].flat().includes(machine.libc);
}

/**
 * How many packages an installation has to fetch.
 *
 * @param {Lockfile} wanted
 * @param {{ os: string, cpu: string, libc: string }} machine
 */
export function countPackages(wanted, machine) {
  return Object.entries(wanted.packages).filter(
    ([key, entry]) =>
      key.includes('node_modules/') && !entry.link && !isForOtherMachines(key, entry, machine),
  ).length;
}
