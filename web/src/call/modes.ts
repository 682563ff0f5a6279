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

/** Where sound and picture run, with so many others in the call. Of one who is alone nothing runs anywhere. */
export function whereItRuns(mode: Mode, others: number): Pick<ModeText, 'label' | 'explanation'> {
  if (others > 0) return MODES[mode];
  return { label: 'Just you', explanation: 'Nobody else is here: your sound and picture stay with you.' };
}

/** What a screen reader adds to the label of the mode. */
export function describeMode(mode: Mode, others: number, switchingTo: Mode | null): string {
  const { explanation } = whereItRuns(mode, others);
  const switching = switchingTo === null ? '' : ` Switching to ${MODES[switchingTo].label.toLowerCase()}.`;
  return `${explanation}${switching}`;
}
