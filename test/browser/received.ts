/** Whether media really arrive: decoded frames and audible sound, read twice from the path they should come on. */
import type { PathStats, RemoteStats } from '@crossfade/client/call';
import type { Mode, Person } from './person.ts';
import { until } from './until.ts';

export interface Arriving {
  participantId: string;
  frames: number;
  /** What the received sound's energy grew by; the made-up microphone beeps once a second. */
  audioEnergy: number;
}

/**
 * Waits until every one of so many others has brought new frames and new sound to this person over this path.
 * @throws Error with what did arrive
 */
export async function mediaArrives(person: Person, mode: Mode, others: number): Promise<Arriving[]> {
  let before = await person.stats();
  return until<Arriving[]>(
    `${person.name} decodes ${String(others)} others over ${mode}`,
    20_000,
    async () => {
      const after = await person.stats();
      const arriving = after.remotes.map((remote) => growth(remote, before));
      if (!comparable(before, after)) before = after;
      const ok =
        after.remotes.length === others &&
        after.remotes.every(({ path }) => path === mode) &&
        arriving.every(({ frames, audioEnergy }) => frames >= 10 && audioEnergy > 1e-6);
      return ok ? { done: arriving } : { pending: { mode: after.mode, remotes: after.remotes, arriving } };
    },
  );
}

/** Whether both were read on the same paths to the same people: counters start anew with each. */
function comparable(before: PathStats, after: PathStats): boolean {
  return (
    after.epoch === before.epoch &&
    after.remotes.every(({ participantId, path }) =>
      before.remotes.some((remote) => remote.participantId === participantId && remote.path === path),
    )
  );
}

function growth(now: RemoteStats, earlier: PathStats): Arriving {
  const { participantId } = now;
  const then = earlier.remotes.find((remote) => remote.participantId === participantId);
  // Counters start anew with a new path: growth within one path only.
  const samePath = then?.path === now.path;
  return {
    participantId,
    frames: samePath ? (now.video?.framesDecoded ?? 0) - (then.video?.framesDecoded ?? 0) : 0,
    audioEnergy: samePath ? (now.audio?.totalAudioEnergy ?? 0) - (then.audio?.totalAudioEnergy ?? 0) : 0,
  };
}

/** How long somebody is listened to: longer than the pause between two beeps of the made-up microphone. */
const LISTEN_MS = 1_500;

/** Whether any sound of this participant arrives now. */
export async function hears(person: Person, participantId: string): Promise<boolean> {
  const before = await person.stats();
  await new Promise((resolve) => setTimeout(resolve, LISTEN_MS));
  const remote = (await person.stats()).remotes.find((each) => each.participantId === participantId);
  if (!remote) throw new Error(`${person.name} does not see ${participantId}.`);
  return growth(remote, before).audioEnergy > 1e-6;
}
