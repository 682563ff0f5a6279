/** What `/sdk/crossfade.js` of a gateway offers to pages of other sites that have no bundler. */
import './zod-without-eval.ts';

export { CodedError, joinCall, prepareToJoin } from '@crossfade/client/call';
export { listDevices, openLocalMedia } from '@crossfade/client/local-media';
