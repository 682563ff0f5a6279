/** Stands between a page and the gateway's WebSocket, to break it at a chosen moment. */
import type { Page } from 'playwright-core';

export interface SignallingWire {
  /** Ends the connection and every attempt to open a new one, until `restore`. */
  cut: () => void;
  restore: () => void;
  /** Ends the connection instead of delivering the next message from the gateway that contains this text. */
  breakBefore: (text: string) => void;
  /** How many connections have been ended by `breakBefore`. */
  broken: () => number;
}

/** Has to be called before the page is loaded. */
export async function watchSignalling(page: Page): Promise<SignallingWire> {
  const open = new Set<() => void>();
  let isCut = false;
  let breaksBefore: string | null = null;
  let broken = 0;

  await page.routeWebSocket(/\/socket\.io\//, (route) => {
    if (isCut) {
      void route.close();
      return;
    }
    const server = route.connectToServer();
    const end = () => {
      open.delete(end);
      void route.close();
      void server.close();
    };
    open.add(end);
    server.onMessage((message) => {
      if (breaksBefore !== null && String(message).includes(breaksBefore)) {
        breaksBefore = null;
        broken += 1;
        end();
        return;
      }
      route.send(message);
    });
  });

  return {
    cut() {
      isCut = true;
      for (const end of open) end();
    },
    restore() {
      isCut = false;
    },
    breakBefore(text) {
      breaksBefore = text;
    },
    broken: () => broken,
  };
}
