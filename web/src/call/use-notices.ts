import type { Call } from '@crossfade/client/call';
import { useCallback, useEffect, useState } from 'react';
import { newsBetween, type News } from './news.ts';

const SHOWN_FOR_MS = 4_000;

export interface Notice extends News {
  readonly id: number;
}

let lastId = 0;

/** What is told at the moment: the news of the call, and what the page itself has to say. */
export function useNotices(call: Call) {
  const [notices, setNotices] = useState<readonly Notice[]>([]);

  const add = useCallback((news: readonly News[]) => {
    if (news.length === 0) return;
    const fresh = news.map(numbered);
    setNotices((shown) => [...shown, ...fresh]);
    setTimeout(() => setNotices((shown) => shown.filter((one) => !fresh.includes(one))), SHOWN_FOR_MS);
  }, []);

  useEffect(() => {
    let before = call.snapshot;
    return call.subscribe(() => {
      add(newsBetween(before, call.snapshot));
      before = call.snapshot;
    });
  }, [call, add]);

  const tell = (text: string) => add([{ text, spokenOnly: false }]);
  return { notices, tell };
}

function numbered(news: News): Notice {
  lastId += 1;
  return { ...news, id: lastId };
}
