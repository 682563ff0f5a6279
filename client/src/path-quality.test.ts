import { expect, test } from '@jest/globals';
import { viewed, type PathReading, type PathReport, type PathView } from './path-quality.ts';

const good: PathReading = { at: 0, connected: true, video: null, rttMs: 20, relayed: false };

/** What is told of a path that is read once a second. */
function told(readings: readonly Partial<PathReading>[]): (PathReport & { at: number })[] {
  let view: PathView | null = null;
  return readings.flatMap((reading, second) => {
    const before: PathView | null = view;
    view = viewed(before, { ...good, at: second * 1_000, ...reading });
    return view.report === before?.report ? [] : [{ at: second, ...view.report }];
  });
}
const seconds = (count: number, reading: Partial<PathReading> | ((n: number) => Partial<PathReading>)) =>
  Array.from({ length: count }, (_each, n) => (typeof reading === 'function' ? reading(n) : reading));

test('a good path is told once', () => {
  expect(told(seconds(20, {}))).toEqual([{ at: 0, state: 'connected', rttMs: 20, relayed: false }]);
});

test('what the browser knows only later is told later, and again when it has really changed', () => {
  const readings = [
    { rttMs: null, relayed: null },
    { rttMs: null },
    {},
    { rttMs: 60 },
    { rttMs: 200 },
    { relayed: true, rttMs: 190 },
  ];
  expect(told(readings)).toEqual([
    { at: 0, state: 'connected' },
    { at: 1, state: 'connected', relayed: false },
    { at: 2, state: 'connected', rttMs: 20, relayed: false },
    { at: 4, state: 'connected', rttMs: 200, relayed: false },
    { at: 5, state: 'connected', rttMs: 190, relayed: true },
  ]);
});

test('an interruption is told when it lasts, and its end when that lasts', () => {
  expect(told([...seconds(3, {}), ...seconds(3, { connected: false }), ...seconds(10, {})])).toHaveLength(1);
  const lasting = [...seconds(3, {}), ...seconds(6, { connected: false }), ...seconds(12, {})];
  expect(told(lasting).map(({ at, state }) => [at, state])).toEqual([
    [0, 'connected'],
    [7, 'degraded'],
    [17, 'connected'],
  ]);
});

test('pictures that arrive and cannot be decoded', () => {
  const frozen = (n: number) => ({ video: { bytesReceived: 30_000 * n, framesDecoded: 100 } });
  expect(told(seconds(6, frozen)).at(-1)).toMatchObject({ at: 5, state: 'degraded' });
  const flowing = (n: number) => ({ video: { bytesReceived: 30_000 * n, framesDecoded: 25 * n } });
  expect(told(seconds(9, flowing))).toHaveLength(1);
  const camerasOff = () => ({ video: { bytesReceived: 30_000, framesDecoded: 100 } });
  expect(told(seconds(9, camerasOff))).toHaveLength(1);
});

test('a round trip that is too long; one in between changes nothing either way', () => {
  const long = [...seconds(2, {}), ...seconds(6, { rttMs: 900 }), ...seconds(12, { rttMs: 650 })];
  expect(told(long).filter(({ state }) => state === 'degraded').length).toBeGreaterThan(0);
  expect(told(long).at(-1)?.state).toBe('degraded');
  expect(told([...long, ...seconds(10, {})]).at(-1)?.state).toBe('connected');
  expect(told(seconds(20, { rttMs: 650 })).map(({ state }) => state)).toEqual(['connected']);
});
