/** The one way something is made on a transport: in the worker first, and kept only if it is still wanted then. */
import { inSpan } from '@crossfade/service/tracing';
import { ask, checkedByMediasoup } from '../workers/ask.ts';

/**
 * @param name what mediasoup is asked, for traces
 * @param mustBeWanted throws if something it belongs to was closed meanwhile: that is then the reason, whatever the
 *   worker says of it
 * @param keep takes over what was made, right after that was asked
 * @throws CodedError `timeout`, `no-capacity`, `invalid-media-parameters`; what `mustBeWanted` throws
 */
export async function make<Made extends { close(): void }, Kept>(
  name: string,
  request: () => Promise<Made>,
  mustBeWanted: () => void,
  keep: (made: Made) => Kept,
): Promise<Kept> {
  let made: Made | undefined;
  try {
    made = await checkedByMediasoup(
      ask(inSpan(`worker ${name}`, request), (late) => {
        late.close();
      }),
    );
    mustBeWanted();
    return keep(made);
  } catch (error) {
    made?.close();
    mustBeWanted();
    throw error;
  }
}
