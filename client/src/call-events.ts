/** What happens in a call, told as typed events: worked out from one snapshot to the next, beside chat and floor. */
import type { ChatMessage } from './chat.ts';
import type { FloorEvent } from './floor.ts';
import type { CallSnapshot, CallStatus, LocalParticipant, RemoteParticipant } from './snapshot.ts';
import type { SfuConnection } from './sfu-view.ts';

type Mode = CallSnapshot['mode'];

/** The events of a call, and what their listeners are given. */
export interface CallEvents {
  /** The connection was lost, is back, or the call is over for this participant. */
  status: { readonly status: CallStatus; readonly before: CallStatus };
  /** Somebody has joined; those who were there before are in the first snapshot. */
  'participant-joined': { readonly participant: RemoteParticipant };
  /** Somebody has left; `participant` as they were last. Nothing is told of those who are there when the call ends. */
  'participant-left': { readonly participant: RemoteParticipant };
  /** Of somebody who is there, anything is different: muted or not, the name, the path, the quality. */
  'participant-updated': { readonly participant: RemoteParticipant; readonly before: RemoteParticipant };
  /** Of oneself: what is sent, or what a moderator has taken or given back. */
  'local-updated': { readonly local: LocalParticipant; readonly before: LocalParticipant };
  /** The media run elsewhere now. Also from one media server to another: then only `epoch` is different. */
  mode: { readonly mode: Mode; readonly before: Mode; readonly epoch: number };
  /** A switch to this mode is being prepared beside what runs; null: it is over, done or given up. */
  'switching-to': { readonly mode: Mode | null };
  /** Another of the others speaks; null: nobody does. */
  'active-speaker': { readonly participantId: string | null };
  /** Whether somebody new can join. */
  locked: { readonly locked: boolean };
  /** The path through a media server, its producers or consumers; null: there is none any more. */
  sfu: { readonly sfu: SfuConnection | null };
  /** A new chat message, one's own included. */
  chat: ChatMessage;
  /** On the floor of a call of push-to-talk. */
  floor: FloorEvent;
}

/** The names of the events that follow from snapshots. */
type SnapshotEventName = Exclude<keyof CallEvents, 'chat' | 'floor'>;

export type SnapshotEvent = {
  [Name in SnapshotEventName]: { readonly name: Name; readonly detail: CallEvents[Name] };
}[SnapshotEventName];

/** What has happened between two snapshots of a call, the later of which keeps unchanged parts. Pure. */
export function eventsBetween(before: CallSnapshot, after: CallSnapshot): SnapshotEvent[] {
  const events: SnapshotEvent[] = [];
  // Whoever is in a call that is over has not left it.
  if (after.status.kind !== 'ended') events.push(...rosterEvents(before.remotes, after.remotes));
  if (before.local !== after.local) {
    events.push({ name: 'local-updated', detail: { local: after.local, before: before.local } });
  }
  if (before.mode !== after.mode || before.epoch !== after.epoch) {
    const { mode, epoch } = after;
    events.push({ name: 'mode', detail: { mode, before: before.mode, epoch } });
  }
  if (before.switchingTo !== after.switchingTo) {
    events.push({ name: 'switching-to', detail: { mode: after.switchingTo } });
  }
  if (before.activeSpeaker !== after.activeSpeaker) {
    events.push({ name: 'active-speaker', detail: { participantId: after.activeSpeaker } });
  }
  if (before.locked !== after.locked) events.push({ name: 'locked', detail: { locked: after.locked } });
  if (before.sfu !== after.sfu) events.push({ name: 'sfu', detail: { sfu: after.sfu } });
  if (before.status !== after.status) {
    events.push({ name: 'status', detail: { status: after.status, before: before.status } });
  }
  return events;
}

function rosterEvents(
  before: readonly RemoteParticipant[],
  after: readonly RemoteParticipant[],
): SnapshotEvent[] {
  const old = new Map(before.map((participant) => [participant.participantId, participant]));
  const present = new Set(after.map(({ participantId }) => participantId));
  const left = before.filter(({ participantId }) => !present.has(participantId));
  return [
    ...left.map((participant): SnapshotEvent => ({ name: 'participant-left', detail: { participant } })),
    ...after.flatMap((participant): SnapshotEvent[] => {
      const known = old.get(participant.participantId);
      if (known === participant) return [];
      return known
        ? [{ name: 'participant-updated', detail: { participant, before: known } }]
        : [{ name: 'participant-joined', detail: { participant } }];
    }),
  ];
}
