/** The line that a service wrote, with its name in front. */

const WIDTH = 'media-server'.length;
const COLOURS = ['\u001b[36m', '\u001b[35m', '\u001b[33m'];
const RESET = '\u001b[0m';

/**
 * @param {readonly string[]} names
 * @param {{ colour: boolean }} options
 * @returns {(name: string, line: string) => string}
 */
export function logPrefix(names, { colour }) {
  return (name, line) => {
    const prefix = `${name.padEnd(WIDTH)} |`;
    const shade = COLOURS[names.indexOf(name)];

    return `${colour && shade ? `${shade}${prefix}${RESET}` : prefix} ${line}`;
  };
}
