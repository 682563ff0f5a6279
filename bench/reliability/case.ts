/** What a case of the scorecard is: something that is done several times, and figures of it with what is asked of them. */
import { median, ms, percentile } from '../statistics.ts';
import { System } from './system.ts';

export interface Asked {
  what: string;
  /** Of the values: milliseconds, or counts. */
  unit: 'ms' | 'count';
  /** Limits; none: only told. */
  p95?: number;
  worst?: number;
}

export interface Case {
  id: string;
  what: string;
  runs: number;
  figures: Record<string, Asked>;
  /** @param add takes one value of the figure named */
  measure: (runs: number, add: (figure: string, value: number) => void) => Promise<void>;
}

export interface Result {
  asked: Asked;
  values: readonly number[];
  /** `incomplete`: it was not done as often as it should be. */
  verdict: 'met' | 'missed' | 'incomplete';
}

/** @param limitMs a case that takes longer hangs, milliseconds */
export async function runCase(
  { id, figures, measure, runs }: Case,
  limitMs: number,
  times = runs,
): Promise<Result[]> {
  const values = new Map<string, number[]>(Object.keys(figures).map((name) => [name, []]));
  const add = (figure: string, value: number) => {
    const list = values.get(figure);
    if (!list) throw new Error(`There is no figure ${figure}.`);
    list.push(value);
  };
  let complete = true;
  try {
    await limited(measure(times, add), limitMs);
  } catch (error) {
    complete = false;
    await System.closeAll();
    console.error(`${id}: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
  }
  return Object.entries(figures).map(([name, asked]) => {
    const list = values.get(name) ?? [];
    const within = (limit: number | undefined, value: number) => limit === undefined || value <= limit;
    const met = within(asked.p95, percentile(list, 0.95)) && within(asked.worst, Math.max(...list));
    const verdict = !met ? 'missed' : complete && list.length > 0 ? 'met' : 'incomplete';
    return { asked, values: list, verdict };
  });
}

async function limited(work: Promise<void>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('It takes too long.')), limitMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function rowsOf({ id }: Case, results: readonly Result[]): string[][] {
  return results.map(({ asked, values, verdict }) => {
    const shown = (value: number) => (asked.unit === 'ms' ? ms(value) : String(value));
    const limits = [
      ...(asked.p95 === undefined ? [] : [`p95 ≤ ${shown(asked.p95)}`]),
      ...(asked.worst === undefined ? [] : [`worst ≤ ${shown(asked.worst)}`]),
    ];
    return [
      id,
      asked.what,
      String(values.length),
      ...(values.length === 0
        ? ['', '', '']
        : [shown(median(values)), shown(percentile(values, 0.95)), shown(Math.max(...values))]),
      limits.join(', '),
      limits.length === 0 ? '' : verdict,
    ];
  });
}

export const HEAD = ['case', 'figure', 'values', 'median', 'p95', 'worst', 'asked for', ''];
