// Gives back the room of periods that are over: drops their partitions, or rewrites or sweeps those of which something is kept.
// I1 What is kept is asked for again once nobody else can write to the partition: a run that comes late finds its journal where it was written.
// I2 Locks are taken journal first where the journal is taken at all, and waited for briefly: who writes goes first.
// I3 Only what has no run any more is removed.
// Called by retention.ts in the process that owns the first shard.
import type { Database } from '@palace/platform/database/port.ts';
import type { Log } from '@palace/platform/telemetry/port.ts';
import { SHARD_COUNT, type Scheduler } from '@palace/platform/durable/contract.ts';
import { MOST_COPIED, treatmentOf, type Period } from '../core/periods.ts';
import { asOnlyOne, readPeriods, type KeptPeriod } from './journal-periods.ts';

const LOCK_TIMEOUT_MS = 200;
/** Runs whose entries are looked at in one statement of a sweep. */
const SWEPT_AT_ONCE = 500;
const ALL_SHARDS = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);

export interface ClearingParts {
  readonly database: Database;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly stopped: () => boolean;
}

/** What was seen of a period the last time, by its name. */
export type Seen = Map<string, { readonly expired: number; readonly sinceMs: number }>;

/** Looks at every period once, the oldest first. Returns how many partitions are left. */
export async function clearPeriods(parts: ClearingParts, seen: Seen, nowMs: number, lengthMs: number): Promise<number> {
  const periods = await readPeriods(parts.database.owner);
  let left = periods.length;
  for (const period of periods) {
    if (parts.stopped()) break;
    const before = seen.get(period.name);
    const sinceMs = before?.expired === period.expired ? before.sinceMs : nowMs;
    seen.set(period.name, { expired: period.expired, sinceMs });
    const kept = (await keptRuns(parts.database, period)).length;
    const treatment = treatmentOf(period, { kept, expired: period.expired, stillMs: nowMs - sinceMs }, nowMs, lengthMs);
    if (treatment === 'drop' && (await drop(parts, period))) {
      seen.delete(period.name);
      left -= 1;
    } else if (treatment === 'rewrite') await rewrite(parts, period);
    else if (treatment === 'sweep') await sweep(parts, period);
  }
  return left;
}

/** Runs of the period that are there, up to one more than may be copied. */
async function keptRuns(database: Database, { fromRun, toRun }: Period): Promise<string[]> {
  const { rows } = await database.asEngine({ shards: ALL_SHARDS }, (sql) =>
    sql.query<{ id: string }>('select id from flow.run where id >= $1 and id < $2 limit $3', [fromRun, toRun, MOST_COPIED + 1]),
  );
  return rows.map(({ id }) => id);
}

/** I1 */
async function drop({ database, log }: ClearingParts, period: KeptPeriod): Promise<boolean> {
  let dropped = false;
  const free = await asOnlyOne(database.owner, LOCK_TIMEOUT_MS, async (client) => {
    await client.query('lock table only flow.journal in access exclusive mode');
    if ((await keptRuns(database, period)).length > 0) return;
    await client.query('select flow.drop_period($1)', [period.name]);
    dropped = true;
  });
  if (!free) log.debug('the journal was in use; a period stays a little longer', { name: period.name });
  return dropped;
}

/** I1, I2: with its partition locked the runs that are kept can only become fewer. */
async function rewrite({ database, log }: ClearingParts, period: KeptPeriod): Promise<void> {
  const free = await asOnlyOne(database.owner, LOCK_TIMEOUT_MS, async (client) => {
    await client.query('select flow.lock_period($1)', [period.name]);
    const kept = await keptRuns(database, period);
    if (kept.length <= MOST_COPIED) await client.query('select flow.rewrite_period($1, $2)', [period.name, kept]);
  });
  if (!free) log.debug('a period was in use; it is rewritten later', { name: period.name });
}

/** I3 */
async function sweep({ database, scheduler, stopped }: ClearingParts, { name, fromRun, toRun, expired }: KeptPeriod): Promise<void> {
  const owned = <T>(work: Parameters<typeof database.asEngine<T>>[1]) => database.asEngine({ shards: ALL_SHARDS }, work);
  for (let after = fromRun; !stopped();) {
    const beganMs = scheduler.nowMs();
    const { rows } = await owned((sql) =>
      sql.query<{ run: string }>('select run from flow.journal where run > $1 and run < $2 group by run order by run limit $3', [after, toRun, SWEPT_AT_ONCE]),
    );
    const last = rows.at(-1)?.run;
    if (last === undefined) break;
    await owned((sql) =>
      sql.query('delete from flow.journal j where j.run = any($1) and not exists (select from flow.run r where r.id = j.run)', [rows.map(({ run }) => run)]),
    );
    after = last;
    // No more than half of the time.
    await new Promise<void>((resolve) => scheduler.after(scheduler.nowMs() - beganMs, resolve));
  }
  if (!stopped()) await owned((sql) => sql.query('update flow.journal_period set expired = expired - $2 where name = $1', [name, expired]));
}
