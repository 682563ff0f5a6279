/** Starting and stopping a server that listens. */
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { SettingError } from './settings.ts';

/**
 * Listens, and tells the port (which the system chose if `port` is 0).
 * @param setting where the port came from
 * @throws SettingError if the address cannot be used
 */
export async function listen(
  server: Server,
  address: { host: string; port: number },
  setting = 'PORT',
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const where = `${address.host}:${String(address.port)}`;
      const why =
        error.code === 'EADDRINUSE'
          ? `another program already listens on ${where}; stop it or choose another port`
          : `cannot listen on ${where} (${error.code ?? error.message})`;
      reject(new SettingError(`Setting ${setting} cannot be used: ${why}.`));
    });
    server.listen(address.port, address.host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Stops accepting, ends idle keep-alive connections at once, and waits for the rest. */
export async function closeServer(server: HttpServer): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeIdleConnections();
  });
}
