/**
 * How full this server is, from 0 (idle) over 1 (full) to more (its rooms have grown beyond that), and whether it takes another room. Pure.
 *
 * A worker is as full as the scarcer of two things: the core it runs on, by the share of it that it used lately, and
 * its room for consumers, by those it has against `WORKER_CONSUMER_CAPACITY`. CPU is the truth but comes late (it is
 * measured over the last seconds, and a consumer costs nothing before it is resumed); consumers are known at once.
 *
 * The server's score is three quarters the average of its workers and one quarter the fullest of them. The average
 * says how much it can still take, because a new room goes to the worker with the least load; the fullest says that
 * somebody here is short already. A worker that should be there and is not counts as full, but is not the fullest: what
 * is missing is capacity, and nobody is on it. From 0.8 on no new room is taken: what is left belongs to the rooms that are
 * there, which go on to grow.
 */

/** Scores from here on refuse new rooms. */
export const ADMISSION_LIMIT = 0.8;

const AVERAGE_WEIGHT = 0.75;
const FULLEST_WEIGHT = 0.25;

export interface WorkerLoad {
  /** Share of one core used lately, 0 to 1. */
  readonly cpu: number;
  readonly consumers: number;
}

export interface NodeCapacity {
  /** How many workers there should be. */
  readonly expected: number;
  /** Consumers that make one worker full. */
  readonly consumersPerWorker: number;
}

export function scoreOf(workers: readonly WorkerLoad[], capacity: NodeCapacity): number {
  const loads = workers.map(({ cpu, consumers }) => Math.max(cpu, consumers / capacity.consumersPerWorker));
  if (loads.length === 0) return 1;
  const missing = Math.max(0, capacity.expected - loads.length);
  const average = (loads.reduce((sum, load) => sum + load, 0) + missing) / (loads.length + missing);
  return AVERAGE_WEIGHT * average + FULLEST_WEIGHT * Math.max(...loads);
}

export function hasRoom(score: number): boolean {
  return score < ADMISSION_LIMIT;
}
