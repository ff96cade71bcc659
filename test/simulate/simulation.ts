// One simulation: a seed, a service, a set of mistakes (none for the real code), a verdict.
// Called by simulate.ts and by ../simulate.slow.test.ts.
import { SimulatedDatabase } from './database.ts';
import { Faults } from './faults.ts';
import { SimulatedInstallation } from './installation.ts';
import type { SimulatedService } from './service.ts';
import { SERVICES } from './services.ts';
import { CORRECT, type Switches } from './switches.ts';
import { World } from './world.ts';

const WARM_UP_MS = 3_000;
const QUIET_WITHIN_MS = 1_200_000;
const LOOK_EVERY_MS = 2_000;

export interface SimulationOptions {
  readonly service?: string;
  readonly mistakes?: Partial<Switches>;
  /** Virtual time under load and faults; then everything is healed and must come to rest. */
  readonly faultsForMs?: number;
}

export interface Verdict {
  readonly seed: number;
  readonly violation: string | undefined;
  readonly virtualMs: number;
  readonly events: number;
  readonly figures: Readonly<Record<string, number>>;
  readonly trace: readonly string[];
}

export async function simulate(seed: number, { service: name = 'ledger', mistakes = {}, faultsForMs = 25_000 }: SimulationOptions = {}): Promise<Verdict> {
  const world = new World(seed);
  const switches = { ...CORRECT, ...mistakes };
  const create = SERVICES[name];
  if (create === undefined) throw new Error(`There is no simulated service ${name}`);
  const service = create(world, switches);
  const database = new SimulatedDatabase(world, service.name, service.tables, switches);
  service.attach(database);
  const installation = new SimulatedInstallation(world, database, service);
  const nodes = world.random.between(1, 3);
  for (let node = 0; node < nodes; node++) installation.launch();
  await world.run(WARM_UP_MS);
  const faults = new Faults(installation);
  const untilMs = world.nowMs + faultsForMs;
  service.startClients(installation, untilMs);
  faults.start();
  await world.run(untilMs);
  faults.heal();
  world.note('healed');
  await settle(world, service);
  if (world.violation === undefined) service.finalCheck(world);
  return { seed, violation: world.violation?.message, virtualMs: world.nowMs, events: world.events, figures: service.figures(), trace: world.trace };
}

async function settle(world: World, service: SimulatedService): Promise<void> {
  const limitMs = world.nowMs + QUIET_WITHIN_MS;
  while (world.violation === undefined) {
    const open = service.quiet();
    if (open === undefined) return;
    if (world.nowMs >= limitMs) return world.violate(`never came to rest: ${open}`);
    await world.run(world.nowMs + LOOK_EVERY_MS);
  }
}
