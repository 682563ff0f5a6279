/**
 * An Artillery engine for the gateway's signalling. One virtual user is one call; its participants are scripted, and
 * each has a token of its own. (Artillery's Socket.IO engine connects before any hook, so there all share one.)
 *
 * Steps of a flow: `join`, `signal`, `update`, `settle`, `leave`, and Artillery's own `think` and `loop`.
 */
import { randomUUID } from 'node:crypto';

import { CallError, Participant } from './participant.mjs';
import { userToken } from './tokens.mjs';

/** About what a browser's offer of audio and video is, bytes. */
const SDP_LENGTH = 6_000;

/**
 * @typedef {object} Call
 * @property {string} callId
 * @property {Participant[]} people
 * @property {number} lastJoinAt
 */

/** @typedef {{ emit(event: string, ...args: unknown[]): unknown }} Events */
/** @typedef {(context: any, callback: (error?: unknown, context?: any) => void) => void} Task */

export default class CrossfadeEngine {
  #config;
  #helpers;

  /**
   * @param {{ config: Record<string, any> }} script
   * @param {Events} _events
   * @param {any} helpers Artillery's engine_util.
   */
  constructor(script, _events, helpers) {
    this.#config = script.config;
    this.#helpers = helpers;
  }

  /**
   * @param {{ flow: Record<string, any>[] }} scenario
   * @param {Events} events
   */
  createScenario({ flow }, events) {
    const tasks = flow.map((step) => this.#task(step, events));

    /** @type {Task} */
    return (context, callback) => {
      events.emit('started');
      /** @type {Call} */
      const call = { callId: `load-${randomUUID()}`, people: [], lastJoinAt: 0 };
      context.call = call;

      run(tasks, context)
        .then(
          () => undefined,
          (error) => {
            events.emit('error', error instanceof CallError ? error.code : String(error));
            return error;
          },
        )
        .then((error) => {
          for (const person of call.people) person.close();
          callback(error, context);
        });
    };
  }

  /**
   * @param {Record<string, any>} step
   * @param {Events} events
   * @returns {Task}
   */
  #task(step, events) {
    if ('think' in step) return this.#helpers.createThink(step, this.#config.defaults?.think ?? {});
    if ('loop' in step) {
      const tasks = step.loop.map((/** @type {Record<string, any>} */ inner) => this.#task(inner, events));
      return this.#helpers.createLoopWithCount(step.count ?? -1, tasks, {});
    }
    const [name] = Object.keys(step);
    const action = this.#actions(events)[name ?? ''];
    if (!action) throw new Error(`There is no step ${name} in this engine: ${JSON.stringify(step)}`);

    return (context, callback) => {
      action(context.call, step[name ?? ''] ?? {}).then(
        () => callback(null, context),
        (error) => callback(error, context),
      );
    };
  }

  /**
   * @param {Events} events
   * @returns {Record<string, (call: Call, options: any) => Promise<void>>}
   */
  #actions(events) {
    /**
     * @template T
     * @param {string} metric
     * @param {() => Promise<T>} work
     */
    const timed = async (metric, work) => {
      const start = performance.now();
      const result = await work();
      events.emit('histogram', `crossfade.${metric}`, performance.now() - start);
      return result;
    };
    /**
     * @param {string} metric
     * @param {number} [value]
     */
    const count = (metric, value = 1) => events.emit('counter', `crossfade.${metric}`, value);

    return {
      /** That many more people join, one after the other. */
      join: async (call, { participants = 2 }) => {
        for (let joined = 0; joined < participants; joined += 1) {
          const token = await this.#token(call, timed);
          const person = await timed('connect_ms', () =>
            Participant.connect({
              url: this.#config.target,
              token,
              callId: call.callId,
              onAnswered: (ms) => events.emit('histogram', 'crossfade.answer_ms', ms),
            }),
          );
          call.people.push(person);
          call.lastJoinAt = performance.now();
          await timed('join_ms', () => person.join());
          count('joins');
        }
      },

      /** Everyone exchanges an offer and an answer with everyone who came later. */
      signal: async ({ people }, { rounds = 1 }) => {
        for (let round = 0; round < rounds; round += 1) {
          for (const [index, caller] of people.entries()) {
            for (const callee of people.slice(index + 1)) {
              await timed('signal_ms', () => caller.signal(callee, 'offer', sdp()));
              await timed('signal_ms', () => callee.signal(caller, 'answer', sdp()));
              count('signals', 2);
            }
          }
        }
      },

      /** Everyone announces what they send, such as `{ audio: false }`. */
      update: async ({ people }, media) => {
        const all = { audio: true, video: true, screen: false, ...media };
        await Promise.all(people.map((person) => person.request('call:update', { media: all })));
      },

      /** Until the call runs in that mode for everyone; the time counts from the last join. */
      settle: async ({ people, lastJoinAt }, { mode }) => {
        await Promise.all(people.map((person) => person.settled(mode)));
        events.emit('histogram', `crossfade.settled_on_${mode}_ms`, performance.now() - lastJoinAt);
      },

      leave: async ({ people }) => {
        for (const person of people) {
          await timed('leave_ms', () => person.request('call:leave'));
          person.close();
        }
        people.length = 0;
        count('calls');
      },
    };
  }

  /**
   * Signed here with USER_JWT_SECRET, else asked of a gateway in development.
   *
   * @param {Call} call
   * @param {<T>(metric: string, work: () => Promise<T>) => Promise<T>} timed
   */
  async #token({ callId, people }, timed) {
    const name = `Load ${people.length + 1}`;
    const secret = process.env['USER_JWT_SECRET'];
    if (secret) {
      const issuer = process.env['JWT_ISSUER'] || 'crossfade';
      return userToken({ secret, issuer }, { userId: `load-${randomUUID()}`, name, callId });
    }
    const response = await timed('token_ms', () =>
      fetch(new URL('/api/tokens', this.#config.target), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name, callId }),
      }),
    ).catch(() => {
      throw new CallError('token.unreachable');
    });
    if (!response.ok) throw new CallError(`token.${response.status}`);
    return String(/** @type {{ token: string }} */ (await response.json()).token);
  }
}

/**
 * @param {readonly Task[]} tasks
 * @param {any} context
 */
async function run(tasks, context) {
  for (const task of tasks) {
    await new Promise((resolve, reject) => {
      task(context, (error) => (error ? reject(error) : resolve(undefined)));
    });
  }
}

/** The gateway hands it on without looking at it. */
function sdp() {
  return `v=0\r\ns=${randomUUID()}\r\n`.padEnd(SDP_LENGTH, 'a=x\r\n');
}
