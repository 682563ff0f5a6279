/** What both documents change of the JSON Schemas that Zod writes. Pure. */
import { toldCapabilitiesSchema, toldParametersSchema } from '@crossfade/shared/rtp';
import type { z } from 'zod';

interface Written {
  /** Changed in place. */
  jsonSchema: Record<string, unknown>;
  zodSchema: z.core.$ZodTypes;
  io: 'input' | 'output';
}

/** Answers whose schema lets everything through, and what is in them. */
const TOLD = new Map<unknown, string>([
  [toldCapabilitiesSchema, 'RtpCapabilities'],
  [toldParametersSchema, 'RtpParameters'],
]);

/** Formats say enough, answers may grow, and what an answer tells is named. */
export function tidy({ jsonSchema, zodSchema }: Written): void {
  // Zod's patterns of dates are a screen long.
  if (jsonSchema['format'] !== undefined) delete jsonSchema['pattern'];
  // Zod means that it would drop unknown fields; a reader would take it for a promise that none is ever added.
  const { def } = zodSchema._zod;
  if (def.type === 'object' && def.catchall === undefined) delete jsonSchema['additionalProperties'];

  const told = TOLD.get(zodSchema);
  if (told === undefined) return;
  for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
  jsonSchema['$ref'] = `${TOLD_REF}${told}`;
}

/** Until the document is written: zod-openapi follows references to components, and knows only its own. */
const TOLD_REF = '#told/';

/** The finished document as plain JSON. */
export function resolved(document: object): object {
  const text = JSON.stringify(document).replaceAll(`"$ref":"${TOLD_REF}`, '"$ref":"#/components/schemas/');
  return JSON.parse(text) as object;
}
