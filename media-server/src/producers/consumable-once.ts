/**
 * What receivers of a producer can get of it. mediasoup copies it at every look, and looks three times for every
 * consumer it makes: that was a tenth of what a join costs this process.
 */
import type { Producer, RtpParameters } from 'mediasoup/types';

/** Looks once, and lets mediasoup itself find that copy from then on; frozen, so that whoever changed it would be told. */
export function consumableOnce(media: Producer): RtpParameters {
  const value = media.consumableRtpParameters;
  freeze(value);
  Object.defineProperty(media, 'consumableRtpParameters', { value });
  return value;
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
}
