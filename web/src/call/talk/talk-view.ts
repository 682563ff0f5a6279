import type { FloorEvent, FloorView } from '@crossfade/client/call';
import { CodedError } from '@crossfade/shared/errors';

export interface TalkView {
  readonly look: 'idle' | 'taken' | 'asking' | 'waiting' | 'speaking' | 'refused';
  /** On the button. */
  readonly label: string;
  /** Below it; null: nothing more to say. */
  readonly detail: string | null;
}

export interface TalkInputs {
  readonly floor: Pick<FloorView, 'holder' | 'self' | 'queuePosition'>;
  /** Of whoever has the floor; null: nobody does, or oneself. */
  readonly holderName: string | null;
  /** Whether the button is held. */
  readonly held: boolean;
  /** Why one may not speak although one wants to; null: nothing stands against it. */
  readonly trouble: string | null;
}

const HOLD = 'Hold to talk';

/** What the button of push-to-talk says. */
export function talkView({ floor, holderName, held, trouble }: TalkInputs): TalkView {
  const speaker = holderName === null ? null : `${holderName} is speaking`;
  if (floor.self === 'speaking')
    return { look: 'speaking', label: 'You are speaking', detail: 'Let go to end' };
  if (floor.self === 'waiting')
    return { look: 'waiting', label: placeText(floor.queuePosition), detail: speaker };
  if (trouble !== null) return { look: 'refused', label: held ? 'Not now' : HOLD, detail: trouble };
  if (held) return { look: 'asking', label: 'One moment…', detail: speaker };
  return speaker === null
    ? { look: 'idle', label: HOLD, detail: null }
    : { look: 'taken', label: HOLD, detail: speaker };
}

function placeText(place: number | null): string {
  if (place === null) return 'Waiting';
  return place === 1 ? 'You are next' : `Waiting: number ${String(place)}`;
}

type Refusal = Extract<FloorEvent, { kind: 'denied' | 'revoked' }>;

const REASONS: Record<Refusal['reason'], string> = {
  taken: 'Somebody else is speaking.',
  'queue-full': 'Too many people are waiting. Try again in a moment.',
  'retry-after': 'You have just had a long turn.',
  blocked: 'A moderator has turned your microphone off.',
  'no-floor': 'Everyone may speak now.',
  'pre-empted': 'Somebody had something urgent to say.',
  'too-long': 'Your turn is over: one may not speak for longer at a time.',
};

/** Why one does not speak (any more), in kind words. */
export function refusalText({ reason, retryAfterMs }: Refusal): string {
  if (retryAfterMs === undefined || retryAfterMs === 0) return REASONS[reason];
  const seconds = Math.ceil(retryAfterMs / 1_000);
  return `${REASONS[reason]} Try again in ${String(seconds)} ${seconds === 1 ? 'second' : 'seconds'}.`;
}

/** Why the floor could not even be asked for. */
export function floorErrorText(error: unknown): string {
  switch (error instanceof CodedError ? error.code : 'internal') {
    case 'forbidden':
      return 'You may listen here, but not speak.';
    case 'blocked-by-moderator':
      return REASONS.blocked;
    case 'no-floor':
      return REASONS['no-floor'];
    case 'rate-limited':
      return 'That was too often. Wait a moment.';
    default:
      return 'The service could not be reached. Let go, and try again.';
  }
}
