import type { ReconnectionStep, RemoteTrouble } from '@crossfade/client/call';

/** What is told of each step of getting back into the call: first of all whether one is still heard. */
export const STEP_TEXTS: Record<ReconnectionStep, string> = {
  signalling: 'You are still heard and seen. We are reconnecting to the service…',
  'ice-restart': 'Your connection is interrupted. We are looking for another way…',
  path: 'Sound and picture stopped. We are setting them up again; please stay…',
  rejoin: 'You were away for a while. We are bringing you back into the call…',
};

/** What a tile says of the one it shows. */
export const TROUBLE_TEXTS: Record<RemoteTrouble, string> = {
  connecting: 'Connecting…',
  signalling: 'Reconnecting…',
  away: 'Connection lost. Waiting…',
  'ice-restart': 'Interrupted. Reconnecting…',
  path: 'Looking for another way…',
};
