// Turns a batch of writes into the arguments of the SQL function `commit`: one JSON text for the durable part, one for the service's rows;
// and a batch of commands into those of `send`.
// I1 The JSON is built once a batch; sections nobody used are absent.
// Called by postgres.ts.
import type { Sending, Write } from './contract.ts';

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

export interface SendArguments {
  readonly tenants: readonly string[];
  readonly rows: string;
  readonly claims: string | null;
}

/** Rows and keys of one call carry its place in the batch. */
export function encodeSendings(sendings: readonly Sending[]): SendArguments {
  const tenants = new Set<string>();
  const rows: unknown[] = [];
  const claims: unknown[] = [];
  for (const [n, { rows: sent, claim }] of sendings.entries()) {
    for (const { tenant, commandId, shard, key, kind, body } of sent) {
      tenants.add(tenant);
      rows.push({ tenant, id: commandId, shard, key, kind, body, ...(claim !== undefined && { claim: n }) });
    }
    if (claim === undefined) continue;
    tenants.add(claim.tenant);
    claims.push({ n, tenant: claim.tenant, scope: claim.scope, key: claim.key, fingerprint: claim.fingerprint, answer: claim.answer });
  }
  return { tenants: [...tenants], rows: JSON.stringify(rows), claims: claims.length === 0 ? null : JSON.stringify(claims) };
}
