import type { MediaProblem } from '@crossfade/client/local-media';

const NAMES = { microphone: 'microphone', camera: 'camera' } as const;

/** What keeps a device from working and what the person can do, in plain words. */
export function problemText({ device, kind }: MediaProblem): string {
  const name = NAMES[device];
  switch (kind) {
    case 'refused':
      return `The browser was not allowed to use your ${name}. Allow it next to the address bar, then try again.`;
    case 'missing':
      return `No ${name} was found. Plug one in and try again, or join without.`;
    case 'busy':
      return `Another app is using your ${name}. Close it there, then try again.`;
    case 'insecure-page':
      return `Browsers only share a ${name} with safe pages: open this one over https or on localhost.`;
    case 'unknown':
      return `Your ${name} did not start. Try again, or join without it.`;
  }
}

/** One text for all problems: the same trouble with both devices is told once. */
export function problemTexts(problems: readonly MediaProblem[]): string[] {
  const [first, second] = problems;
  if (first === undefined || second?.kind !== first.kind || first.kind === 'busy') {
    return problems.map(problemText);
  }
  switch (first.kind) {
    case 'refused':
      return [
        'The browser was not allowed to use your camera and microphone. Allow them next to the address bar, then try again.',
      ];
    case 'missing':
      return [
        'No camera and no microphone were found. Plug them in and try again, or join to watch and listen.',
      ];
    case 'insecure-page':
      return [
        'Browsers only share camera and microphone with safe pages: open this one over https or on localhost.',
      ];
    case 'unknown':
      return ['Camera and microphone did not start. Try again, or join to watch and listen.'];
  }
}
