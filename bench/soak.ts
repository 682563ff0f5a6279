/**
 * Whether anything is left behind, and what a participant weighs: a thousand people join a room of five and leave it
 * again, in batches, between which the counts have to be back at zero and memory may not grow.
 */
import { opus, vp8 } from './media-parameters.ts';
import { startRestServer, type RestServer } from './rest-server.ts';
import { table } from './statistics.ts';

const BATCHES = 10;
const CYCLES_A_BATCH = 100;
/** Resident memory of Node may be this much higher after the last batch than after the third, bytes. */
const GROWTH_LIMIT = 10 * 1024 * 1024;
/** Garbage is collected soon: what lies about for a while is no leak. */
const SMALL_HEAP = ['--max-semi-space-size=4', '--max-old-space-size=60'];
/** Rooms of five that are open at the same time when a participant is weighed. */
const WEIGHED_ROOMS = 20;

/** Prints a table; tells whether the figures are met. */
export async function benchSoak(): Promise<boolean> {
  const server = await startRestServer(SMALL_HEAP);
  try {
    const perParticipant = await weigh(server);
    const samples: { node: number; workers: number }[] = [];
    for (let batch = 0; batch < BATCHES; batch += 1) {
      await server.send('POST', 'rooms/soak/create', {});
      await fill(server, 'soak', 4);
      for (let cycle = 0; cycle < CYCLES_A_BATCH; cycle += 1) {
        await join(server, 'soak', `guest-${String(cycle)}`);
        await server.send('POST', `rooms/soak/participants/guest-${String(cycle)}/leave`, {});
      }
      await server.send('DELETE', 'rooms/soak');
      samples.push(await server.memory());
    }
    const { rooms, participants } = (await server.send('GET', 'node')) as {
      rooms: number;
      participants: number;
    };
    const [early, late] = [samples[2], samples.at(-1)];
    const growth = early && late ? late.node - early.node : Number.NaN;
    console.log(`\n${String(BATCHES * CYCLES_A_BATCH)} people join a room of five and leave it again\n`);
    console.log(
      table([
        ['what', 'figure'],
        ['Node, a participant in a room of five', kilobytes(perParticipant.node)],
        ['workers, a participant in a room of five', kilobytes(perParticipant.workers)],
        ['rooms and participants left', `${String(rooms)}, ${String(participants)}`],
        ['Node, from the third batch to the last', kilobytes(growth)],
        [
          'workers, from the third batch to the last',
          kilobytes((late?.workers ?? 0) - (early?.workers ?? 0)),
        ],
      ]),
    );
    return rooms === 0 && participants === 0 && growth <= GROWTH_LIMIT;
  } finally {
    await server.stop();
  }
}

async function weigh(server: RestServer): Promise<{ node: number; workers: number }> {
  const people = WEIGHED_ROOMS * 5;
  const fresh = await server.memory();
  await openRooms(server, 'first');
  const filled = await server.memory();
  await closeRooms(server, 'first');
  // Node the second time, when code is compiled; workers keep what they once had, and weigh nothing then.
  const before = await server.memory();
  await openRooms(server, 'second');
  const after = await server.memory();
  await closeRooms(server, 'second');
  return { node: (after.node - before.node) / people, workers: (filled.workers - fresh.workers) / people };
}

async function openRooms(server: RestServer, name: string): Promise<void> {
  for (let n = 0; n < WEIGHED_ROOMS; n += 1) {
    await server.send('POST', `rooms/${name}-${String(n)}/create`, {});
    await fill(server, `${name}-${String(n)}`, 5);
  }
}

async function closeRooms(server: RestServer, name: string): Promise<void> {
  for (let n = 0; n < WEIGHED_ROOMS; n += 1) await server.send('DELETE', `rooms/${name}-${String(n)}`);
}

async function fill(server: RestServer, room: string, people: number): Promise<void> {
  for (let person = 1; person <= people; person += 1) await join(server, room, `person-${String(person)}`);
}

/** Two transports, two producers, and consumers of everyone who is there. */
async function join({ send }: RestServer, room: string, participantId: string): Promise<void> {
  const transport = async (direction: 'send' | 'recv') =>
    String((await send('POST', `rooms/${room}/transports`, { participantId, direction }))['id']);
  const { producers } = (await send('GET', `rooms/${room}`)) as { producers: { producerId: string }[] };
  const { rtpCapabilities } = await send('POST', `rooms/${room}/create`, {});
  const [sending, receiving] = [await transport('send'), await transport('recv')];
  for (const body of [
    { kind: 'audio', source: 'microphone', rtpParameters: opus(1) },
    { kind: 'video', source: 'camera', rtpParameters: vp8(2) },
  ]) {
    await send('POST', `rooms/${room}/transports/${sending}/produce`, body);
  }
  if (producers.length === 0) return;
  await send('POST', `rooms/${room}/consume`, {
    transportId: receiving,
    producerIds: producers.map(({ producerId }) => producerId),
    rtpCapabilities,
  });
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(0)} KB`;
}
