// A toy service on a real database for the tests of the durable component: entries in a table, a host that writes down what it is told.
// Called by durable.test.ts, takeover.slow.test.ts and figures.test.ts.
import type { Bus } from '../bus/port.ts';
import { memoryBus } from '../bus/memory.ts';
import type { Database } from '../database/port.ts';
import { tenantTable } from '../database/tenant-table.ts';
import { silentLog, testDatabase, type TestDatabase } from '../database/testing.ts';
import type { Telemetry } from '../telemetry/port.ts';
import type {
  Appetite,
  CloseReason,
  DurableHost,
  DurableNode,
  DurableSettings,
  DurableStore,
  Fence,
  InboxRow,
  Scheduler,
  StreamRow,
  TimerRow,
  Write,
} from './contract.ts';
import { durableMigrations } from './migrations.ts';
import { createDurableNode } from './node.ts';
import { postgresDurableStore } from './postgres.ts';
import { realScheduler } from './scheduler.ts';

export const TOY_SETTINGS: DurableSettings = {
  leaseMs: 1_500,
  renewMs: 250,
  lanes: 2,
  overlap: 2,
  maxBatchWrites: 200,
  maxBatchBytes: 4_194_304,
  pollMs: 500,
  haltPollMs: 250,
  overduePerSecond: 10_000,
  drainMs: 2_000,
};

/** `slow` rows keep their commit open for so many seconds. */
const TOY_SQL = `
create table {{schema}}.entry (shard integer not null, tenant text not null, key text not null, seq integer not null, body text not null, primary key (key, seq));
${tenantTable('{{schema}}', 'entry', { shardColumn: 'shard' })}
create function {{schema}}.write_rows(rows jsonb) returns void language plpgsql as $$
begin
  perform pg_sleep((e->>'slow')::float) from jsonb_array_elements(rows->'entry') e where e ? 'slow';
  insert into {{schema}}.entry select shard, tenant, key, seq, body from jsonb_to_recordset(rows->'entry') as e (shard integer, tenant text, key text, seq integer, body text);
end $$;
grant execute on function {{schema}}.write_rows to palace_engine;
`;

export interface Toy {
  readonly node: DurableNode;
  readonly store: DurableStore;
  readonly host: ToyHost;
  readonly scheduler: FreezableScheduler;
  /** What its gauges show, by name. */
  readonly figures: ReadonlyMap<string, number>;
  /** As kill -9: nothing runs any more and every connection is gone. */
  kill(): Promise<void>;
}

/** What a node says of itself; default: this release. */
export interface ToyRelease {
  readonly version?: string;
  readonly readsFormat?: number;
}

export interface ToyInstallation {
  readonly db: TestDatabase;
  readonly bus: Bus;
  launch(nodeId: string, settings?: Partial<DurableSettings>, as?: ToyRelease): Promise<Toy>;
  /** Owner's view of the tables. */
  rows<R extends object>(sql: string, values?: unknown[]): Promise<R[]>;
  close(): Promise<void>;
}

export async function openToys(): Promise<ToyInstallation> {
  const db = await testDatabase();
  const durable = durableMigrations();
  await db.database.migrate({ schema: 'toy', migrations: [...durable, { number: durable.length + 1, name: 'toy', sql: TOY_SQL }] });
  const bus = memoryBus(silentLog);
  const toys: Toy[] = [];
  return {
    db,
    bus,
    launch: async (nodeId, settings = {}, as = {}) => {
      const toy = launch(await db.another(), bus, nodeId, { ...TOY_SETTINGS, ...settings }, as);
      toys.push(toy);
      return toy;
    },
    rows: async <R extends object>(sql: string, values: unknown[] = []) => (await db.database.owner.query<R>(sql, values)).rows,
    close: async () => {
      for (const toy of toys) await toy.kill();
      await bus.close();
      await db.close();
    },
  };
}

function launch(database: Database, bus: Bus, nodeId: string, settings: DurableSettings, { version, readsFormat }: ToyRelease): Toy {
  const store = postgresDurableStore({ database, schema: 'toy', service: 'toy', ...(version !== undefined && { version }) });
  const scheduler = freezable(realScheduler());
  const host = new ToyHost();
  const figures = new Map<string, number>();
  const telemetry: Telemetry = { ...silentTelemetry, gauge: (name) => ({ set: (value) => void figures.set(name, value) }) };
  const node = createDurableNode({
    service: 'toy',
    nodeId,
    host,
    store,
    scheduler,
    settings,
    bus,
    telemetry,
    ...(readsFormat !== undefined && { readsFormat }),
  });
  host.node = node;
  const kill = async (): Promise<void> => {
    scheduler.freeze();
    await store.close();
  };
  return { node, store, host, scheduler, figures, kill };
}

export class ToyHost implements DurableHost {
  node: DurableNode | undefined;
  readonly opened: Fence[] = [];
  readonly closed: { readonly shard: number; readonly reason: CloseReason }[] = [];
  readonly commands: InboxRow[] = [];
  readonly delivered: StreamRow[] = [];
  readonly fired: (TimerRow & { readonly atMs: number })[] = [];
  busyUntil: Promise<void> = Promise.resolve();
  /** How many more rows it takes. */
  hunger = 100;
  sated: readonly string[] = [];
  onOpen: (fence: Fence) => Promise<void> = () => Promise.resolve();
  onDeliver: (rows: readonly StreamRow[]) => void = () => undefined;
  onFire: (timers: readonly TimerRow[]) => void = () => undefined;

  async open(fence: Fence): Promise<void> {
    await this.onOpen(fence);
    this.opened.push(fence);
  }

  close(shard: number, reason: CloseReason): void {
    this.closed.push({ shard, reason });
  }

  drain(): Promise<void> {
    return this.busyUntil;
  }

  inbox(_shard: number, rows: readonly InboxRow[]): void {
    this.commands.push(...rows);
  }

  deliver(_shard: number, rows: readonly StreamRow[]): void {
    this.delivered.push(...rows);
    this.onDeliver(rows);
  }

  fire(_shard: number, timers: readonly TimerRow[]): void {
    const atMs = this.node?.timeMs() ?? 0;
    this.fired.push(...timers.map((timer) => ({ ...timer, atMs })));
    this.onFire(timers);
  }

  appetite(): Appetite {
    return { rows: this.hunger, sated: this.sated };
  }
}

export interface FreezableScheduler extends Scheduler {
  /** As SIGSTOP: timers and turns wait. */
  freeze(): void;
  thaw(): void;
}

function freezable(real: Scheduler): FreezableScheduler {
  let frozen = false;
  let waiting: (() => void)[] = [];
  const guard = (task: () => void) => (): void => {
    if (frozen) waiting.push(task);
    else task();
  };
  return {
    nowMs: () => real.nowMs(),
    after: (delayMs, task) => real.after(delayMs, guard(task)),
    soon: (task) => real.soon(guard(task)),
    freeze: () => (frozen = true),
    thaw: () => {
      frozen = false;
      for (const task of waiting.splice(0)) task();
      waiting = [];
    },
  };
}

const nothing = { add: () => undefined, set: () => undefined, observe: () => undefined };
const silentTelemetry: Telemetry = {
  log: silentLog,
  counter: () => nothing,
  gauge: () => nothing,
  histogram: () => nothing,
  span: () => ({ traceId: '', traceparent: '', set: () => undefined, end: () => undefined }),
  metrics: () => Promise.resolve(''),
  close: () => Promise.resolve(),
};

/** A write of one entry, for a shard that the node owns. */
export function entry(
  toy: Toy,
  shard: number,
  key: string,
  more: Partial<Write> & { readonly seq?: unknown; readonly slow?: number; readonly tenantOfRow?: string } = {},
): Write {
  const fence = toy.node.fence(shard);
  if (fence === undefined) throw new Error(`${toy.node.nodeId} does not own ${shard}`);
  const { seq = 1, slow, tenantOfRow = 'acme', ...rest } = more;
  return {
    fence,
    key,
    tenant: 'acme',
    rows: { entry: [{ shard, tenant: tenantOfRow, key, seq, body: '{}', ...(slow === undefined ? {} : { slow }) }] },
    ...rest,
  };
}

export async function until(what: string, holds: () => boolean | Promise<boolean>, limitMs = 8_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`Not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
