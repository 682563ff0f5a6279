/**
 * What one event costs the gateway's reducer, on calls of two to eight as they go: people come and go, mute and share, lose
 * the connection and come back, the call moves to a room, from room to room and back. No I/O: effects are only counted.
 */
import type { CallEvent } from '../gateway/src/calls/events.ts';
import { reduce } from '../gateway/src/calls/reduce.ts';
import { isSwitching, type CallPolicy, type CallState } from '../gateway/src/calls/state.ts';
import { median, percentile, table } from './statistics.ts';

/** The figure asked for, microseconds an event. */
const LIMIT_US = 2;
const ROUNDS = 60;
const CALLS_A_ROUND = 150;

const policy: CallPolicy = {
  p2pMaxParticipants: 2,
  meshMaxParticipants: 4,
  backToP2pDelayMs: 5_000,
  switchTimeoutMs: 2_000,
  resumeWindowMs: 30_000,
  maxParticipants: 100,
  standby: true,
  floor: { maxTalkMs: 400, retryAfterMs: 100, lostGraceMs: 50, maxQueue: 2 },
};

/** One call under way, and how many events it has seen. */
class Played {
  state: CallState | null = null;
  events = 0;
  effects = 0;
  now = 1_000_000;

  apply(event: CallEvent): void {
    const reduction = reduce(this.state, event, policy, this.now);
    this.events += 1;
    if (reduction.kind === 'refused') return;
    this.state = reduction.state;
    this.effects += reduction.effects.length;
  }

  tick(ms: number): void {
    this.now += ms;
    this.apply({ type: 'tick' });
  }

  /** Everyone confirms a switch that is under way. */
  confirm(): void {
    const media = this.state?.media;
    if (!media || !isSwitching(media)) return;
    const { id: transitionId, epoch } = media.transition;
    if (media.phase === 'switching_to_sfu' && media.room === 'opening') {
      const server = epoch % 2 === 0 ? 'http://b' : 'http://a';
      this.apply({ type: 'room-opened', transitionId, room: { server, epoch, rtpCapabilities: {} } });
    }
    for (const { participantId } of this.state?.members ?? [])
      this.apply({ type: 'confirm', participantId, transitionId, success: true });
  }
}

const media = { audio: true, video: true, screen: false };
const id = (n: number) => `0f9e1c52-6a0d-4b58-9a52-0000000000${String(n).padStart(2, '0')}`;

function joining(n: number, resume: boolean): CallEvent {
  const participantId = id(n);
  return {
    type: 'join',
    callId: 'bench',
    socketId: `socket-${String(n)}`,
    gatewayId: 'gateway',
    fresh: { participantId, sessionId: participantId, recordId: 'record' },
    resume: resume ? { participantId, sessionId: participantId } : null,
    userId: `user-${String(n)}`,
    displayName: `Person ${String(n)}`,
    grants: { publish: true, subscribe: true, moderate: false },
    media,
    policy: {},
  };
}

/** The life of a call of `size`. */
function play(size: number): Played {
  const call = new Played();
  const everyone = Array.from({ length: size }, (_each, n) => n);
  for (const n of everyone) call.apply(joining(n, false));
  call.confirm();
  for (const n of everyone) {
    const participantId = id(n);
    for (const audio of [false, true, false, true])
      call.apply({ type: 'update', participantId, media: { ...media, audio } });
    call.apply({ type: 'path', participantId, with: id((n + 1) % size), state: 'connected', rttMs: 40 });
    call.tick(1_000);
  }
  call.apply({ type: 'disconnected', participantId: id(1), socketId: 'socket-1' });
  call.tick(2_000);
  call.apply(joining(1, true));
  const epoch = call.state?.epoch ?? 0;
  call.apply({ type: 'room-moving', epoch });
  call.confirm();
  call.tick(1_000);
  for (const n of everyone.slice(2)) call.apply({ type: 'leave', participantId: id(n) });
  call.tick(5_000);
  call.confirm();
  call.tick(1_000);
  for (const n of everyone) call.apply({ type: 'leave', participantId: id(n) });
  if (call.state) throw new Error('The call has not ended.');
  return call;
}

/** Prints a table; tells whether the figure is met. */
export function benchReducer(): Promise<boolean> {
  const sizes = [2, 3, 4, 6, 8];
  for (let n = 0; n < CALLS_A_ROUND; n += 1) for (const size of sizes) play(size);
  const costs = sizes.map((size) => {
    const rounds = Array.from({ length: ROUNDS }, () => {
      let events = 0;
      // Of this process alone, whatever else the machine does.
      const began = process.threadCpuUsage();
      for (let n = 0; n < CALLS_A_ROUND; n += 1) events += play(size).events;
      const { user, system } = process.threadCpuUsage(began);
      return (user + system) / events;
    });
    return { size, rounds };
  });
  const all = costs.flatMap(({ rounds }) => rounds);
  const row = (what: string, rounds: readonly number[]) => [
    what,
    `${median(rounds).toFixed(2)} µs`,
    `${percentile(rounds, 0.95).toFixed(2)} µs`,
  ];
  console.log(
    `\nReducer, ${String(ROUNDS)} rounds of ${String(CALLS_A_ROUND)} whole calls; asked for: ≤ ${String(LIMIT_US)} µs an event\n`,
  );
  console.log(
    table([
      ['an event in a call of', 'median', 'p95 of the rounds'],
      ...costs.map(({ size, rounds }) => row(String(size), rounds)),
      row('all', all),
    ]),
  );
  return Promise.resolve(median(all) <= LIMIT_US);
}
