/**
 * Which of the sizes of one producer its receivers want: the larger ones that nobody does need not be sent. Pure.
 *
 * What counts is what receivers wish for, not what they get at the moment: a receiver whose bandwidth suffices for the
 * smallest only would never get a larger one again if that were no longer sent. And all sizes below one that is wanted are
 * wanted too, for receivers whose bandwidth does not suffice for it.
 */
import { parseScalabilityMode } from 'mediasoup';
import type { Producer } from 'mediasoup/types';

/** What one receiver wishes for: a size, 0 the smallest; undefined: the largest there is. */
export type LayerWish = number | undefined;

/** The largest size a producer comes in, 0 the smallest; null: it comes in one. */
export function largestLayer({
  type,
  rtpParameters: { encodings = [] },
}: {
  type: Producer['type'];
  rtpParameters: Pick<Producer['rtpParameters'], 'encodings'>;
}): number | null {
  if (type === 'simple') return null;
  const layers =
    type === 'simulcast'
      ? encodings.length
      : parseScalabilityMode(encodings[0]?.scalabilityMode).spatialLayers;
  return layers > 1 ? layers - 1 : null;
}

/** The largest size that any of these receivers wishes for; null: there are none. */
export function wantedLayer(largest: number, wishes: Iterable<LayerWish>): number | null {
  let wanted: number | null = null;
  for (const wish of wishes) wanted = Math.max(wanted ?? 0, Math.min(wish ?? largest, largest));
  return wanted;
}

/** What the sender has been told, and what it may be told when that has been so for long enough. */
export interface LayerDemand {
  /** The largest size that it is to send. */
  readonly told: number;
  /** The largest that was wanted since `told` is more than anybody wants, and when that will be told, milliseconds. */
  readonly lower: { readonly layer: number; readonly at: number } | null;
}

/**
 * What follows from what is wanted now. More is told at once; less only when it has been less all the time for a while:
 * a receiver who changes their mind is not to wait for a picture that has just been switched off.
 * @param wanted null: by nobody, and then the whole track is about to be paused
 * @param now by any clock that never goes back, milliseconds
 */
export function follow(
  { told, lower }: LayerDemand,
  wanted: number | null,
  { now, delayMs }: { now: number; delayMs: number },
): LayerDemand {
  if (wanted === null) return { told, lower: null };
  if (wanted >= told) return { told: wanted, lower: null };
  const kept =
    lower === null
      ? { layer: wanted, at: now + delayMs }
      : { ...lower, layer: Math.max(lower.layer, wanted) };
  if (now < kept.at) return { told, lower: kept };
  return { told: kept.layer, lower: wanted < kept.layer ? { layer: wanted, at: now + delayMs } : null };
}
