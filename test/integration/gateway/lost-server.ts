/** A media server that has all the calls is killed, and two others have to take them. Clients speak the signalling only. */
import type { ModeSwitch } from '@crossfade/shared/signalling';
import type { ServiceProcess } from '../../browser/service-process.ts';
import { ScriptedClient } from './scripted-client.ts';

const media = { audio: true, video: true, screen: false };
/** A call that has not moved by then will not, milliseconds. */
const LIMIT_MS = 60_000;
/** Calls that are begun side by side. */
const AT_ONCE = 10;

export interface LossOptions {
  gatewayUrl: string;
  /** The first gets the calls. */
  servers: readonly [ServiceProcess, ServiceProcess, ServiceProcess];
  calls: number;
  serviceToken: string;
  userToken: (sub: string) => string;
}

export interface Loss {
  /** From the kill until everyone in every call has heard that it is on another server; milliseconds, sorted. */
  movedAfterMs: number[];
  /** On those that are left, by call. */
  rooms: [string[], string[]];
  /** How often anyone was out of the call: a socket closed, or a participant told to have left. */
  left: number;
}

/** Two people in each of so many calls, of which each needs a media server: `P2P_MAX_PARTICIPANTS` is 1 there. */
export async function loseServer(options: LossOptions): Promise<Loss> {
  const { servers, serviceToken, gatewayUrl, userToken } = options;
  const [home, ...others] = servers;
  const drain = (method: 'POST' | 'DELETE') =>
    Promise.all(
      others.map(({ url }) =>
        fetch(`${url}/api/node/drain`, {
          method,
          headers: { authorization: `Bearer ${serviceToken}`, 'content-type': 'application/json' },
          ...(method === 'POST' && { body: JSON.stringify({ deadlineS: 600 }) }),
        }),
      ),
    );
  const roomsOf = async ({ url }: Pick<ServiceProcess, 'url'>): Promise<string[]> => {
    const answer = await fetch(`${url}/api/rooms?limit=200`, {
      headers: { authorization: `Bearer ${serviceToken}` },
    });
    return ((await answer.json()) as { rooms: { roomId: string }[] }).rooms.map(({ roomId }) => roomId);
  };
  const people: ScriptedClient[] = [];
  try {
    await drain('POST');
    const callIds = Array.from({ length: options.calls }, (_, n) => `call-${String(n)}`);
    const calls: Call[] = [];
    for (let begun = 0; begun < callIds.length; begun += AT_ONCE) {
      const some = callIds.slice(begun, begun + AT_ONCE).map(async (callId) => {
        const two = [
          await ScriptedClient.connect(gatewayUrl, userToken(`${callId}-a`)),
          await ScriptedClient.connect(gatewayUrl, userToken(`${callId}-b`)),
        ];
        people.push(...two);
        const call = new Call(callId, two);
        for (const client of two) call.joined(await client.must('call:join', { callId, media }));
        await call.isUnder(1);
        return call;
      });
      calls.push(...(await Promise.all(some)));
    }
    const begun = await roomsOf(home);
    if (begun.length !== options.calls) throw new Error(`${String(begun.length)} rooms on the first server`);
    await drain('DELETE');
    const moved = calls.map((call) => call.isUnder(2).then(() => performance.now()));
    const killed = performance.now();
    home.signal('SIGKILL');
    const at = await Promise.all(moved);
    const [second, third] = others;
    return {
      movedAfterMs: at.map((time) => time - killed).sort((a, b) => a - b),
      rooms: [await roomsOf(second), await roomsOf(third)],
      left: people.reduce(
        (sum, { socket, events }) =>
          sum +
          (socket.connected ? 0 : 1) +
          events.filter(({ name }) => name === 'call:participant-left').length,
        0,
      ),
    };
  } finally {
    for (const client of people) client.close();
  }
}

/** Everyone in it confirms whatever is prepared. */
class Call {
  readonly #callId: string;
  readonly #people: readonly ScriptedClient[];
  readonly #epochs: number[];
  #look: () => void = () => undefined;

  constructor(callId: string, people: readonly ScriptedClient[]) {
    this.#callId = callId;
    this.#people = people;
    this.#epochs = people.map(() => 0);
    for (const [index, client] of people.entries()) {
      client.socket.on('call:mode-switch', (message: ModeSwitch) => {
        if (message.phase === 'prepare') this.#confirm(client, message.transitionId);
        if (message.phase === 'commit' && message.mode === 'sfu') this.#epochs[index] = message.epoch;
        this.#look();
      });
    }
  }

  /** Somebody may have joined in the middle of a switch. */
  joined({ transition }: { transition?: { transitionId: string } | undefined }): void {
    const newest = this.#people.at(-1);
    if (transition && newest) this.#confirm(newest, transition.transitionId);
  }

  /** On a media server, under this epoch or a newer one, as everyone has heard. */
  isUnder(epoch: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        reject(new Error(`${this.#callId} is at ${this.#epochs.join(' and ')}, not at ${String(epoch)}`));
      }, LIMIT_MS);
      this.#look = () => {
        if (this.#epochs.some((reached) => reached < epoch)) return;
        clearTimeout(limit);
        resolve();
      };
      this.#look();
    });
  }

  #confirm(client: ScriptedClient, transitionId: string): void {
    void client
      .request('call:mode-switched', { callId: this.#callId, transitionId, success: true })
      .catch(() => undefined);
  }
}
