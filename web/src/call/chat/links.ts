/** Finds the web addresses in what people write. Pure. */

export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string };

const ADDRESS = /https?:\/\/[^\s<>"]+/giu;
/** What ends a sentence or a quotation, not an address. */
const AFTER = /[.,;:!?'"»”’*_~]+$/u;

/** The text in parts, in order; only addresses of the web are links, nothing that could run in this page. */
export function linkParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = trimmed(found);
    const url = URL.parse(address);
    if (url === null || !['http:', 'https:'].includes(url.protocol)) continue;
    if (index > end) parts.push({ kind: 'text', text: text.slice(end, index) });
    parts.push({ kind: 'link', text: address, href: url.href });
    end = index + address.length;
  }
  if (end < text.length) parts.push({ kind: 'text', text: text.slice(end) });
  return parts;
}

/** Without what follows it: punctuation, and a bracket that was opened before it. */
function trimmed(found: string): string {
  const address = found.replace(AFTER, '');
  const last = address.at(-1);
  const opening = last === ')' ? '(' : last === ']' ? '[' : null;
  if (opening === null || address.includes(opening)) return address;
  return trimmed(address.slice(0, -1));
}
