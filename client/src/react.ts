/**
 * React hooks. Each renders its component again when what it returns is different, and only then: parts of a call that have
 * not changed are the same objects from one snapshot to the next. They work with server rendering and under StrictMode.
 */
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { CallVisit, JOINING, type Visit, type VisitOptions } from './call-visit.ts';
import type { Call } from './call.ts';
import { ChatLog, type ChatView } from './chat-log.ts';
import type { FloorAnswer, FloorView } from './floor.ts';
import type { CallSnapshot, LocalParticipant, RemoteParticipant } from './snapshot.ts';
import type { SfuConnection, SfuConsumer, SfuProducer } from './sfu-view.ts';

export type { Visit, VisitOptions } from './call-visit.ts';
export type { ChatView, OutgoingMessage } from './chat-log.ts';

/** What is shown of a call: everything, so it renders on every change of anything. The other hooks are for parts of it. */
export function useCall(call: Call): CallSnapshot;
/**
 * Joins a call when the component is mounted, and leaves it when it goes; another `url`, `callId` or `media` leaves the call
 * and joins the other. What else changes counts when it is joined next.
 * @param options null: no call (yet)
 */
export function useCall(options: VisitOptions | null): Visit;
export function useCall(what: Call | VisitOptions | null): CallSnapshot | Visit {
  const call = what !== null && 'snapshot' in what ? what : null;
  const visit = useVisit(what !== null && 'snapshot' in what ? null : what);
  const snapshot = useSelection(call, whole);
  return snapshot ?? visit;
}

export interface Participants {
  readonly self: LocalParticipant & { readonly participantId: string };
  /** Everyone else, in the order the gateway lists them. Who has not changed is the same object as before. */
  readonly remotes: readonly RemoteParticipant[];
}

/** Who is in the call. */
export function useParticipants(call: Call): Participants {
  const participantId = useSelection(call, ownIdOf);
  const local = useSelection(call, localOf);
  const remotes = useSelection(call, remotesOf);
  return useMemo(() => ({ self: { participantId, ...local }, remotes }), [participantId, local, remotes]);
}

/** How the path through a media server stands. `none`: there is none, the call is peer-to-peer or has just lost it. */
export type SFUConnection =
  { readonly state: 'none' } | Readonly<Pick<SfuConnection, 'state' | 'epoch' | 'role'>>;

const NO_CONNECTION: SFUConnection = { state: 'none' };

/** The path through a media server; while a switch is prepared, the one that is being built. */
export function useSFUConnection(call: Call): SFUConnection {
  const state = useSelection(call, sfuStateOf);
  const epoch = useSelection(call, sfuEpochOf);
  const role = useSelection(call, sfuRoleOf);
  return useMemo(
    () =>
      state === undefined || epoch === undefined || role === undefined
        ? NO_CONNECTION
        : { state, epoch, role },
    [state, epoch, role],
  );
}

/** What this client sends to the media server: none while there is no path through one. */
export function useSFUProducers(call: Call): readonly SfuProducer[] {
  return useSelection(call, producersOf);
}

/** What this client receives from the media server. */
export function useSFUConsumers(call: Call): readonly SfuConsumer[] {
  return useSelection(call, consumersOf);
}

/** The participant id of who of the others speaks; null: nobody does. */
export function useActiveSpeaker(call: Call): string | null {
  return useSelection(call, activeSpeakerOf);
}

export interface UsedChat extends ChatView {
  /** Sends a message to everyone; `outgoing` tells how that goes, this never rejects. */
  readonly send: (text: string) => Promise<void>;
  /** Sends one of `outgoing` again that failed; it is never doubled. */
  readonly retry: (clientMessageId: string) => Promise<void>;
  /** Forgets one of `outgoing` that failed. */
  readonly discard: (clientMessageId: string) => void;
  /** Loads the page of messages before those there are. Never rejects: `history` tells. */
  readonly loadOlder: () => Promise<void>;
}

/** The messages of a call: those from before one joined, new ones, and one's own on their way. One list for all components. */
export function useChat(call: Call): UsedChat {
  const log = chatLogOf(call);
  const subscribe = useCallback((listener: () => void) => log.subscribe(listener), [log]);
  const read = () => log.view;
  const view = useSyncExternalStore(subscribe, read, read);
  const actions = useMemo(
    () => ({
      send: (text: string) => log.send(text),
      retry: (clientMessageId: string) => log.retry(clientMessageId),
      discard: (clientMessageId: string) => log.discard(clientMessageId),
      loadOlder: () => log.loadOlder(),
    }),
    [log],
  );
  return useMemo(() => ({ ...view, ...actions }), [view, actions]);
}

export interface UsedFloor {
  /** Null: the call has no floor, everyone may speak. */
  readonly view: FloorView | null;
  /** Asks to speak, as `Call.floor.request`. @throws CodedError */
  readonly request: (options?: { priority?: number; queue?: boolean }) => Promise<FloorAnswer>;
  /** Has spoken, or does not want to any more. @throws CodedError */
  readonly release: () => Promise<void>;
}

/** Who may speak, in a call of push-to-talk. */
export function useFloor(call: Call): UsedFloor {
  const view = useSelection(call, floorOf);
  return useMemo(
    () => ({
      view,
      request: (options) => call.floor.request(options),
      release: () => call.floor.release(),
    }),
    [call, view],
  );
}

/** A part of the newest snapshot. Parts keep their identity, so the same one again does not render. */
function useSelection<T>(call: Call, select: (snapshot: CallSnapshot) => T): T;
function useSelection<T>(call: Call | null, select: (snapshot: CallSnapshot) => T): T | null;
function useSelection<T>(call: Call | null, select: (snapshot: CallSnapshot) => T): T | null {
  const subscribe = useCallback(
    (listener: () => void) => call?.subscribe(listener) ?? (() => undefined),
    [call],
  );
  const read = () => (call === null ? null : select(call.snapshot));
  return useSyncExternalStore(subscribe, read, read);
}

const whole = (snapshot: CallSnapshot) => snapshot;
const ownIdOf = ({ participantId }: CallSnapshot) => participantId;
const localOf = ({ local }: CallSnapshot) => local;
const remotesOf = ({ remotes }: CallSnapshot) => remotes;
const activeSpeakerOf = ({ activeSpeaker }: CallSnapshot) => activeSpeaker;
const floorOf = ({ floor }: CallSnapshot) => floor;
const sfuStateOf = ({ sfu }: CallSnapshot) => sfu?.state;
const sfuEpochOf = ({ sfu }: CallSnapshot) => sfu?.epoch;
const sfuRoleOf = ({ sfu }: CallSnapshot) => sfu?.role;
const NONE: readonly never[] = [];
/** A path without any is no other list than no path. */
const listed = <T>(list: readonly T[] = NONE) => (list.length > 0 ? list : NONE);
const producersOf = ({ sfu }: CallSnapshot): readonly SfuProducer[] => listed(sfu?.producers);
const consumersOf = ({ sfu }: CallSnapshot): readonly SfuConsumer[] => listed(sfu?.consumers);

function useVisit(options: VisitOptions | null): Visit {
  const [visit] = useState(() => new CallVisit());
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const url = options?.url;
  const callId = options?.callId;
  const media = options?.media;
  useEffect(() => {
    if (url === undefined || callId === undefined) return undefined;
    visit.enter(() => latest.current);
    return () => visit.leave();
  }, [visit, url, callId, media]);
  const subscribe = useCallback((listener: () => void) => visit.subscribe(listener), [visit]);
  const read = () => visit.state;
  const state = useSyncExternalStore(subscribe, read, read);
  // The first look at a call with options: it is joined right after.
  return options !== null && state.kind === 'idle' ? JOINING : state;
}

const chatLogs = new WeakMap<Call, ChatLog>();

function chatLogOf(call: Call): ChatLog {
  const log = chatLogs.get(call) ?? new ChatLog(call);
  chatLogs.set(call, log);
  return log;
}
