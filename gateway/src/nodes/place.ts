/**
 * Which media servers are asked to take a call's room, and in which order. Pure.
 *
 * Not asked at all is one that
 * - is to be avoided by this call (it is about to leave it),
 * - is suspect or dead, or has left DNS and only keeps the rooms it has,
 * - drains,
 * - is full: it says that its load is 0.8 or more, or has just refused a room,
 * - does not answer requests, so that its circuit is open,
 * - has no plenty of room (a load of 0.5 or more), where the room is only to stand ready.
 *
 * The others are asked in the order of one chain, whoever comes first in it:
 * 1. `region`: it stands in the gateway's region, where the call's people came in. A gateway without a region has all
 *    servers in its own.
 * 2. `elsewhere`: it stands in another region.
 * 3. `crowded`: in whichever region, it would be full if all calls that were just placed on it grow as expected.
 * 4. `unknown`: it has not been heard of yet, as all have when the gateway has just started.
 * 5. `last`: the call's attempts before failed there.
 *
 * Within one link of the chain the one with the least load comes first, where the load it has told is raised by what
 * is to be expected of the calls that were placed on it since: a hundred calls that lose their server at the same time
 * would otherwise all choose the one that was emptiest a moment ago. Loads within the same tenth count as equal, and
 * then rendezvous order decides (Thaler and Ravishankar, 1998): each call ranks the servers by a hash of both names,
 * so that calls spread evenly, several gateways agree, and when one server is gone only its own calls move.
 */
import { createHash } from 'node:crypto';
import type { NodeState } from './health.ts';

/** From this load on a media server takes no new rooms; see GET /api/node. */
const ADMISSION_LIMIT = 0.8;
/** From this load on it takes no rooms that can be done without. */
const SPARE_LIMIT = 0.5;
/** What one call adds to a server's load, about: four people with audio and video on two workers of 500 consumers. */
const EXPECTED_LOAD = 0.02;
/** Loads that differ by less are the same: they are measured over seconds, and change by themselves. */
const LOAD_STEP = 0.1;

/** A media server, as far as placement looks at it. */
export interface Candidate {
  readonly server: string;
  readonly state: NodeState['state'];
  readonly region: string | null;
  readonly load: number;
  readonly draining: boolean;
  /** It keeps what it has, and is not configured any more. */
  readonly leaving: boolean;
  /** It has refused a room for want of capacity a moment ago. */
  readonly refusing: boolean;
  /** Requests to it are not even tried at the moment. */
  readonly cutOff: boolean;
  /** Calls that were placed on it and are not in its load yet. */
  readonly placed: number;
}

export type PlacementRule = 'region' | 'elsewhere' | 'crowded' | 'unknown' | 'last';

/** Why a media server is not asked. */
export type Exclusion = 'avoided' | 'suspect' | 'dead' | 'leaving' | 'draining' | 'full' | 'cut-off';

export interface Placement {
  /** Whom to ask, the best first. */
  readonly order: readonly { readonly server: string; readonly rule: PlacementRule }[];
  readonly excluded: readonly { readonly server: string; readonly why: Exclusion }[];
}

export interface PlacementWish {
  readonly callId: string;
  /** Where the gateway stands; null: nowhere in particular. */
  readonly region: string | null;
  readonly avoid: readonly string[];
  readonly last: readonly string[];
  /** Whether the room can be done without: only where there is plenty. */
  readonly spare?: boolean;
}

const CHAIN: readonly PlacementRule[] = ['region', 'elsewhere', 'crowded', 'unknown', 'last'];

export function place(candidates: readonly Candidate[], wish: PlacementWish): Placement {
  const judged = candidates.map((candidate) => ({ candidate, why: exclusionOf(candidate, wish) }));
  return {
    order: judged
      .filter(({ why }) => why === null)
      .map(({ candidate }) => ({
        server: candidate.server,
        rule: ruleFor(candidate, wish),
        step: Math.floor(expectedLoad(candidate) / LOAD_STEP),
        rank: createHash('sha256').update(`${candidate.server}\n${wish.callId}`).digest('hex'),
      }))
      .sort(
        (a, b) =>
          CHAIN.indexOf(a.rule) - CHAIN.indexOf(b.rule) || a.step - b.step || (a.rank < b.rank ? -1 : 1),
      )
      .map(({ server, rule }) => ({ server, rule })),
    excluded: judged.flatMap(({ candidate: { server }, why }) => (why === null ? [] : [{ server, why }])),
  };
}

/** How many more calls the media servers would take, but for one of them. */
export function headroom(candidates: readonly Candidate[], but: string): number {
  return candidates
    .filter((candidate) => candidate.state !== 'unknown' && exclusionOf(candidate, { avoid: [but] }) === null)
    .map((candidate) => Math.max(0, Math.ceil((ADMISSION_LIMIT - expectedLoad(candidate)) / EXPECTED_LOAD)))
    .reduce((sum, calls) => sum + calls, 0);
}

function exclusionOf(
  candidate: Candidate,
  { avoid, spare = false }: Pick<PlacementWish, 'avoid' | 'spare'>,
): Exclusion | null {
  const { server, state, leaving, draining, refusing, load, cutOff } = candidate;
  if (avoid.includes(server)) return 'avoided';
  if (state === 'suspect' || state === 'dead') return state;
  if (leaving) return 'leaving';
  if (draining) return 'draining';
  if (refusing || load >= ADMISSION_LIMIT) return 'full';
  if (spare && expectedLoad(candidate) >= SPARE_LIMIT) return 'full';
  return cutOff ? 'cut-off' : null;
}

function ruleFor(candidate: Candidate, { region, last }: PlacementWish): PlacementRule {
  if (last.includes(candidate.server)) return 'last';
  if (candidate.state === 'unknown') return 'unknown';
  if (expectedLoad(candidate) >= ADMISSION_LIMIT) return 'crowded';
  return region === null || candidate.region === region ? 'region' : 'elsewhere';
}

function expectedLoad({ load, placed }: Candidate): number {
  return load + placed * EXPECTED_LOAD;
}
