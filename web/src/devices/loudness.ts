/** What a meter shows as empty and as full, dB below the loudest possible. */
const SILENCE_DB = -60;
const LOUD_DB = -15;

/** How loud these samples (-1 to 1) are for an ear: 0 silent, 1 loud. */
export function loudness(samples: Float32Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  const decibels = 10 * Math.log10(energy / samples.length);
  if (!(decibels > SILENCE_DB)) return 0;
  return Math.min(1, (decibels - SILENCE_DB) / (LOUD_DB - SILENCE_DB));
}
