// What a service brings to be simulated: its tables in the model of the database, its processes, its clients, its final checks.
// ledger.ts is the one that attacks the durable component itself; AgentsFlow's engine joins in the same way.
import type { DurableHost, DurableNode } from '@palace/platform/durable/contract.ts';
import type { SimulatedDatabase } from './database.ts';
import type { ServiceTables } from './service-tables.ts';
import type { SimulatedProcess, World } from './world.ts';
import type { Switches } from './switches.ts';

export interface LaunchParts {
  readonly world: World;
  readonly process: SimulatedProcess;
  readonly switches: Switches;
  node(): DurableNode;
  /** What engine time would be if no clock had ever jumped; for checks only. */
  trueMs(): number;
  /** One read statement: answers from one instant, late, or fails with the connection. */
  read<T>(query: () => T): Promise<T>;
}

export interface LaunchedService {
  readonly host: DurableHost;
}

/** What the clients of a service see of the installation. */
export interface Installation<Launched extends LaunchedService = LaunchedService> {
  readonly world: World;
  /** Processes that answer now. */
  serving(): readonly { readonly process: SimulatedProcess; readonly node: DurableNode; readonly service: Launched }[];
  /** A client's request to a process: both ways take time, a dead process never answers, a lost answer is `undefined`. */
  request<T>(process: SimulatedProcess, timeoutMs: number, call: () => Promise<T>): Promise<T | undefined>;
}

export interface SimulatedService<Launched extends LaunchedService = LaunchedService> {
  readonly name: string;
  readonly tables: ServiceTables;
  /** The database that holds its tables, for its checks. */
  attach(database: SimulatedDatabase): void;
  launch(parts: LaunchParts): Launched;
  startClients(installation: Installation<Launched>, untilMs: number): void;
  /** What clients were promised and has not come to its end; undefined when all has. */
  quiet(): string | undefined;
  /** Violations of what must hold at the end. */
  finalCheck(world: World): void;
  /** What happened, for the one line of a report. */
  figures(): Record<string, number>;
}
