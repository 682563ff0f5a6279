/** Values of the shape a schema asks for, with the worst that this shape allows. */
import fc from 'fast-check';
import { z } from 'zod';

/** Names that objects and routes have of their own, and characters that logs, databases and pages stumble over. */
const TEXTS = [
  ...['', ' ', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '..', '%00', '*', '{}', 'null'],
  ...['\u0000', '\r\n{"forged":true}', '\u001b[2J', '\ud800', '\udfff\ud800', '\u202Egnp.exe', '\uFEFF'],
  ...["'; drop table calls; --", '${x}', '<script>', 'a\u0300'.repeat(50), '𝒳'.repeat(60), 'x'.repeat(300)],
];
/** What passes as an id. */
const IDS = [
  '__proto__',
  'constructor',
  'toString',
  'valueOf',
  ':',
  '-',
  '_',
  '...',
  'x'.repeat(64),
  'x'.repeat(128),
];
const DATES = [
  ...['0000-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999Z', '1969-12-31T23:59:60Z'],
  '2026-01-01T00:00:00+23:59',
];
/** Cursors that look like ours: at the beginning and the end of time, and of nobody. */
const CURSORS = [
  '0 x',
  '999999999999999 x',
  '253402300800000 -',
  '1 __proto__',
  '8640000000000000 x',
  '-1 x',
].map((place) => Buffer.from(place).toString('base64url'));

interface Shape {
  type?: string;
  properties?: Record<string, Shape>;
  required?: string[];
  items?: Shape;
  anyOf?: Shape[];
  oneOf?: Shape[];
  enum?: unknown[];
  const?: unknown;
  format?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
}

/** @param known ids that exist, so that more than "not found" is tried */
export function hostileValues(schema: z.ZodType, known: () => readonly string[]): fc.Arbitrary<unknown> {
  return shaped(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape, known);
}

/** A text where a schema wants one, or an id. */
export function hostileTexts(known: () => readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.nat().map((n) => known()[n % Math.max(1, known().length)] ?? 'none') },
    { weight: 2, arbitrary: fc.constantFrom(...IDS, ...CURSORS) },
    { weight: 2, arbitrary: fc.constantFrom(...TEXTS) },
    fc.string({ unit: 'binary', maxLength: 80 }),
  );
}

function shaped(shape: Shape, known: () => readonly string[]): fc.Arbitrary<unknown> {
  const some = shape.anyOf ?? shape.oneOf;
  if (some) return fc.oneof(...some.map((one) => shaped(one, known)));
  if (shape.enum) return fc.constantFrom(...shape.enum);
  if ('const' in shape) return fc.constant(shape.const);
  switch (shape.type) {
    case 'object':
      return fc
        .tuple(
          fc.record(
            Object.fromEntries(
              Object.entries(shape.properties ?? {}).map(([name, one]) => [name, shaped(one, known)]),
            ),
            { requiredKeys: shape.required ?? [] },
          ),
          // What nobody asked for.
          fc.option(
            fc.dictionary(fc.constantFrom('admin', 'grants', 'appData', 'id', 'userId'), fc.jsonValue()),
            {
              freq: 5,
              nil: {},
            },
          ),
        )
        .map(([asked, more]) => ({ ...more, ...asked }));
    case 'array':
      return fc.array(shaped(shape.items ?? {}, known), { maxLength: Math.min(4, shape.maxItems ?? 4) });
    case 'integer':
    case 'number': {
      const { minimum: min = -1, maximum: max = Number.MAX_SAFE_INTEGER } = shape;
      const edges = [min, max, Math.min(max, Math.max(min, 1)), Math.min(max, Math.max(min, 111))];
      return fc.oneof(
        fc.constantFrom(...edges),
        fc.integer({ min: Math.max(min, -(2 ** 31)), max: Math.min(max, 2 ** 31) }),
      );
    }
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'string':
      return shape.format === 'date-time' ? fc.constantFrom(...DATES) : hostileTexts(known);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}
