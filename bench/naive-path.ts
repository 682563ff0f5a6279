/**
 * Break before make: the path before is closed before the next one is built. What a call costs this way is what the figures
 * of a switch are compared with; the web app is built with it in place of the SDK's own, and is the same otherwise.
 */
import { buildPath as build } from '../client/src/build-path.ts';

let before: ReturnType<typeof build> | null = null;

export const buildPath: typeof build = (place, material) => {
  before?.close();
  before = build(place, material);
  return before;
};
