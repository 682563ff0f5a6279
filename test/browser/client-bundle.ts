/** mediasoup-client as one script for a page. */
import { bundle } from '../bundle.ts';

/** A script that leaves `window.mediasoupClient` behind. */
export async function bundleMediasoupClient(): Promise<string> {
  const { code } = await bundle({
    entry: import.meta.resolve('mediasoup-client').replace('file://', ''),
    as: { format: 'iife', name: 'mediasoupClient' },
  });
  return code;
}
