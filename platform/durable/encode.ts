// Turns a batch of writes into the arguments of the SQL function `commit`: one JSON text for the durable part, one for the service's rows.
// I1 The JSON is built once a batch; sections nobody used are absent.
// Called by postgres.ts.
import type { Write } from './contract.ts';

export interface CommitArguments {
  readonly ids: readonly number[];
  readonly epochs: readonly number[];
  readonly tenants: readonly string[];
  readonly durable: string | null;
  readonly rows: string | null;
  readonly rowCount: number;
}

type Section = 'claims' | 'consumes' | 'cursors' | 'streams' | 'cleared' | 'timers';

export function encodeCommit(writes: readonly Write[]): CommitArguments {
  const epochs = new Map<number, number>();
  const tenants = new Set<string>();
  const durable: Partial<Record<Section, unknown[]>> = {};
  const rows: Record<string, unknown[]> = {};
  let rowCount = 0;
  let used = false;

  const add = (section: Section, row: unknown): void => {
    used = true;
    (durable[section] ??= []).push(row);
  };
  for (const write of writes) {
    epochs.set(write.fence.shard, write.fence.epoch);
    tenants.add(write.tenant);
    for (const table in write.rows) {
      const from = write.rows[table] as readonly unknown[];
      const into = (rows[table] ??= []);
      for (const row of from) into.push(row);
      rowCount += from.length;
    }
    addDurable(write, add, tenants);
  }
  return {
    ids: [...epochs.keys()],
    epochs: [...epochs.values()],
    tenants: [...tenants],
    durable: used ? JSON.stringify(durable) : null,
    rows: rowCount > 0 ? JSON.stringify(rows) : null,
    rowCount,
  };
}

function addDurable(write: Write, add: (section: Section, row: unknown) => void, tenants: Set<string>): void {
  const { tenant } = write;
  const { shard } = write.fence;
  if (write.claims !== undefined) for (const { scope, key, fingerprint, answer } of write.claims) add('claims', { tenant, scope, key, fingerprint, answer });
  if (write.consumes !== undefined) for (const { commandId, outcome, detail } of write.consumes) add('consumes', { tenant, id: commandId, outcome, detail });
  if (write.cursors !== undefined)
    for (const { producer, producerShard, position } of write.cursors) add('cursors', { shard, producer, at: producerShard, position });
  if (write.timersClear !== undefined) for (const { key, id } of write.timersClear) add('cleared', { shard, key, id });
  for (const timer of write.timersSet ?? []) {
    tenants.add(timer.tenant);
    add('timers', { shard, key: timer.key, id: timer.id, tenant: timer.tenant, due: timer.dueMs });
  }
  for (const append of write.streams ?? []) {
    tenants.add(append.tenant);
    add('streams', { shard, consumer: append.consumer, consumer_shard: append.consumerShard, tenant: append.tenant, kind: append.kind, body: append.body });
  }
}
