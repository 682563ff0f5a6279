import type { CallSnapshot } from '@crossfade/client/call';
import { MODES } from './modes.ts';

/** Something that happened in a call and is told. */
export interface News {
  readonly text: string;
  /** Only spoken by a screen reader; who sees the page sees it anyway. */
  readonly spokenOnly: boolean;
}

type Seen = Pick<CallSnapshot, 'mode' | 'locked'> & {
  readonly local: Pick<CallSnapshot['local'], 'blocked'>;
  readonly remotes: readonly Pick<
    CallSnapshot['remotes'][number],
    'participantId' | 'displayName' | 'screen'
  >[];
};

/** What is new in a call: who came, who left, and where the media run. */
export function newsBetween(before: Seen, after: Seen): News[] {
  const came = without(after.remotes, before.remotes);
  const left = without(before.remotes, after.remotes);
  const moved =
    before.mode === after.mode
      ? []
      : [{ text: `The call is now ${MODES[after.mode].spoken}.`, spokenOnly: true }];
  return [
    ...(came.length > 0 ? [{ text: `${listed(came)} joined`, spokenOnly: false }] : []),
    ...(left.length > 0 ? [{ text: `${listed(left)} left`, spokenOnly: false }] : []),
    ...shared(before.remotes, after.remotes),
    ...(before.locked === after.locked
      ? []
      : [{ text: after.locked ? 'The call is now locked' : 'The call is open again', spokenOnly: false }]),
    ...moderated(before.local.blocked, after.local.blocked),
    ...moved,
  ];
}

function shared(before: Seen['remotes'], after: Seen['remotes']): News[] {
  const sharing = (remotes: Seen['remotes']) => remotes.filter(({ screen }) => screen !== null);
  const began = without(sharing(after), sharing(before));
  return began.map((name) => ({ text: `${name} is sharing a screen`, spokenOnly: true }));
}

const MEDIA = { audio: 'microphone', video: 'camera', screen: 'screen' } as const;

function moderated(before: Seen['local']['blocked'], after: Seen['local']['blocked']): News[] {
  const taken = after.filter((kind) => !before.includes(kind));
  const givenBack = before.filter((kind) => !after.includes(kind));
  return [
    ...taken.map((kind) => ({ text: `A moderator has turned your ${MEDIA[kind]} off`, spokenOnly: false })),
    ...givenBack.map((kind) => ({ text: `You may turn your ${MEDIA[kind]} on again`, spokenOnly: false })),
  ];
}

function without(some: Seen['remotes'], others: Seen['remotes']): string[] {
  const ids = new Set(others.map(({ participantId }) => participantId));
  return some
    .filter(({ participantId }) => !ids.has(participantId))
    .map(({ displayName }) => shortened(displayName));
}

const LONGEST_NAME = 24;

function shortened(name: string): string {
  const characters = Array.from(name);
  return characters.length > LONGEST_NAME
    ? `${characters
        .slice(0, LONGEST_NAME - 1)
        .join('')
        .trimEnd()}…`
    : name;
}

const MOST_NAMED = 3;

function listed(names: readonly string[]): string {
  if (names.length > MOST_NAMED) return `${names.slice(0, 2).join(', ')} and ${names.length - 2} others`;
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.slice(-1).join()}`;
}
