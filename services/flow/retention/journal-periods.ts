// Partitions of the journal: made before their time comes, dropped when nothing of them is kept. As the database's owner.
// I1 A partition and its row in journal_period are made and dropped in one transaction, one process at a time.
// I2 A lock is waited for briefly, then commits go first and it is tried again with the next look.
// I3 A new partition is attached, which leaves the others to work; only dropping needs the whole journal for a moment.
import type { Pool, PoolClient } from 'pg';
import type { Database } from '@palace/platform/database/port.ts';
import { sqlState } from '@palace/platform/database/failure.ts';
import type { Log } from '@palace/platform/telemetry/port.ts';
import { periodsToMake, type Period } from '../core/periods.ts';

const LOCK_TIMEOUT_MS = 2_000;
/** A lock that did not come, a deadlock that was broken. */
const BUSY: ReadonlySet<string> = new Set(['55P03', '40P01']);

export interface KeptPeriod extends Period {
  readonly name: string;
  /** Runs of it that have expired and left entries behind. */
  readonly expired: number;
}

export async function readPeriods(owner: Pick<Pool, 'query'>): Promise<KeptPeriod[]> {
  const { rows } = await owner.query<{ name: string; from_run: string; to_run: string; expired: string }>(
    'select name, from_run, to_run, expired from flow.journal_period order by from_run',
  );
  return rows.map((r) => ({ name: r.name, fromRun: r.from_run, toRun: r.to_run, expired: Number(r.expired) }));
}

/** Before anything is written: engine time as the database has it, whoever knew it last. */
export async function prepareJournal(database: Pick<Database, 'owner'>, lengthMs: number, log: Log): Promise<void> {
  const { rows } = await database.owner.query<{ now: string }>('select flow.wall_ms() + offset_ms as now from flow.clock');
  await makePeriods(database, Number(rows[0]?.now), lengthMs, log);
}

/** Those for the runs of now and of the time ahead. A process that finds them made does nothing. */
export async function makePeriods({ owner }: Pick<Database, 'owner'>, nowMs: number, lengthMs: number, log: Log): Promise<void> {
  const latest = (await readPeriods(owner)).at(-1)?.toRun;
  if (periodsToMake(latest, nowMs, lengthMs).length === 0) return;
  await asOnlyOne(owner, LOCK_TIMEOUT_MS, async (client) => {
    const known = (await readPeriods(client)).at(-1)?.toRun;
    for (const period of periodsToMake(known, nowMs, lengthMs)) await make(client, period, log);
  });
}

async function make(client: PoolClient, { fromRun, toRun }: Period, log: Log): Promise<void> {
  const name = partitionName(fromRun);
  const { rows } = await client.query<{ made: boolean }>('select flow.make_period($1, $2, $3) as made', [name, fromRun, toRun]);
  if (rows[0]?.made !== true) log.error('a period of the journal has no partition: some of its runs were written without one', { name });
}

/** Of `runsFrom()`: letters and digits alone. */
const partitionName = (fromRun: string): string => `journal_${fromRun.slice('run_'.length)}`;

/** I1, I2. False when somebody was in the way: with the next look again. */
export async function asOnlyOne(owner: Pool, lockTimeoutMs: number, work: (client: PoolClient) => Promise<void>): Promise<boolean> {
  const client = await owner.connect();
  let failure: Error | undefined;
  try {
    await client.query('begin');
    await client.query("select set_config('lock_timeout', $1, true), set_config('statement_timeout', '60s', true)", [String(lockTimeoutMs)]);
    await client.query("select pg_advisory_xact_lock(hashtext('palace.flow.journal'), 1)");
    await work(client);
    await client.query('commit');
    return true;
  } catch (error) {
    failure = await client.query('rollback').then(
      () => undefined,
      (lost: Error) => lost,
    );
    if (BUSY.has(sqlState(error) ?? '')) return false;
    throw error;
  } finally {
    client.release(failure);
  }
}
