/** Text that people wrote for people to read. Pure. */

/** Joiners within emoji, Persian and Indic words: the only invisible characters that text needs. */
const JOINERS = '\u200C\u200D';
const HARMFUL = new RegExp(`(?![${JOINERS}])[\\p{Cc}\\p{Cf}]+`, 'gu');
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/**
 * Without what may not be in a line of text: control characters (CR, LF, ANSI, NUL), marks that turn the direction of what
 * follows, lone surrogates. Empty if nothing would be seen.
 */
export function visibleText(text: string): string {
  const clean = text.toWellFormed().replace(HARMFUL, ' ').trim();
  return VISIBLE.test(clean) ? clean : '';
}

/** The same of several lines: line breaks stay. */
export function visibleLines(text: string): string {
  return text.split(/\r?\n/).map(visibleText).join('\n').trim();
}
