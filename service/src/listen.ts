/** Starting and stopping a server that listens. */
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { SettingError } from './settings.ts';

/** What says that the port is to blame; else it is the address. */
const PORT_TROUBLE = ['EADDRINUSE', 'EACCES'];

/** A host as it stands in a URL: IPv6 addresses in brackets (RFC 3986, 3.2.2). */
export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/**
 * Listens, and tells the port (which the system chose if `port` is 0).
 * @param prefix of the settings that the address came from: `METRICS_` for METRICS_HOST and METRICS_PORT
 * @throws SettingError if the address cannot be used
 */
export async function listen(
  server: Server,
  address: { host: string; port: number },
  prefix: '' | 'METRICS_' = '',
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const where = `${urlHost(address.host)}:${String(address.port)}`;
      const setting = `${prefix}${PORT_TROUBLE.includes(error.code ?? '') ? 'PORT' : 'HOST'}`;
      const why =
        error.code === 'EADDRINUSE'
          ? `another program already listens on ${where}; stop it or choose another port`
          : setting.endsWith('HOST')
            ? `${address.host} is no address of this machine (${error.code ?? error.message})`
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
