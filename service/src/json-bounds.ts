/**
 * How deep and how wide JSON may be, looked at before it is parsed: a schema bounds its arrays too, but only after every
 * element of them has been parsed and checked. Pure.
 */

export interface JsonBounds {
  /** Objects and arrays within each other. */
  depth: number;
  /** Elements of one array, or members of one object. */
  elements: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Which bound this text (UTF-8) goes beyond, if any. Whether it is JSON at all is for the parser to say. */
export function beyondBounds(text: Uint8Array, bounds: JsonBounds): keyof JsonBounds | undefined {
  /** Commas so far, by depth. */
  const commas = new Array<number>(bounds.depth + 1).fill(0);
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text[at]) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        depth += 1;
        if (depth > bounds.depth) return 'depth';
        commas[depth] = 0;
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        // Below nothing the parser will refuse it.
        depth = Math.max(0, depth - 1);
        break;
      case COMMA: {
        const count = (commas[depth] ?? 0) + 1;
        if (count >= bounds.elements) return 'elements';
        commas[depth] = count;
        break;
      }
      default:
    }
  }
  return undefined;
}

/** Where the string that begins here ends. */
function endOfString(text: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== QUOTE) at += text[at] === BACKSLASH ? 2 : 1;
  return at;
}
