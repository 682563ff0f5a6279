/**
 * Where the media servers are: a list from the settings, or a name in DNS that is looked up again and again, so that
 * servers come and go without a restart. Stopped by its owner.
 */
import { NODATA, NOTFOUND } from 'node:dns';
import { lookup, Resolver as DnsResolver, resolveSrv } from 'node:dns/promises';
import { isIP } from 'node:net';
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

/** The address of a DNS server, with a port if it is not 53: `10.0.0.10`, `127.0.0.1:8600`, `[fd00::10]:53`. */
export function isDnsServer(text: string): boolean {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (bracketed === undefined && plain === undefined) return isIP(text) !== 0;
  const isAddress = bracketed === undefined ? isIP(plain ?? '') === 4 : isIP(bracketed) === 6;
  return isAddress && (port === undefined || (Number(port) >= 1 && Number(port) <= 65_535));
}

export interface Resolver {
  resolveSrv(name: string): Promise<readonly { name: string; port: number }[]>;
  /** All addresses of a name. */
  lookup(name: string, options: { all: true }): Promise<readonly { address: string; family: number }[]>;
  /** Whether nobody else knows the targets of its SRV records, so that their addresses are what can be used. */
  readonly knowsTargetsAlone?: boolean;
}

/** By the system's own rules: hosts file and search domains included. */
const systemResolver: Resolver = { resolveSrv, lookup };

/** Milliseconds one DNS server has for an answer; then the next one, and all of them once more. */
const ANSWER_LIMIT_MS = 1_000;

/** These DNS servers, in this order, and nothing else. @param servers each as `isDnsServer` has it */
export function resolverAt(servers: readonly string[]): Resolver {
  const resolver = new DnsResolver({ timeout: ANSWER_LIMIT_MS, tries: 2 });
  resolver.setServers(servers);
  const none = (error: unknown): [] => {
    if (isAbsence(error)) return [];
    throw error;
  };
  return {
    resolveSrv: (name) => resolver.resolveSrv(name),
    lookup: async (name) => {
      const [four, six] = await Promise.all([
        resolver.resolve4(name).catch(none),
        resolver.resolve6(name).catch(none),
      ]);
      return [
        ...four.map((address) => ({ address, family: 4 })),
        ...six.map((address) => ({ address, family: 6 })),
      ];
    },
    knowsTargetsAlone: true,
  };
}

/**
 * The base addresses behind a name, sorted. What no media server can have (no name, port 0) is left out.
 * @throws if it cannot be looked up, or there are none: an empty answer says more about DNS than about the servers
 */
export async function resolve(dns: DnsName, resolver: Resolver = systemResolver): Promise<string[]> {
  const found =
    dns.kind === 'srv' ? await targetsOf(dns, resolver) : await addressesOf(dns.name, dns.port, resolver);
  if (found.length === 0) throw new Error('There is no usable address in the answer.');
  return [...new Set(found)].sort();
}

async function targetsOf(
  { scheme, name: service }: Extract<DnsName, { kind: 'srv' }>,
  resolver: Resolver,
): Promise<string[]> {
  const targets = (await resolver.resolveSrv(service))
    .map(({ name, port }) => ({ name: name.replace(/\.$/, ''), port }))
    .filter(({ name, port }) => /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,252}$/.test(name) && port >= 1);
  // A certificate is for a name.
  if (scheme === 'https' || !resolver.knowsTargetsAlone)
    return targets.map(({ name, port }) => `${scheme}://${name}:${String(port)}`);
  const found = await Promise.all(targets.map(({ name, port }) => addressesOf(name, port, resolver)));
  return found.flat();
}

async function addressesOf(name: string, port: number, resolver: Resolver): Promise<string[]> {
  const found = await resolver.lookup(name, { all: true });
  return found.map(
    ({ address, family }) => `http://${family === 6 ? `[${address}]` : address}:${String(port)}`,
  );
}

/** There is no such name, or none with such a record: an answer, and not the want of one. */
function isAbsence(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === NOTFOUND || code === NODATA;
}

export interface WatchOptions {
  dns: DnsName;
  everyMs: number;
  /** Called with each result. */
  found: (urls: readonly string[]) => void;
  log: Log;
  /** DNS servers to ask instead of the system's. */
  servers?: readonly string[];
  resolver?: Resolver;
}

/** Looks the name up now and then. A look-up that fails changes nothing: it says nothing about the servers. */
export function watchAddresses({
  dns,
  everyMs,
  found,
  log,
  servers = [],
  ...given
}: WatchOptions): () => void {
  const resolver = given.resolver ?? (servers.length > 0 ? resolverAt(servers) : systemResolver);
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
