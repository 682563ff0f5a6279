/**
 * All the network of one page, to be broken at a chosen moment: its WebSocket to the gateway, and its media, which go through
 * relays because every address that is told by signalling is replaced by that of one.
 */
import type { Page, WebSocketRoute } from 'playwright-core';
import { UdpRelay } from './udp-relay.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const HERE = '127.0.0.1';

export class FaultyNetwork {
  readonly #relays = new Map<string, Promise<UdpRelay>>();
  readonly #ends = new Set<(how: 'told' | 'silently') => void>();
  #media = true;
  #signalling = true;
  #peers = true;
  #connections = 0;
  #cutsBefore: string | null = null;

  /** Has to be called before the page is loaded. */
  static async of(page: Page): Promise<FaultyNetwork> {
    const network = new FaultyNetwork();
    await page.routeWebSocket(/\/socket\.io\//, (route) => network.#carry(route));
    return network;
  }

  /** How often the page has connected to the gateway. */
  get connections(): number {
    return this.#connections;
  }

  /** Nothing gets through any more, and nobody tells the page; the gateway notices. */
  cut(): void {
    this.cutMedia();
    this.#signalling = false;
    for (const end of this.#ends) end('silently');
  }

  cutMedia(): void {
    this.#media = false;
  }

  /** The connection to the gateway ends, and there is no other. */
  cutSignalling(): void {
    this.#signalling = false;
    for (const end of this.#ends) end('told');
  }

  /** As `cut`, instead of delivering the next message from the gateway that contains this text. */
  cutBefore(text: string): void {
    this.#cutsBefore = text;
  }

  /** Nothing gets through between this page and other participants, and neither is told an address of the other. */
  separatePeers(): void {
    this.#peers = false;
  }

  /** What is sent from now on gets through; a connection to the gateway that was cut stays dead. */
  restore(): void {
    this.#media = true;
    this.#signalling = true;
  }

  async stop(): Promise<void> {
    for (const relay of this.#relays.values()) (await relay).stop();
  }

  #carry(route: WebSocketRoute): void {
    if (!this.#signalling) {
      void route.close();
      return;
    }
    this.#connections += 1;
    const server = route.connectToServer();
    let cut = false;
    const end = (how: 'told' | 'silently') => {
      this.#ends.delete(end);
      cut = true;
      if (how === 'told') void route.close();
      void server.close();
    };
    this.#ends.add(end);
    // One after the other: replacing an address takes a moment.
    let toPage = Promise.resolve();
    let toServer = Promise.resolve();
    server.onMessage((message) => {
      const text = String(message);
      if (this.#cutsBefore !== null && text.includes(this.#cutsBefore)) {
        this.#cutsBefore = null;
        this.cut();
      }
      if (cut) return;
      toPage = toPage.then(async () => {
        const carried = await this.#readdress(text);
        if (!cut && carried !== null) route.send(carried);
      });
    });
    route.onMessage((message) => {
      if (cut) return;
      toServer = toServer.then(async () => {
        const carried = await this.#readdress(String(message));
        if (!cut && carried !== null) server.send(carried);
      });
    });
    // Who is cut off silently does not hear of the end either.
    server.onClose(() => {
      if (!cut) end('told');
    });
    route.onClose(() => {
      if (!cut) end('told');
    });
  }

  async #readdress(message: string): Promise<string | null> {
    const [, head = '', body] = /^(\d+)(\[.*\])$/s.exec(message) ?? [];
    if (body === undefined) return message;
    const payload = await this.#replace(JSON.parse(body) as Json);
    return `${head}${JSON.stringify(payload)}`;
  }

  async #replace(value: Json): Promise<Json> {
    if (Array.isArray(value)) return Promise.all(value.map((each) => this.#replace(each)));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(async ([key, each]): Promise<[string, Json]> => {
      if (key === 'iceCandidates' && Array.isArray(each)) return [key, await this.#serverAddresses(each)];
      if ((key === 'sdp' || key === 'candidate') && typeof each === 'string') {
        return [key, await this.#peerAddresses(each)];
      }
      return [key, await this.#replace(each)];
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  async #serverAddresses(candidates: Json[]): Promise<Json[]> {
    const replaced = candidates.map(async (candidate) => {
      const told = candidate as { protocol: string; ip: string; port: number };
      if (told.protocol !== 'udp') return [];
      const { port } = await this.#relayTo('server', told.ip, told.port);
      return [{ ...told, address: HERE, ip: HERE, port }];
    });
    return (await Promise.all(replaced)).flat();
  }

  /** @param text a candidate, or a description with some in it */
  async #peerAddresses(text: string): Promise<string> {
    const lines = await Promise.all(
      text.split('\r\n').map(async (line) => {
        const found = /^(.*candidate:\S+ \d+ )(\w+)( \d+ )(\S+) (\d+)(.*)$/i.exec(line);
        if (!found) return [line];
        const [, start = '', protocol = '', priority = '', address = '', port = '', rest = ''] = found;
        if (protocol.toLowerCase() !== 'udp' || address.includes(':')) return [];
        const relay = this.#peers ? await this.#relayTo('peer', address, Number(port)) : null;
        return relay ? [`${start}${protocol}${priority}${HERE} ${String(relay.port)}${rest}`] : [];
      }),
    );
    return lines.flat().join('\r\n');
  }

  async #relayTo(to: 'server' | 'peer', address: string, port: number): Promise<UdpRelay> {
    const key = `${to} ${address} ${String(port)}`;
    const isOpen = () => this.#media && (to === 'server' || this.#peers);
    const relay = this.#relays.get(key) ?? UdpRelay.start({ address, port }, isOpen);
    this.#relays.set(key, relay);
    return relay;
  }
}
