/**
 * What is wanted of a video that comes by way of a media server: nothing while it is not shown, otherwise the size that fits
 * where it is shown. Pure.
 */

/** A size in pixels of the device: CSS pixels times `devicePixelRatio`. */
export interface View {
  readonly width: number;
  readonly height: number;
}

export type VideoWish =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'picture';
      /** Where it is shown; null: the application does not say, so it gets the largest there is. */
      readonly view: View | null;
      /** Who gets the bandwidth first when it does not suffice, 1 (last) to 255. */
      readonly priority: number;
    };

/** How many of the sizes are to be done without, because this device cannot keep up. */
export type Relief = 0 | 1 | 2;

/** Text on a screen cannot be read in a smaller size; of the people, who speaks is looked at. */
export const PRIORITY = { screen: 255, speaker: 128, others: 1 } as const;

/**
 * What a camera's picture is taken to be as long as nothing is known of it: that of 640 or 1,280 pixels, in two or three sizes,
 * begins with this.
 */
const ASSUMED_SMALLEST: View = { width: 320, height: 180 };

/**
 * The sizes a picture comes in, smallest first, each twice the one before.
 * @param seen how large one of them has turned out to be
 */
export function pictureSizes(count: number, seen: { layer: number; size: View } | null): View[] {
  const { layer, size } = seen ?? { layer: 0, size: ASSUMED_SMALLEST };
  return Array.from({ length: count }, (_, index) => ({
    width: size.width * 2 ** (index - layer),
    height: size.height * 2 ** (index - layer),
  }));
}

/**
 * How much a picture may be enlarged until it fills its place. Between the first and the last a size that has been chosen stays,
 * so that a place which grows and shrinks a little does not cost a key frame each time.
 */
const ENLARGED = { atLeast: 1.15, usually: 1.25, atMost: 1.4 };

/**
 * The size that fits, 0 being the smallest.
 * @param sizes smallest first, at least one
 * @param before what was chosen last; null: nothing yet
 */
export function fittingLayer(view: View | null, sizes: readonly View[], before: number | null): number {
  if (view === null) return sizes.length - 1;
  const smallestEnlarged = (limit: number) => {
    const layer = sizes.findIndex(
      ({ width, height }) => Math.max(view.width / width, view.height / height) <= limit,
    );
    return layer === -1 ? sizes.length - 1 : layer;
  };
  if (before === null) return smallestEnlarged(ENLARGED.usually);
  const least = smallestEnlarged(ENLARGED.atMost);
  const most = smallestEnlarged(ENLARGED.atLeast);
  return Math.min(most, Math.max(least, before));
}

/** How many sizes a consumer's encoding offers, by its scalability mode (`L3T1`, `S2T3`): 1 if it names none. */
export function layerCount(encodings: readonly { scalabilityMode?: string | undefined }[] = []): number {
  const spatial = /^[LS]([1-8])T/.exec(encodings[0]?.scalabilityMode ?? '')?.[1];
  return spatial === undefined ? 1 : Number(spatial);
}
