/**
 * In which sizes a camera is sent to the media server, so that every receiver can have the one that fits. Pure. The bitrates
 * are those that LiveKit's clients take for their presets.
 */

/** One size: in which part of the captured picture's width and height, and with how many bit/s at most. */
export interface CameraEncoding {
  scaleResolutionDownBy?: number;
  maxBitrate: number;
}

/** Bit/s a picture needs, by its pixels. */
const BITRATES: readonly { pixels: number; bitrate: number }[] = [
  { pixels: 160 * 90, bitrate: 90_000 },
  { pixels: 320 * 180, bitrate: 160_000 },
  { pixels: 384 * 216, bitrate: 180_000 },
  { pixels: 640 * 360, bitrate: 450_000 },
  { pixels: 960 * 540, bitrate: 800_000 },
  { pixels: 1_280 * 720, bitrate: 1_700_000 },
  { pixels: 1_920 * 1_080, bitrate: 3_000_000 },
];

/** From this length of the longer side on there are three sizes, from that on two; pixels. */
const THREE_FROM = 960;
const TWO_FROM = 480;

/** What the camera says of its picture before it has given one. */
const ASSUMED = { width: 640, height: 360 };

/** Codecs that have several sizes as streams of their own; others would need layers in one stream. */
const SIMULCAST_CODECS = new Set(['video/vp8', 'video/h264']);

/**
 * @param captured the picture's size, as the track's settings have it
 * @param several whether several sizes are wanted
 * @returns smallest first, as the media server counts them
 */
export function cameraEncodings(
  { width = ASSUMED.width, height = ASSUMED.height }: { width?: number; height?: number },
  { mimeType, several }: { mimeType: string; several: boolean },
): CameraEncoding[] {
  const fits = several && SIMULCAST_CODECS.has(mimeType.toLowerCase());
  const longer = Math.max(width, height);
  const scales = !fits || longer < TWO_FROM ? [1] : longer < THREE_FROM ? [2, 1] : [4, 2, 1];
  return scales.map((scale) => ({
    ...(scales.length > 1 && { scaleResolutionDownBy: scale }),
    maxBitrate: bitrateOf((width * height) / scale ** 2),
  }));
}

function bitrateOf(pixels: number): number {
  const fitting = BITRATES.find((preset) => preset.pixels >= pixels) ?? BITRATES.at(-1);
  return fitting?.bitrate ?? 0;
}
