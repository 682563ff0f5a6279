/**
 * How much one connection may say: a bucket that fills up again. Who goes on when it is empty is refused, and who goes on
 * after that is shown the door. Pure.
 */

export interface AllowanceLimits {
  /** Messages at once. */
  burst: number;
  /** Messages a second after that. */
  perSecond: number;
  /** Messages refused before the connection is closed; forgotten when the bucket is half full again. */
  refusals: number;
}

export interface Allowance {
  readonly left: number;
  readonly refused: number;
  /** Milliseconds. */
  readonly at: number;
}

export type Verdict = 'serve' | 'refuse' | 'close';

export function fullAllowance(limits: AllowanceLimits, now: number): Allowance {
  return { left: limits.burst, refused: 0, at: now };
}

/** One message more. */
export function spend(
  before: Allowance,
  limits: AllowanceLimits,
  now: number,
): { allowance: Allowance; verdict: Verdict } {
  const gained = (Math.max(0, now - before.at) / 1_000) * limits.perSecond;
  const left = Math.min(limits.burst, before.left + gained);
  const known = left >= limits.burst / 2 ? 0 : before.refused;
  if (left >= 1) return { allowance: { left: left - 1, refused: known, at: now }, verdict: 'serve' };
  const refused = known + 1;
  return { allowance: { left, refused, at: now }, verdict: refused > limits.refusals ? 'close' : 'refuse' };
}
