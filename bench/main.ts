/** `npm run bench [-- name …]`: prints figures as tables. Nothing here is a test: a figure that is missed is said. */
import { benchCalls } from './calls.ts';
import { benchControl } from './control.ts';
import { benchFloor } from './floor.ts';
import { benchForwarding } from './forwarding.ts';
import { benchGarbage } from './garbage.ts';
import { benchGatewayFlood } from './gateway-flood.ts';
import { benchHerd } from './herd.ts';
import { benchJoins } from './joins.ts';
import { benchNeighbours } from './neighbours.ts';
import { benchReliability } from './reliability.ts';
import { benchReducer } from './reducer.ts';
import { benchRace } from './race.ts';
import { benchRelay } from './relay.ts';
import { benchRest } from './rest.ts';
import { benchSoak } from './soak.ts';
import { benchSound } from './sound.ts';
import { benchStartup } from './startup.ts';
import { benchSwitch } from './switch.ts';

const given = process.argv.slice(2);
/** Of the scorecard only these cases, so many times; none: all of them, as often as they say. */
const cases = given.filter((name) => /^R\d+$/.test(name));
const runs = given.find((name) => /^runs=\d+$/.test(name))?.slice('runs='.length);
const asked = given.filter((name) => !cases.includes(name) && !name.startsWith('runs='));

const benches: Record<string, () => Promise<boolean>> = {
  startup: benchStartup,
  rest: benchRest,
  control: benchControl,
  reducer: benchReducer,
  joins: benchJoins,
  forwarding: benchForwarding,
  neighbours: benchNeighbours,
  'gateway-flood': benchGatewayFlood,
  garbage: benchGarbage,
  soak: benchSoak,
  switch: benchSwitch,
  relay: benchRelay,
  race: benchRace,
  floor: benchFloor,
  herd: benchHerd,
  calls: () => benchCalls(runs === undefined ? undefined : Number(runs)),
  sound: () => benchSound(runs === undefined ? undefined : Number(runs)),
  reliability: () => benchReliability(cases, runs === undefined ? undefined : Number(runs)),
};

const unknown = asked.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  console.error(
    `There is no benchmark called ${unknown.join(', ')}; there are: ${Object.keys(benches).join(', ')}.`,
  );
  process.exit(1);
}
for (const [name, run] of Object.entries(benches)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const met = await run();
  console.log(`\n${name}: the figures asked for are ${met ? 'met' : 'NOT met'}\n`);
}
// Whatever one of them has left behind must not keep this process from ending.
process.exit();
