/**
 * The part of what a receiver can do that decides how it gets one certain producer. mediasoup copies and checks all
 * capabilities for every consumer, and a browser's list some twenty codecs: with those that matter a consumer costs the
 * server half. Pure.
 */
import type { MediaKind, RtpCapabilities } from '@crossfade/shared/rtp';

export interface ProducedAs {
  kind: MediaKind;
  /** MIME types of the producer's codecs, lower case. */
  mimeTypes: ReadonlySet<string>;
}

export function relevantCapabilities(
  { codecs, headerExtensions }: RtpCapabilities,
  { kind, mimeTypes }: ProducedAs,
): RtpCapabilities {
  const retransmission = `${kind}/rtx`;
  // All retransmission codecs of a clock rate are the same to mediasoup, which takes the first.
  const clockRates = new Set<number>();
  return {
    codecs: (codecs ?? []).filter(({ mimeType, clockRate }) => {
      const type = mimeType.toLowerCase();
      if (type !== retransmission) return mimeTypes.has(type);
      if (clockRates.has(clockRate)) return false;
      clockRates.add(clockRate);
      return true;
    }),
    // Of the rest of an extension mediasoup takes nothing for consumers.
    headerExtensions: (headerExtensions ?? [])
      .filter((extension) => extension.kind === kind)
      .map(({ uri, preferredId }) => ({ kind, uri, preferredId })),
  };
}
