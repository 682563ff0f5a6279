/**
 * What is broken, in the words of an application: which step of getting back a call is in, and what is wrong with one
 * participant. Pure: it follows from how the connections stand at this moment.
 */

/** How the connection that carries somebody's media stands. */
export type LinkHealth =
  /** It has not come about yet. */
  | 'connecting'
  | 'connected'
  /** It worked and does not at the moment; ICE looks for another way. */
  | 'interrupted'
  /** It did not come about, or does not come back: the media need another path. */
  | 'failed';

/**
 * What is being done to get back, from what is noticed least to most:
 * - `signalling`: the service is out of reach or is being asked how things stand; media go on.
 * - `ice-restart`: media do not get through at the moment; the same connection looks for another way.
 * - `path`: the path is lost, and another one is being built.
 * - `rejoin`: the service had given this participant up; it has joined as a new one, and everything is built anew.
 */
export type ReconnectionStep = 'signalling' | 'ice-restart' | 'path' | 'rejoin';

/**
 * What is wrong with one participant:
 * - `connecting`: nothing comes from them yet.
 * - `signalling`: their signalling is lost; what they send still comes.
 * - `away`: their signalling is lost, and nothing comes from them.
 * - `ice-restart`: nothing comes from them at the moment; the same connection looks for another way.
 * - `path`: the path to them is lost, or did not come about, and another one is being built.
 */
export type RemoteTrouble = 'connecting' | 'signalling' | 'away' | 'ice-restart' | 'path';

export interface Connections {
  /** Whether the gateway can be reached, and has told how things stand. */
  readonly inStep: boolean;
  /** Whether this is a new participant in place of one that the gateway had given up. */
  readonly rejoined: boolean;
  /** Whether the path is lost, or was built in place of a lost one and does not work yet. */
  readonly pathLost: boolean;
  /** The connections to those whose own signalling works; by way of a media server, the one to it. */
  readonly links: readonly LinkHealth[];
}

/** Null: nothing is broken on this side. What is wrong with one of several is wrong with them, not with this side. */
export function reconnectionStep({
  inStep,
  rejoined,
  pathLost,
  links,
}: Connections): ReconnectionStep | null {
  if (pathLost) return rejoined ? 'rejoin' : 'path';
  const broken = links.length > 0 && links.every((link) => link === 'interrupted' || link === 'failed');
  // Without the service nobody can move the call to another path: then the same one is tried on.
  if (broken) return inStep && links.every((link) => link === 'failed') ? 'path' : 'ice-restart';
  return inStep ? null : 'signalling';
}

/** @param arrives whether a path carries this participant's media */
export function remoteTrouble(connected: boolean, arrives: boolean, link: LinkHealth): RemoteTrouble | null {
  if (arrives) return connected ? null : 'signalling';
  if (!connected) return 'away';
  switch (link) {
    case 'interrupted':
      return 'ice-restart';
    case 'failed':
      return 'path';
    case 'connecting':
    case 'connected':
      return 'connecting';
  }
}

/** Of the connections that together make one way, the one that is worst. */
export function worst(links: readonly LinkHealth[]): LinkHealth {
  const order = ['failed', 'interrupted', 'connecting'] as const;
  return order.find((health) => links.includes(health)) ?? 'connected';
}
