/**
 * The rules of the floor. Pure: who is in the call, and the time, come in; the floor as it is then, and what is to be told,
 * go out. After 3GPP TS 24.380, clause 6.3 (floor control server): one speaker, a queue by priority and then by time,
 * pre-emption by a higher priority, a longest talk time, and a moment in which who was cut off for that may not ask again.
 *
 * Two rules differ, because the media server itself holds back whoever has not got the floor: who is revoked is cut off at once
 * (no grace, T3 and T8), and there is no pause between two speakers (nobody has to be waited for).
 *
 * A fence is the number of a grant: `max(last + 1, now)`. So it also grows where the last grants are forgotten, because a call
 * of this id has ended or the store has lost its last writes: there were fewer grants than milliseconds.
 */
import type { FloorDenial, FloorRevocation } from '@crossfade/shared/floor';
import type { Floor, FloorLimits, Grant, Waiting } from './state.ts';

/** How a participant stands: may speak; cannot, for a moderator has taken their microphone; or their connection is lost. */
export interface Standing {
  readonly userId: string;
  readonly is: 'here' | 'muted' | 'lost';
}

/** Undefined: is not in the call. */
export type People = (participantId: string) => Standing | undefined;

/** What has happened on the floor. */
export type FloorNews =
  | {
      type: 'granted';
      participantId: string;
      fence: number;
      priority: number;
      remainingMs: number;
      /** From the request to the grant. */
      waitedMs: number;
    }
  | {
      type: 'revoked';
      participantId: string;
      fence: number;
      reason: FloorRevocation;
      retryAfterMs?: number;
    }
  | { type: 'denied'; participantId: string; reason: FloorDenial; retryAfterMs?: number }
  | { type: 'idle'; fence: number };

export interface FloorStep {
  readonly floor: Floor;
  readonly news: readonly FloorNews[];
}

export interface Asking {
  readonly participantId: string;
  readonly priority: number;
  /** Whether to wait. */
  readonly queue: boolean;
}

/** Somebody wants to speak, or says so again; the newest priority counts. */
export function requestFloor(
  before: Floor,
  { participantId, priority, queue }: Asking,
  people: People,
  limits: FloorLimits,
  now: number,
): FloorStep {
  const settled = settleFloor(before, people, limits, now);
  const { floor } = settled;
  if (floor.holder?.participantId === participantId) {
    if (floor.holder.priority === priority) return settled;
    return then(settled, settleFloor(withHolder(floor, { priority }), people, limits, now));
  }
  const barred = barredFor(floor, people(participantId)?.userId, now);
  if (barred !== null) {
    const denial = { type: 'denied', participantId, reason: 'retry-after', retryAfterMs: barred } as const;
    return then(settled, { floor, news: [denial] });
  }
  const known = floor.queue.find((each) => each.participantId === participantId);
  const waiting: Waiting = { participantId, priority, since: known?.since ?? now };
  const others = floor.queue.filter((each) => each !== known);
  // Asked for the same again, it stays the same state: nothing is written.
  const queued = known?.priority === priority ? floor : { ...floor, queue: inserted(others, waiting) };
  const stepped = then(settled, settleFloor(queued, people, limits, now));
  const turned = turnAway(stepped.floor, participantId, queue, limits);
  const isTurnedAway = turned.news.some(
    (each) => 'participantId' in each && each.participantId === participantId,
  );
  // Who came and was turned away has changed nothing: fifty who press at one moment are one write.
  return then(stepped, isTurnedAway && !known ? { ...turned, floor: settled.floor } : turned);
}

/** Somebody has spoken, or no longer wants to. @param fence that grant only; null: whatever they have */
export function releaseFloor(
  before: Floor,
  { participantId, fence }: { participantId: string; fence: number | null },
  people: People,
  limits: FloorLimits,
  now: number,
): FloorStep {
  const { holder } = before;
  const speaks = holder?.participantId === participantId;
  // Who has not heard yet of the number it has now means the same grant.
  const numbers = [before.fence, ...(holder?.formerly ?? [])];
  if (fence !== null && !(speaks && numbers.includes(fence))) return settleFloor(before, people, limits, now);
  const queue = before.queue.filter((each) => each.participantId !== participantId);
  if (!speaks && queue.length === before.queue.length) return settleFloor(before, people, limits, now);
  return follow({ ...before, holder: speaks ? null : holder, queue }, [], speaks, people, limits, now);
}

/** After everything that happens in a call: who may not speak any more, and who is next. */
export function settleFloor(before: Floor, people: People, limits: FloorLimits, now: number): FloorStep {
  const { holder } = before;
  const standing = holder && people(holder.participantId);
  if (!holder) return follow(before, [], false, people, limits, now);
  const { participantId } = holder;
  const end = (reason: FloorRevocation, retryAfterMs = 0): FloorStep => {
    const news: FloorNews = { type: 'revoked', participantId, fence: before.fence, reason };
    if (retryAfterMs > 0) news.retryAfterMs = retryAfterMs;
    const until = now + retryAfterMs;
    const barred =
      standing && retryAfterMs > 0 ? [...before.barred, { userId: standing.userId, until }] : before.barred;
    return follow({ ...before, holder: null, barred }, [news], true, people, limits, now);
  };
  if (!standing) return follow({ ...before, holder: null }, [], true, people, limits, now);
  if (standing.is === 'muted') return end('blocked');
  if (holder.until <= now) return end('too-long', limits.retryAfterMs);
  if (standing.is === 'here') {
    const back = holder.lostUntil === null ? before : withHolder(before, { lostUntil: null });
    return follow(back, [], false, people, limits, now);
  }
  const lostUntil = holder.lostUntil ?? now + limits.lostGraceMs;
  // Whoever is not there cannot be told.
  if (lostUntil <= now) return follow({ ...before, holder: null }, [], true, people, limits, now);
  const lost = holder.lostUntil === null ? withHolder(before, { lostUntil }) : before;
  return follow(lost, [], false, people, limits, now);
}

/** The call has no floor any more: everyone may speak. */
export function closeFloor({ fence, holder, queue }: Floor): FloorNews[] {
  const reason = 'no-floor';
  return [
    ...(holder ? [{ type: 'revoked', participantId: holder.participantId, fence, reason } as const] : []),
    ...queue.map(({ participantId }) => ({ type: 'denied', participantId, reason }) as const),
  ];
}

/** How long this user may not ask, milliseconds; null: they may. */
export function barredFor({ barred }: Floor, userId: string | undefined, now: number): number | null {
  const until = Math.max(0, ...barred.filter((each) => each.userId === userId).map((each) => each.until));
  return until > now ? until - now : null;
}

/** Whoever is next, if the floor is free or of a lower priority. @param freed whether somebody has just lost it */
function follow(
  before: Floor,
  told: readonly FloorNews[],
  freed: boolean,
  people: People,
  limits: FloorLimits,
  now: number,
): FloorStep {
  const { floor, news: turned } = withoutAbsent(before, people, now);
  const { holder, fence } = floor;
  // Who is lost keeps their place, and is passed over.
  const next = floor.queue.find(({ participantId }) => people(participantId)?.is === 'here');
  const news = [...told, ...turned];
  if (next && (!holder || next.priority > holder.priority)) {
    const revoked = holder && {
      type: 'revoked' as const,
      participantId: holder.participantId,
      fence,
      reason: 'pre-empted' as const,
    };
    const granted = grant(floor, next, limits, now);
    return { floor: granted.floor, news: [...news, ...(revoked ? [revoked] : []), ...granted.news] };
  }
  if (!freed) return { floor, news };
  // The end has a number as well: what was still to be done for the grant is out of date.
  const idle = Math.max(fence + 1, now);
  return { floor: { ...floor, fence: idle }, news: [...news, { type: 'idle', fence: idle }] };
}

function grant(floor: Floor, next: Waiting, { maxTalkMs }: FloorLimits, now: number): FloorStep {
  const { participantId, priority, since } = next;
  const fence = Math.max(floor.fence + 1, now);
  const holder: Grant = { participantId, priority, until: now + maxTalkMs, lostUntil: null };
  const queue = floor.queue.filter((each) => each !== next);
  const waitedMs = Math.max(0, now - since);
  return {
    floor: { ...floor, fence, holder, queue },
    news: [{ type: 'granted', participantId, fence, priority, remainingMs: maxTalkMs, waitedMs }],
  };
}

/** Those who wait in vain, and bars that are over, are taken out. */
function withoutAbsent(floor: Floor, people: People, now: number): FloorStep {
  const gone = floor.queue.filter(({ participantId }) => {
    const standing = people(participantId);
    return !standing || standing.is === 'muted';
  });
  const queue = gone.length === 0 ? floor.queue : floor.queue.filter((each) => !gone.includes(each));
  const barred = floor.barred.some(({ until }) => until <= now)
    ? floor.barred.filter(({ until }) => until > now)
    : floor.barred;
  const same = queue === floor.queue && barred === floor.barred;
  return {
    floor: same ? floor : { ...floor, queue, barred },
    news: gone
      .filter(({ participantId }) => people(participantId) !== undefined)
      .map(({ participantId }) => ({ type: 'denied', participantId, reason: 'blocked' })),
  };
}

/** Who does not want to wait, or is the last of too many, does not. */
function turnAway(floor: Floor, participantId: string, queue: boolean, { maxQueue }: FloorLimits): FloorStep {
  const mine = floor.queue.find((each) => each.participantId === participantId);
  if (!mine) return { floor, news: [] };
  if (!queue) return denied(floor, mine, 'taken');
  const last = floor.queue.at(-1);
  return floor.queue.length > maxQueue && last ? denied(floor, last, 'queue-full') : { floor, news: [] };
}

function denied(floor: Floor, waiting: Waiting, reason: FloorDenial): FloorStep {
  const { participantId } = waiting;
  return {
    floor: { ...floor, queue: floor.queue.filter((each) => each !== waiting) },
    news: [{ type: 'denied', participantId, reason }],
  };
}

function inserted(queue: readonly Waiting[], waiting: Waiting): Waiting[] {
  const after = queue.findIndex(
    ({ priority, since }) =>
      priority < waiting.priority || (priority === waiting.priority && since > waiting.since),
  );
  return after < 0 ? [...queue, waiting] : [...queue.slice(0, after), waiting, ...queue.slice(after)];
}

function withHolder(floor: Floor, change: Partial<Grant>): Floor {
  return { ...floor, holder: floor.holder && { ...floor.holder, ...change } };
}

function then(before: FloorStep, after: FloorStep): FloorStep {
  return { floor: after.floor, news: [...before.news, ...after.news] };
}
