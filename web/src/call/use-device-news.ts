import type { LocalMedia } from '@crossfade/client/local-media';
import { useEffect, useEffectEvent } from 'react';
import { problemText } from '../devices/problem-text.ts';

/** Tells which device took the place of one that went away, and that there is none. */
export function useDeviceNews(media: LocalMedia, tell: (text: string) => void): void {
  const say = useEffectEvent(tell);
  useEffect(() => {
    let { problems } = media;
    let labels = inUse(media);
    return media.subscribe(() => {
      const [problemsBefore, labelsBefore] = [problems, labels];
      problems = media.problems;
      labels = inUse(media);
      for (const problem of problems) if (!problemsBefore.includes(problem)) say(problemText(problem));
      for (const [id, label] of labels) if (!labelsBefore.has(id) && label !== '') say(`Now using ${label}`);
    });
  }, [media]);
}

/** The names of the devices in use, by track. */
function inUse({ stream }: LocalMedia): Map<string, string> {
  return new Map(stream.getTracks().map(({ id, label }) => [id, label]));
}
