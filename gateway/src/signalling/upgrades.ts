/** WebSocket upgrades from pages of other origins: answered 403 before anything else looks at them. */
import type { Server } from 'node:http';
import { isAllowedOrigin } from './origin.ts';

/** @param path what the upgrades begin with that are looked at */
export function refuseForeignUpgrades(server: Server, path: string, allowedOrigins: readonly string[]): void {
  server.on('upgrade', ({ url = '', headers }, socket) => {
    if (!url.startsWith(path) || isAllowedOrigin(headers.origin, headers.host, allowedOrigins)) return;
    // Socket.IO would answer 400 as for any nonsense; it finds the socket ended, and destroys it.
    socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
}
