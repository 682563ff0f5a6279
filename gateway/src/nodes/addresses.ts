/**
 * Where the media servers are: a list from the settings, or a name in DNS that is looked up again and again, so that
 * servers come and go without a restart. Stopped by its owner.
 */
import { lookup, resolveSrv } from 'node:dns/promises';
import type { Log } from '@crossfade/service/log';

/**
 * What to look up. `srv`: each target of an SRV record, host and port. `host`: each A and AAAA address of a name, all
 * with the same port.
 */
export type DnsName =
  | { readonly kind: 'srv'; readonly scheme: 'http' | 'https'; readonly name: string }
  | { readonly kind: 'host'; readonly name: string; readonly port: number };

/** `srv:_media._tcp.example`, `srv+https:_media._tcp.example` or `dns+http://media-server:4000`; undefined: none of them. */
export function parseDnsName(text: string): DnsName | undefined {
  const [, https, name] = /^srv(\+https)?:([\w.-]{1,253})$/.exec(text) ?? [];
  if (name !== undefined) return { kind: 'srv', scheme: https === undefined ? 'http' : 'https', name };
  const [, host, port] = /^dns\+http:\/\/([\w.-]{1,253}):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) return undefined;
  return { kind: 'host', name: host, port: Number(port) };
}

export interface Resolver {
  resolveSrv(name: string): Promise<readonly { name: string; port: number }[]>;
  /** All addresses, by the system's own rules: hosts file and search domains included. */
  lookup(name: string, options: { all: true }): Promise<readonly { address: string; family: number }[]>;
}

const systemResolver: Resolver = { resolveSrv, lookup };

/** The base addresses behind a name, sorted. @throws if it cannot be looked up */
export async function resolve(dns: DnsName, resolver: Resolver = systemResolver): Promise<string[]> {
  const found =
    dns.kind === 'srv'
      ? (await resolver.resolveSrv(dns.name)).map(
          ({ name, port }) => `${dns.scheme}://${name.replace(/\.$/, '')}:${String(port)}`,
        )
      : (await resolver.lookup(dns.name, { all: true })).map(
          ({ address, family }) => `http://${family === 6 ? `[${address}]` : address}:${String(dns.port)}`,
        );
  return [...new Set(found)].sort();
}

export interface WatchOptions {
  dns: DnsName;
  everyMs: number;
  /** Called with each result. */
  found: (urls: readonly string[]) => void;
  log: Log;
  resolver?: Resolver;
}

/** Looks the name up now and then. A look-up that fails changes nothing: it says nothing about the servers. */
export function watchAddresses({ dns, everyMs, found, log, resolver }: WatchOptions): () => void {
  let stopped = false;
  const look = async () => {
    try {
      const urls = await resolve(dns, resolver);
      if (!stopped) found(urls);
    } catch (error) {
      log.warn('the media servers could not be looked up in DNS', { name: dns.name, error });
    }
    if (stopped) return;
    timer = setTimeout(() => void look(), everyMs);
    timer.unref();
  };
  let timer: NodeJS.Timeout | undefined;
  void look();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
