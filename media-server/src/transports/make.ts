/** The one way something is made on a transport: in the worker first, and kept only if it is still wanted then. */
import { inSpan } from '@crossfade/service/tracing';
import { ask, checkedByMediasoup } from '../workers/ask.ts';

/**
 * @param name what mediasoup is asked, for traces
 * @param keep takes over what was made; throws if it is not wanted any more, because something it belongs to was closed
 *   meanwhile. One call for both: between them nothing can be closed.
 * @throws CodedError `timeout`, `no-capacity`, `invalid-media-parameters`; what `keep` throws
 */
export async function make<Made extends { close(): void }, Kept>(
  name: string,
  request: () => Promise<Made>,
  keep: (made: Made) => Kept,
): Promise<Kept> {
  const made = await checkedByMediasoup(
    ask(inSpan(`worker ${name}`, request), (late) => {
      late.close();
    }),
  );
  try {
    return keep(made);
  } catch (error) {
    made.close();
    throw error;
  }
}
