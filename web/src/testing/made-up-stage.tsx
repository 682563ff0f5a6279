/** A stage with people who are not there, for tests and to look at: `window.madeUpStage` makes and changes it. */
import type { CallSnapshot, RemoteParticipant, View } from '@crossfade/client/call';
import { createRoot, type Root } from 'react-dom/client';
import { Stage } from '../call/stage.tsx';
import { hueOf } from '../call/person.ts';
import '../styles.css';

export interface MadeUp {
  /** Besides oneself. */
  others: number;
  /** Which of them speaks, from 0. */
  speaker?: number | null;
  /** Which of them shares a screen. */
  sharing?: number | null;
}

declare global {
  interface Window {
    madeUpStage?: { show: (made: MadeUp) => void; views: Record<string, View | null> };
  }
}

const NAMES = ['Ann', 'Ben', 'Cleo', 'Dan', 'Eve', 'Farid', 'Grace', 'Hiro', 'Ines', 'Jonas Lindqvist'];

/** Somebody before a wall, or a text: drawn once a second. */
function drawn(label: string, size: { width: number; height: number }, screen: boolean): MediaStream {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, size);
  const context = canvas.getContext('2d');
  const { width, height } = size;
  const draw = () => {
    if (!context) return;
    context.fillStyle = screen ? '#f7f7f2' : `hsl(${String(hueOf(label))} 30% 38%)`;
    context.fillRect(0, 0, width, height);
    context.fillStyle = screen ? '#333' : `hsl(${String(hueOf(label))} 35% 70%)`;
    if (screen) {
      for (let line = 1; line < 12; line += 1)
        context.fillRect(40, line * 30, (width - 80) * ((line % 3) + 1) * 0.3, 8);
      return;
    }
    context.beginPath();
    context.arc(width / 2, height * 0.42, height * 0.2, 0, 7);
    context.ellipse(width / 2, height * 1.05, height * 0.42, height * 0.4, 0, 0, 7);
    context.fill();
  };
  draw();
  setInterval(draw, 1_000);
  return canvas.captureStream(1);
}

const people = new Map<number, RemoteParticipant & { screen: MediaStream | null }>();
const camera = { width: 320, height: 180 };

function person(index: number): RemoteParticipant & { screen: MediaStream | null } {
  const known = people.get(index);
  if (known) return known;
  const name = `${NAMES[index % NAMES.length] ?? ''}${index >= NAMES.length ? ` ${String(index)}` : ''}`;
  const video = index % 5 !== 3;
  const made = {
    participantId: `p${String(index)}`,
    userId: `u${String(index)}`,
    displayName: name,
    media: { audio: index % 4 !== 1, video, screen: false },
    blocked: [],
    connected: index !== 12,
    stream: video ? drawn(name, camera, false) : new MediaStream(),
    path: 'sfu',
    trouble: index === 12 ? 'signalling' : null,
    quality: { mos: 4, bars: index % 7 === 2 ? 1 : 4 },
    screen: null,
  } as const;
  people.set(index, made);
  return made;
}

const own = drawn('You', camera, false);
const views: Record<string, View | null> = {};
const call = {
  setView: (id: string, view: View | null, source = 'camera') => {
    views[`${source} ${id}`] = view;
  },
};
const screen = drawn('screen', { width: 640, height: 400 }, true);
let root: Root | undefined;

function show({ others, speaker = null, sharing = null }: MadeUp): void {
  const remotes = Array.from({ length: others }, (_, index) => ({
    ...person(index),
    screen: index === sharing ? screen : null,
  }));
  const snapshot: CallSnapshot = {
    status: { kind: 'joined' },
    callId: 'made-up',
    participantId: 'me',
    mode: 'sfu',
    switchingTo: null,
    epoch: 1,
    sfu: null,
    locked: false,
    floor: null,
    activeSpeaker: speaker === null ? null : `p${String(speaker)}`,
    local: {
      displayName: 'Me',
      stream: own,
      screen: null,
      media: { audio: true, video: true, screen: false },
      blocked: [],
    },
    remotes,
  };
  const element = document.querySelector('#root');
  if (element === null) return;
  root ??= createRoot(element);
  // As the call page has it, its header and buttons being as high.
  root.render(
    <div className="fixed inset-0 flex flex-col overflow-hidden bg-canvas text-ink">
      <header className="h-14 shrink-0 sm:h-16" />
      <main className="relative min-h-0 grow px-2 sm:px-3">
        <Stage
          call={call}
          snapshot={snapshot}
          onSoundBlocked={() => undefined}
          onCopyLink={() => undefined}
        />
      </main>
      <footer className="h-[76px] shrink-0" />
    </div>,
  );
}

window.madeUpStage = { show, views };
