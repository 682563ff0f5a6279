import type { Decision } from '@crossfade/client/call';

/** Why the gateway decided as it did, in words for people. Rules of a newer gateway are told by their name. */
export function decisionText({ rule, inputs }: Pick<Decision, 'rule' | 'inputs'>): string {
  switch (rule) {
    case 'moderation':
      return 'A moderator has muted somebody, and only the media server can make that hold.';
    case 'requirement':
      return `The call needs something only the media server can do: ${String(inputs['requires'] ?? 'unknown')}.`;
    case 'policy':
      return 'This call is set to run on the media server.';
    case 'above-limit':
      return `${people(inputs['participants'])} in the call: too many to connect everyone directly.`;
    case 'screen-share':
      return 'Somebody shares a screen.';
    case 'p2p-failed':
      return 'A direct connection failed.';
    case 'p2p-degraded':
      return 'A direct connection was poor.';
    case 'p2p-relayed':
      return 'A direct connection had to go through a relay.';
    case 'dwell':
      return 'Small enough to go direct again. It waits a little, in case somebody comes back.';
    case 'within-limit':
      return `${people(inputs['participants'])} in the call: few enough to connect directly.`;
    default:
      return `By the rule “${rule}”.`;
  }
}

function people(count: Decision['inputs'][string] | undefined): string {
  if (count === 1) return 'One person';
  return typeof count === 'number' ? `${String(count)} people` : 'So many people';
}

/** What the gateway saw, as it wrote it down; what it did not see is left out. */
export function decisionInputs({ inputs }: Pick<Decision, 'inputs'>): [name: string, value: string][] {
  return Object.entries(inputs)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [spaced(name), valueText(name, value)]);
}

function spaced(name: string): string {
  return name.replace(/Ms$/, '').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function valueText(name: string, value: Decision['inputs'][string]): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number' && name.endsWith('Ms')) return `${String(value / 1_000)} s`;
  if (typeof value === 'number' && /(?:Since|Until)$/.test(name)) return new Date(value).toLocaleTimeString();
  return String(value);
}
