/** What a page really sends to the media server, by its connections' own counters. */
import type { Page } from 'playwright-core';

declare global {
  interface Window {
    connections?: RTCPeerConnection[];
  }
}

/** Bytes sent so far: of sound, and of the picture by size, `r0` being the smallest. */
export type SentBytes = Record<string, number>;

/** Keeps hold of every connection the page opens, and has its camera give a picture of this size. Before it is loaded. */
export async function watchSending(page: Page, video: { width: number; height: number; frameRate: number }) {
  await page.addInitScript((wanted) => {
    const Original = window.RTCPeerConnection;
    const connections: RTCPeerConnection[] = [];
    window.connections = connections;
    window.RTCPeerConnection = class extends Original {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        connections.push(this);
      }
    };
    const devices = navigator.mediaDevices;
    const open = devices.getUserMedia.bind(devices);
    devices.getUserMedia = (asked) => open(asked?.video ? { ...asked, video: wanted } : asked);
  }, video);
}

export async function sentBytes(page: Page): Promise<SentBytes> {
  return page.evaluate(async () => {
    const sent: Record<string, number> = {};
    const open = (window.connections ?? []).filter(({ connectionState }) => connectionState === 'connected');
    for (const connection of open) {
      for (const stat of (await connection.getStats()).values()) {
        const { type, kind, rid, bytesSent } = stat as RTCOutboundRtpStreamStats & { rid?: string };
        if (type !== 'outbound-rtp') continue;
        const name = kind === 'audio' ? 'audio' : (rid ?? 'video');
        sent[name] = (sent[name] ?? 0) + (bytesSent ?? 0);
      }
    }
    return sent;
  });
}
