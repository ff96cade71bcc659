// How many acts wait for a person, for the metrics: counted in the ledger, because their runs sleep on disk.
// I1 Each process counts the shards that it owns: the sum over the processes is the installation's.
// I2 A count reads a partial index of the acts in doubt and at most MOST of them.
import type { Database } from '@palace/platform/database/port.ts';
import type { Gauge } from '@palace/platform/telemetry/port.ts';

const COUNT_EVERY_MS = 5_000;
const MOST = 10_000;

export interface InDoubtParts {
  readonly database: Database;
  owned(): readonly number[];
  /** Engine time. */
  nowMs(): number;
  readonly acts: Gauge;
  readonly oldest: Gauge;
}

export function countInDoubtRegularly({ database, owned, nowMs, acts, oldest }: InDoubtParts): () => void {
  let busy = false;
  const count = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    // A database that is away is reported elsewhere; until it is back the last count stands.
    await countInDoubt(database, owned()).then(
      (found) => {
        acts.set(found.acts);
        oldest.set(found.oldestMs === undefined ? 0 : Math.max(0, nowMs() - found.oldestMs) / 1_000, { reason: 'in-doubt' });
      },
      () => undefined,
    );
    busy = false;
  };
  const timer = setInterval(() => void count(), COUNT_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Acts of runs that have not ended; what an ended run has left behind waits for nobody. */
async function countInDoubt(database: Database, shards: readonly number[]): Promise<{ acts: number; oldestMs?: number }> {
  if (shards.length === 0) return { acts: 0 };
  return database.asEngine({ shards, tenants: [] }, async (sql) => {
    const { rows } = await sql.query<{ acts: number; oldest: string | null }>(
      `select count(*)::int as acts, min(started_ms) as oldest from (
         select r.started_ms from flow.effect e join flow.run r on r.id = e.run
          where e.state = 'in-doubt' and e.shard = any ($1) and r.ended_ms is null limit $2) found`,
      [shards, MOST],
    );
    const { acts = 0, oldest = null } = rows[0] ?? {};
    return { acts, ...(oldest !== null && { oldestMs: Number(oldest) }) };
  });
}
