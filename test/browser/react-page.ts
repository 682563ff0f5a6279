/** A page that shows a call through the hooks of the SDK, and counts how often each component renders. No media are needed. */
import { StrictMode, createElement, memo, useEffect } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import type { Call, CallSnapshot, ChatMessage, RemoteParticipant } from '@crossfade/client/call';
import {
  useActiveSpeaker,
  useCall,
  useChat,
  useFloor,
  useParticipants,
  useSFUConnection,
  useSFUConsumers,
  useSFUProducers,
} from '@crossfade/client/react';
import { withUnchangedKept } from '../../client/src/snapshot.ts';

type Listener = (detail: never) => void;

/** What hooks need of a call: snapshots come when they are told to. */
class ScriptedCall {
  snapshot: CallSnapshot;
  readonly history: ChatMessage[] = [];
  readonly #subscribers = new Set<() => void>();
  readonly #listeners = new Set<{ name: string; listener: Listener }>();
  readonly floor = {
    request: () => Promise.resolve({}),
    release: () => Promise.resolve(),
  };

  constructor(snapshot: CallSnapshot) {
    this.snapshot = snapshot;
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  subscribe(listener: () => void): () => void {
    this.#subscribers.add(listener);
    return () => this.#subscribers.delete(listener);
  }

  on(name: string, listener: Listener): () => void {
    const entry = { name, listener };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  /** As a session makes snapshots: composed anew, with what has not changed kept. */
  change(change: Partial<CallSnapshot>): void {
    this.snapshot = withUnchangedKept(this.snapshot, structuredCopy({ ...this.snapshot, ...change }));
    for (const subscriber of this.#subscribers) subscriber();
  }

  tell(name: 'chat', detail: ChatMessage): void {
    for (const entry of this.#listeners) if (entry.name === name) entry.listener(detail as never);
  }

  sendChat(text: string): Promise<{ messageId: string; at: string }> {
    const message = chatMessage(this.history.length + 1, text);
    this.history.push(message);
    this.tell('chat', message);
    return Promise.resolve(message);
  }

  chatHistory(): Promise<{ messages: ChatMessage[]; nextCursor: null }> {
    return Promise.resolve({ messages: [...this.history], nextCursor: null });
  }
}

/** Other objects all through, but for the streams. */
function structuredCopy(snapshot: CallSnapshot): CallSnapshot {
  const { local, remotes, ...rest } = snapshot;
  return {
    ...structuredClone(rest),
    local: { ...local, media: { ...local.media } },
    remotes: remotes.map((remote) => ({ ...remote, media: { ...remote.media } })),
  };
}

function chatMessage(number: number, text: string): ChatMessage {
  const at = new Date(Date.UTC(2026, 0, 1, 0, 0, number)).toISOString();
  const messageId = `m${String(number)}`;
  return { callId: 'call', messageId, participantId: 'ann', userId: 'ann', displayName: 'Ann', text, at };
}

const media = { audio: true, video: true, screen: false };
function remote(participantId: string): RemoteParticipant {
  const stream = new MediaStream();
  const known = { participantId, userId: participantId, displayName: participantId, media };
  return {
    ...known,
    blocked: [],
    connected: true,
    stream,
    screen: null,
    path: 'p2p',
    trouble: null,
    quality: null,
  };
}

const [ann, ben] = [remote('ann'), remote('ben')];
const connection = { epoch: 2, role: 'pending', state: 'connecting', producers: [], consumers: [] } as const;
const producer = { id: 'p', kind: 'audio', source: 'microphone', pausedBy: null, wantedLayer: null } as const;
const consumer = {
  id: 'c',
  producerId: 'q',
  participantId: 'ann',
  kind: 'video',
  source: 'camera',
  paused: false,
  producerPaused: false,
  wantedLayer: 0,
  currentLayers: null,
} as const;

export interface Outcome {
  /** After each step, which components rendered again, and how often. */
  steps: Record<string, Record<string, number>>;
  /** What the page showed at the end. */
  text: Record<string, string>;
  /** Listeners of the call while it was shown under StrictMode, and after. */
  subscribers: [number, number];
  errors: string[];
}

/** Goes through it all once. */
export async function run(): Promise<Outcome> {
  const errors: string[] = [];
  console.error = (...texts: unknown[]) => errors.push(texts.map(String).join(' '));
  const call = new ScriptedCall({
    status: { kind: 'joined' },
    callId: 'call',
    participantId: 'me',
    mode: 'p2p',
    switchingTo: null,
    epoch: 1,
    sfu: null,
    locked: false,
    floor: null,
    activeSpeaker: null,
    local: { displayName: 'Me', stream: new MediaStream(), screen: null, media, blocked: [] },
    remotes: [ann, ben],
  });
  call.history.push(chatMessage(1, 'before'));
  const real = call as unknown as Call;
  let chat: ReturnType<typeof useChat> | undefined;

  let renders: Record<string, number> = {};
  const shows = (name: string, use: () => unknown) => {
    const Component = memo(() => {
      const text = JSON.stringify(use());
      // In an effect: what was rendered and thrown away is not counted.
      useEffect(() => {
        renders[name] = (renders[name] ?? 0) + 1;
      });
      return createElement('p', { id: name }, text);
    });
    return createElement(Component, { key: name });
  };
  const Tile = memo(({ one }: { one: RemoteParticipant }) => {
    useEffect(() => {
      const name = `tile ${one.participantId}`;
      renders[name] = (renders[name] ?? 0) + 1;
    });
    return null;
  });
  const Tiles = () =>
    useParticipants(real).remotes.map((one) => createElement(Tile, { key: one.participantId, one }));
  const page = [
    shows('call', () => useCall(real).epoch),
    shows('participants', () => {
      const { self, remotes } = useParticipants(real);
      return [self.participantId, ...remotes.map(({ displayName }) => displayName)];
    }),
    shows('connection', () => useSFUConnection(real)),
    shows('producers', () => useSFUProducers(real).map(({ id }) => id)),
    shows('consumers', () => useSFUConsumers(real).map(({ id }) => id)),
    shows('speaker', () => useActiveSpeaker(real)),
    shows('floor', () => useFloor(real).view?.self),
    shows('chat', () => {
      const used = useChat(real);
      chat = used;
      return [used.history, ...used.messages.map(({ text }) => text)];
    }),
    createElement(Tiles, { key: 'tiles' }),
  ];

  const root = rootIn('first');
  const steps: Outcome['steps'] = {};
  const step = async (name: string, act: () => unknown) => {
    renders = {};
    await act();
    await painted();
    steps[name] = renders;
  };
  await step('first', () => root.render(page));
  await step('nothing', () => call.change({}));
  await step('quality', () => call.change({ remotes: [{ ...ann, quality: { mos: 4, bars: 4 } }, ben] }));
  await step('speaker', () => call.change({ activeSpeaker: 'ann' }));
  await step('pending', () => call.change({ switchingTo: 'sfu', sfu: connection }));
  await step('producer', () => call.change({ sfu: { ...connection, producers: [producer] } }));
  await step('consumer', () =>
    call.change({ sfu: { ...connection, producers: [producer], consumers: [consumer] } }),
  );
  await step('floor', () =>
    call.change({ floor: { holder: 'me', self: 'speaking', queuePosition: null, fence: 1 } }),
  );
  await step('chat', () => chat?.send('after'));
  await step('left', () => call.change({ remotes: [ben] }));
  const text = Object.fromEntries([...document.querySelectorAll('p')].map((p) => [p.id, p.textContent]));
  root.unmount();

  renders = {};
  const strict = rootIn('strict');
  strict.render(createElement(StrictMode, null, page));
  await painted();
  const shown = call.subscribers;
  strict.unmount();
  await painted();
  return { steps, text, subscribers: [shown, call.subscribers], errors };
}

function rootIn(id: string): Root {
  const element = document.createElement('div');
  element.id = id;
  document.body.append(element);
  return createRoot(element);
}

/** Everything that was set off has been rendered, and its effects have run. */
async function painted(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setTimeout(resolve, 20));
}
