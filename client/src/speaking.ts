/**
 * Who speaks, from how loud everybody is, one look after the other. Pure. The one who speaks stays it through the pauses
 * between words, and until somebody else is clearly louder for a moment, so that a cough or a yes moves no picture.
 */

export interface SpeakerView {
  /** Null: nobody speaks. */
  readonly speaker: string | null;
  /** When the speaker was last heard, milliseconds. */
  readonly heardAt: number;
  /** Somebody who may take over, and since when they are louder; null: nobody is. */
  readonly rival: { readonly participantId: string; readonly since: number } | null;
}

export const NOBODY: SpeakerView = { speaker: null, heardAt: 0, rival: null };

/** Quieter is no speech: -40 dBov, as a share of full scale. */
const SPEECH_LEVEL = 0.01;
/** How much louder somebody else has to be: 6 dB. */
const CLEARLY = 2;
/** And for how long, milliseconds. */
const TAKES_MS = 400;
/** How long a speaker may pause, milliseconds: as the media server has it. */
const PAUSE_MS = 1_500;

/** @param levels of everybody who is heard, 0 to 1 @param now milliseconds on a clock that only goes forward */
export function heard(before: SpeakerView, levels: ReadonlyMap<string, number>, now: number): SpeakerView {
  const { speaker, heardAt } = before;
  const [loudest, level] = [...levels].reduce<readonly [string | null, number]>(
    (most, each) => (each[1] > most[1] ? each : most),
    [null, 0],
  );
  const speaks = loudest !== null && level >= SPEECH_LEVEL;
  const own = speaker === null ? 0 : (levels.get(speaker) ?? 0);
  const stillThere = speaker !== null && (own >= SPEECH_LEVEL || now - heardAt < PAUSE_MS);
  if (!stillThere) return speaks ? { speaker: loudest, heardAt: now, rival: null } : quiet(before);
  const lastHeard = own >= SPEECH_LEVEL ? now : heardAt;
  if (!speaks || loudest === speaker || level < own * CLEARLY)
    return { speaker, heardAt: lastHeard, rival: null };
  const since = before.rival?.participantId === loudest ? before.rival.since : now;
  return now - since >= TAKES_MS
    ? { speaker: loudest, heardAt: now, rival: null }
    : { speaker, heardAt: lastHeard, rival: { participantId: loudest, since } };
}

function quiet(before: SpeakerView): SpeakerView {
  return before.speaker === null ? before : NOBODY;
}
