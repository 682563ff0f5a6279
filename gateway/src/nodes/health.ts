/**
 * What the gateway makes of the signs of life of one media server. Pure.
 *
 * There are two kinds of evidence, which fail for different reasons: the answers to polls of `GET /api/node`, and the
 * connection of the event feed. From them follows where a server stands:
 *
 * - `unknown`: it has not shown both yet, or not again, and nothing speaks against it.
 * - `healthy`: it answers, and its feed is connected.
 * - `suspect`: one kind of evidence is bad. It gets no new calls; those it has stay, for their media may well flow.
 * - `dead`: both kinds are bad, for `deadAfterMs`. Its calls move.
 *
 * Back to `healthy` it comes when both kinds are good for `steadyMs`; twice as long for each time it has lapsed within
 * the last minute, so that one that comes and goes is left alone.
 *
 * A gateway that itself stood still (its machine slept, was moved or had no processor for it) finds answers late and its
 * feed cut. That says nothing of the server: for a moment, what is bad counts as not seen, and `healthy` becomes `unknown`.
 */
import type { NodeInfo } from '@crossfade/shared/media-api';

/** What a media server last said of itself. */
export interface NodeFacts {
  /** Changes with every start: its rooms are lost then. */
  readonly bootId: string;
  readonly region: string | null;
  /** How full it is: 0 idle, 1 full; from 0.8 on it takes no new rooms. */
  readonly load: number;
  readonly draining: boolean;
}

/** What one kind of evidence says, and since when; milliseconds. */
type Sign =
  | { readonly kind: 'none' }
  | { readonly kind: 'good'; readonly since: number }
  | { readonly kind: 'bad'; readonly since: number; readonly why: string };

export interface Signs {
  readonly poll: Sign;
  readonly feed: Sign;
}

interface Observed {
  readonly signs: Signs;
  /** When it left `healthy`, within the last minute. */
  readonly lapses: readonly number[];
  /** Until then nothing bad counts: this gateway stood still. Milliseconds. */
  readonly blindUntil: number;
}

export type NodeState = Observed &
  (
    | { readonly state: 'unknown'; readonly node: NodeFacts | null }
    | { readonly state: 'healthy'; readonly node: NodeFacts }
    | { readonly state: 'suspect' | 'dead'; readonly node: NodeFacts | null; readonly since: number }
  );

export type Evidence =
  | { readonly type: 'poll-answered'; readonly node: NodeFacts }
  | { readonly type: 'poll-failed'; readonly why: string }
  | { readonly type: 'feed-connected' }
  | { readonly type: 'feed-cut'; readonly why: string }
  /** `node-load` of the feed. */
  | { readonly type: 'load'; readonly node: Omit<NodeFacts, 'region'> }
  /** This gateway itself did nothing for a while. */
  | { readonly type: 'stood-still' }
  /** Time has passed. */
  | { readonly type: 'tick' };

/** Milliseconds. */
export interface HealthLimits {
  readonly deadAfterMs: number;
  readonly steadyMs: number;
}

/** A lapse is held against a server for so long, milliseconds. */
const LAPSE_MEMORY_MS = 60_000;
/** No server has to be steady for longer, milliseconds. */
const STEADY_LONGEST_MS = 30_000;
/** A gateway that goes on has its feeds back, and answers to what it asked anew, within; milliseconds. */
const BLIND_MS = 2_000;

export const UNOBSERVED: NodeState = {
  state: 'unknown',
  node: null,
  signs: { poll: { kind: 'none' }, feed: { kind: 'none' } },
  lapses: [],
  blindUntil: 0,
};

export function reduce(before: NodeState, evidence: Evidence, now: number, limits: HealthLimits): NodeState {
  const blindUntil = evidence.type === 'stood-still' ? now + BLIND_MS : before.blindUntil;
  const seen = signsAfter(before.signs, evidence, now);
  const signs = now < blindUntil ? { poll: unlessBad(seen.poll), feed: unlessBad(seen.feed) } : seen;
  const node = factsAfter(before.node, evidence);
  const restarted = hasRestarted(before.node, node);
  const recent = before.lapses.filter((at) => at > now - LAPSE_MEMORY_MS);
  const lapsing = before.state === 'healthy' && (isBad(signs) || restarted);
  const observed = { signs, lapses: lapsing ? [...recent, now] : recent, blindUntil };

  const { poll, feed } = signs;
  if (poll.kind === 'bad' && feed.kind === 'bad') {
    const bothSince = Math.max(poll.since, feed.since);
    if (before.state === 'dead') return { ...observed, state: 'dead', node, since: before.since };
    if (now >= bothSince + limits.deadAfterMs) return { ...observed, state: 'dead', node, since: now };
    return { ...observed, state: 'suspect', node, since: suspectSince(before, now) };
  }
  if (poll.kind === 'good' && feed.kind === 'good' && node) {
    const steadySince = Math.max(poll.since, feed.since, observed.lapses.at(-1) ?? 0);
    const owed = before.state === 'healthy' && !lapsing ? 0 : steadyTime(observed.lapses.length, limits);
    if (now >= steadySince + owed) return { ...observed, state: 'healthy', node };
  } else if (!isBad(signs) && (before.state === 'unknown' || before.state === 'healthy')) {
    return { ...observed, state: 'unknown', node };
  }
  if (before.state === 'dead') return { ...observed, state: 'dead', node, since: before.since };
  return { ...observed, state: 'suspect', node, since: suspectSince(before, now) };
}

/** Whether it is another process than before: whatever was in that one is gone. */
export function hasRestarted(before: NodeFacts | null, after: NodeFacts | null): boolean {
  return before !== null && after !== null && before.bootId !== after.bootId;
}

/** Why it is not healthy; null: nothing speaks against it. */
export function evidenceAgainst({ signs: { poll, feed } }: NodeState): string | null {
  const told = [
    ...(poll.kind === 'bad' ? [`poll: ${poll.why}`] : []),
    ...(feed.kind === 'bad' ? [`feed: ${feed.why}`] : []),
  ];
  return told.length === 0 ? null : told.join('; ');
}

/** What `GET /api/node` says of it. */
export function factsOf({ bootId, region, score, drain }: NodeInfo): NodeFacts {
  return { bootId, region, load: score, draining: drain.state !== 'none' };
}

function signsAfter(signs: Signs, evidence: Evidence, now: number): Signs {
  switch (evidence.type) {
    case 'poll-answered':
      return { ...signs, poll: good(signs.poll, now) };
    case 'poll-failed':
      return { ...signs, poll: bad(signs.poll, evidence.why, now) };
    case 'feed-connected':
    case 'load':
      return { ...signs, feed: good(signs.feed, now) };
    case 'feed-cut':
      return { ...signs, feed: bad(signs.feed, evidence.why, now) };
    case 'stood-still':
    case 'tick':
      return signs;
  }
}

function factsAfter(node: NodeFacts | null, evidence: Evidence): NodeFacts | null {
  if (evidence.type === 'poll-answered') return evidence.node;
  // Its region comes with the poll only; without one it is not used anyway.
  if (evidence.type === 'load') return { region: node?.region ?? null, ...evidence.node };
  return node;
}

function good(sign: Sign, now: number): Sign {
  return sign.kind === 'good' ? sign : { kind: 'good', since: now };
}

function bad(sign: Sign, why: string, now: number): Sign {
  return { kind: 'bad', since: sign.kind === 'bad' ? sign.since : now, why };
}

function unlessBad(sign: Sign): Sign {
  return sign.kind === 'bad' ? { kind: 'none' } : sign;
}

function isBad({ poll, feed }: Signs): boolean {
  return poll.kind === 'bad' || feed.kind === 'bad';
}

function suspectSince(before: NodeState, now: number): number {
  return before.state === 'suspect' ? before.since : now;
}

function steadyTime(lapses: number, { steadyMs }: HealthLimits): number {
  return lapses === 0 ? 0 : Math.min(steadyMs * 2 ** (lapses - 1), STEADY_LONGEST_MS);
}
