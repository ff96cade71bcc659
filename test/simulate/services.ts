// The services that can be simulated, by name. A new one brings its tables, its processes and its clients (service.ts).
import { FlowSimulation } from './flow-simulation.ts';
import { LedgerService } from './ledger-clients.ts';
import type { SimulatedService } from './service.ts';
import type { Switches } from './switches.ts';
import type { World } from './world.ts';

export const SERVICES: Readonly<Record<string, (world: World, switches: Switches) => SimulatedService>> = {
  ledger: (world, switches) => new LedgerService(world, switches),
  flow: (world, switches) => new FlowSimulation(world, switches),
};
