import type { CaptionLine } from '@crossfade/client/call';

/** So many lines at most are over the pictures. */
const MOST = 3;
/** How long a line stays after its last change: what is still being guessed at may pause for longer. Milliseconds. */
const STAYS_MS = { final: 7_000, guess: 12_000 };

/** What is shown of the captions at this moment, oldest first. */
export function shownCaptions(lines: readonly CaptionLine[], now: number): CaptionLine[] {
  return lines
    .filter(({ final, changedAt }) => now - changedAt < (final ? STAYS_MS.final : STAYS_MS.guess))
    .slice(-MOST);
}
