/** A real DNS server (dnsmasq) for a test: a process of its own on a free loopback port, with records that can be changed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Resolver } from 'node:dns/promises';
import { userInfo } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { freePort } from './free-port.ts';

const PROGRAM = '/usr/sbin/dnsmasq';
/** Long enough that whoever kept an answer would not hear of a change; seconds. */
const TTL_S = 3_600;
const START_LIMIT_MS = 10_000;

export class DnsServer {
  /** As MEDIA_SERVER_DNS_SERVERS has it. */
  readonly address: string;
  readonly #port: number;
  #process: ChildProcess | undefined;

  private constructor(port: number) {
    this.#port = port;
    this.address = `127.0.0.1:${String(port)}`;
  }

  /** @param records options of dnsmasq, without dashes: `host-record=a.test,10.0.0.1` */
  static async start(records: readonly string[]): Promise<DnsServer> {
    const server = new DnsServer(await freePort());
    await server.tell(records);
    return server;
  }

  /** From now on these are all the records there are. */
  async tell(records: readonly string[]): Promise<void> {
    await this.kill();
    const options = [
      'keep-in-foreground',
      'conf-file=/dev/null',
      'no-resolv',
      'no-hosts',
      'no-poll',
      'bind-interfaces',
    ].concat(
      [`port=${String(this.#port)}`, 'listen-address=127.0.0.1', `local-ttl=${String(TTL_S)}`, 'pid-file='],
      [`user=${userInfo().username}`, 'local=/test/', 'host-record=up.test,127.0.0.1'],
      records,
    );
    this.#process = spawn(
      PROGRAM,
      options.map((option) => `--${option}`),
      { stdio: 'ignore' },
    );
    const resolver = new Resolver({ timeout: 100, tries: 1 });
    resolver.setServers([this.address]);
    const limit = performance.now() + START_LIMIT_MS;
    while ((await resolver.resolve4('up.test').catch(() => [])).length === 0) {
      if (performance.now() > limit) throw new Error('dnsmasq does not answer');
      await setTimeout(20);
    }
  }

  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running?.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, 'exit');
    running.kill('SIGKILL');
    await exited;
  }
}
