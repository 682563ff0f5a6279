/** The processes of one case and the people in it: what was started is ended, whatever happens. */
import pg from 'pg';
import { signServiceToken } from '@crossfade/service/tokens';
import type { NodeInfo } from '@crossfade/shared/media-api';
import type { ServiceProcess } from '../../test/browser/service-process.ts';
import { freePort } from '../../test/integration/gateway/free-port.ts';
import { PostgresqlServer, postgresqlPrograms } from '../../test/integration/gateway/postgresql.ts';
import type { Link } from '../../test/integration/gateway/faulty-link.ts';
import { RedisServer } from '../../test/integration/gateway/redis.ts';
import { serviceKey, startGateway, startMediaServerProcess } from '../gateway-parts.ts';
import { Meter } from './meter.ts';
import { Participant, type Circumstances } from './participant.ts';
import { Site } from './site.ts';

/** How long a call may take to stand, milliseconds. */
const STANDS_WITHIN_MS = 15_000;
/** What has happened is in the records within this time, milliseconds. */
const WRITTEN_WITHIN_MS = 3_000;

/** A media server on a port of its own, which may be ended and started again there. */
export class MediaServerUnit {
  readonly url: string;
  readonly #settings: Record<string, string>;
  #process: ServiceProcess;

  private constructor(settings: Record<string, string>, process: ServiceProcess) {
    this.#settings = settings;
    this.#process = process;
    this.url = process.url;
  }

  static async start(settings: Record<string, string>): Promise<MediaServerUnit> {
    const own = {
      ...settings,
      PORT: String(await freePort()),
      METRICS_PORT: String(await freePort()),
    };
    return new MediaServerUnit(own, await startMediaServerProcess(own, () => undefined));
  }

  get metricsPort(): number {
    return Number(this.#settings['METRICS_PORT']);
  }

  get process(): ServiceProcess {
    return this.#process;
  }

  async kill(): Promise<void> {
    this.#process.signal('SIGKILL');
    await this.#process.ended;
  }

  async again(): Promise<void> {
    this.#process = await startMediaServerProcess(this.#settings, () => undefined);
  }

  /** @param base another way to it */
  async ask(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
    base = this.url,
  ): Promise<Response> {
    const token = signServiceToken(serviceKey, { subject: 'bench', lifetimeS: 600 });
    return fetch(`${base}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  async node(): Promise<NodeInfo> {
    return (await (await this.ask('GET', '/node')).json()) as NodeInfo;
  }

  async stop(): Promise<void> {
    this.#process.signal('SIGCONT');
    await this.#process.stop();
  }
}

export interface GatewayUnit extends ServiceProcess {
  metricsPort: number;
}

export class System {
  /** Those that have not been closed. */
  static readonly #open = new Set<System>();
  #closing: Promise<void> | undefined;
  readonly meter: Meter;
  readonly mediaServers: MediaServerUnit[] = [];
  /** What stands before each media server, if anything does. */
  readonly links: Link[] = [];
  readonly gateways: GatewayUnit[] = [];
  /** Where people go, the living gateways only. */
  urls: string[] = [];
  readonly #site: Site;
  readonly #settings: Record<string, string>;
  readonly #people = new Set<Participant>();
  readonly #ends: (() => Promise<unknown> | undefined)[] = [];
  #redis: RedisServer | undefined;
  #records: PostgresqlServer | undefined;

  private constructor(site: Site, packetMs: number, settings: Record<string, string>) {
    this.meter = new Meter(packetMs);
    this.#site = site;
    this.#settings = settings;
    System.#open.add(this);
  }

  /** @param packetMs milliseconds between two packets of a voice */
  static async start({
    mediaServers = 1,
    gateways = 1,
    workers = 1,
    redis = gateways > 1,
    records = false,
    packetMs = 20,
    link,
    settings = {},
    mediaServerSettings = {},
  }: {
    mediaServers?: number;
    gateways?: number;
    workers?: number;
    redis?: boolean;
    /** In PostgreSQL instead of a folder for each gateway: they start sooner, and what is written can be asked for. */
    records?: boolean;
    packetMs?: number;
    /** What is put between the gateways and each media server. */
    link?: (url: string) => Promise<Link>;
    settings?: Record<string, string>;
    mediaServerSettings?: Record<string, string>;
  } = {}): Promise<System> {
    const own = { BACK_TO_P2P_DELAY_MS: '60000', SWITCH_TIMEOUT_MS: '5000', ...settings };
    const system = new System(await Site.open(packetMs), packetMs, own);
    try {
      if (redis) {
        system.#redis = await RedisServer.start();
        Object.assign(system.#settings, { REDIS_URL: system.#redis.url });
      }
      if (records) {
        system.#records = await PostgresqlServer.start(postgresqlPrograms ?? '');
        Object.assign(system.#settings, { DATABASE_URL: system.#records.url });
      }
      for (let i = 0; i < mediaServers; i += 1) {
        const unit = await MediaServerUnit.start({
          MEDIASOUP_WORKERS: String(workers),
          ...mediaServerSettings,
        });
        system.mediaServers.push(unit);
        if (link) system.links.push(await link(unit.url));
      }
      await Promise.all(Array.from({ length: gateways }, () => system.addGateway()));
      return system;
    } catch (error) {
      await system.close();
      throw error;
    }
  }

  get redis(): RedisServer {
    if (!this.#redis) throw new Error('no Redis in this case');
    return this.#redis;
  }

  get records(): PostgresqlServer {
    if (!this.#records) throw new Error('no PostgreSQL in this case');
    return this.#records;
  }

  /** What is written about a call, when so many people are, or will not be. */
  async recorded(
    callId: string,
    people: number,
  ): Promise<{ calls: number; participants: number; recoveries: number }> {
    const client = new pg.Client({ connectionString: this.records.url });
    await client.connect();
    const count = async (query: string) =>
      Number((await client.query<{ count: string }>(query, [callId])).rows[0]?.count);
    const ofCall = 'record_id in (select record_id from calls where call_id = $1)';
    try {
      for (const until = performance.now() + WRITTEN_WITHIN_MS; ;) {
        const found = {
          calls: await count('select count(*) from calls where call_id = $1'),
          participants: await count(`select count(*) from participants where ${ofCall}`),
          recoveries: await count(
            `select count(*) from mode_transitions where reason = 'media-server-lost' and outcome = 'committed' and ${ofCall}`,
          ),
        };
        if ((found.participants === people && found.recoveries > 0) || performance.now() > until)
          return found;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    } finally {
      await client.end();
    }
  }

  async addGateway(): Promise<GatewayUnit> {
    const ways = this.links.length > 0 ? this.links : this.mediaServers;
    const MEDIA_SERVER_URLS = ways.map(({ url }) => url).join();
    const metricsPort = await freePort();
    const own = { ...this.#settings, MEDIA_SERVER_URLS, METRICS_PORT: String(metricsPort) };
    const gateway = { ...(await startGateway(own, () => undefined)), metricsPort };
    this.gateways.push(gateway);
    this.urls.push(gateway.url);
    return gateway;
  }

  /** Gateways that know nothing of what media servers went through before: who lapses often is left alone for longer. */
  async renewGateways(): Promise<void> {
    const old = this.gateways.splice(0);
    this.urls = [];
    await Promise.all(old.map((gateway) => gateway.stop()));
    await Promise.all(old.map(() => this.addGateway()));
  }

  /** A call on a media server in which everyone hears everyone; they come to the gateways in turn. */
  async call(callId: string, size: number): Promise<Participant[]> {
    const people: Participant[] = [];
    for (let i = 0; i < size; i += 1) people.push(await this.join(`${callId}-${String(i)}`, callId, i));
    this.expect(people);
    await this.meter.flowing(STANDS_WITHIN_MS);
    const workers = await Promise.all(
      this.mediaServers.map(async (unit) => (await unit.node()).workers.up.map(({ pid }) => pid)),
    );
    this.meter.watch([this.#site.pid, ...workers.flat()]);
    const since = performance.now();
    while (people.some(({ epoch }) => epoch === 0) && performance.now() - since < STANDS_WITHIN_MS)
      await new Promise((resolve) => setTimeout(resolve, 20));
    return people;
  }

  async join(name: string, callId: string, gateway = 0): Promise<Participant> {
    const at: Circumstances = { site: this.#site, meter: this.meter, gateways: () => this.urls };
    const participant = await Participant.join(at, name, callId, gateway);
    this.#people.add(participant);
    return participant;
  }

  /** Media is expected between all of a group. */
  expect(...groups: (readonly Participant[])[]): void {
    this.meter.expect(() => groups.map((people) => people.map(({ me }) => me.participantId)));
  }

  async leave(people: readonly Participant[]): Promise<void> {
    await Promise.all(people.map((participant) => participant.leave()));
    for (const participant of people) this.#people.delete(participant);
  }

  /** The media server that has the call's room. */
  async mediaServerOf(callId: string): Promise<MediaServerUnit> {
    for (const unit of this.mediaServers) {
      const answer = await unit.ask('GET', `/rooms/${callId}`).catch(() => undefined);
      if (answer?.ok === true) return unit;
    }
    throw new Error(`no media server has ${callId}`);
  }

  atEnd(work: () => Promise<unknown> | undefined): void {
    this.#ends.push(work);
  }

  /** After a case that did not end by itself: nothing of it may run on. */
  static async closeAll(): Promise<void> {
    for (const system of System.#open) await system.close();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    System.#open.delete(this);
    for (const participant of this.#people) participant.close();
    for (const work of this.#ends.reverse()) await work();
    for (const gateway of this.gateways) {
      gateway.signal('SIGCONT');
      await gateway.stop();
    }
    for (const link of this.links) await link.close();
    for (const unit of this.mediaServers) await unit.stop();
    await this.#redis?.stop();
    await this.#records?.stop();
    this.#site.close();
    this.meter.close();
  }
}
