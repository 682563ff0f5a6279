import type { Mode } from '@crossfade/shared/signalling';

interface ModeText {
  readonly label: string;
  readonly spoken: string;
  readonly explanation: string;
}

/** The modes of a call in words for people. */
export const MODES: Record<Mode, ModeText> = {
  p2p: {
    label: 'Peer-to-peer',
    spoken: 'peer-to-peer',
    explanation: 'Sound and picture go directly from one to the other.',
  },
  sfu: {
    label: 'Media server',
    spoken: 'on a media server',
    explanation: 'A media server passes sound and picture on to everyone.',
  },
};

/** What a screen reader adds to the label of the mode. */
export function describeMode(mode: Mode, switchingTo: Mode | null): string {
  const switching = switchingTo === null ? '' : ` Switching to ${MODES[switchingTo].label.toLowerCase()}.`;
  return `${MODES[mode].explanation}${switching}`;
}
