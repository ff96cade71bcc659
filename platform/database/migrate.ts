// Applies a service's numbered migrations, forward only.
// I1 One migration is one transaction, and its number goes in first: it is applied whole and once, whoever else tries.
// I2 One migrator at a time for a schema (session advisory lock, ends with the connection).
// I3 A migration waits at most LOCK_TIMEOUT for a table, then lets the others work and tries again.
// I4 A database with a breaking migration that this release does not know is refused; with others an older release still runs.
// I5 What was applied is what the source says: a changed migration is refused, never silently skipped.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { PalaceError } from '../errors.ts';
import { asPalaceError, sqlState } from './failure.ts';
import type { Migration, MigrationPlan } from './port.ts';

const LOCK_TIMEOUT_MS = 2_000;
const LOCK_ATTEMPTS = 30;
const TURN_LIMIT_MS = 120_000;
const ROLES = 'palace_api, palace_engine';

export async function migrate(owner: Pool, plan: MigrationPlan): Promise<void> {
  checkPlan(plan);
  const client = await owner.connect().catch((error: unknown) => Promise.reject(asPalaceError(error)));
  let failure: Error | undefined;
  try {
    await takeTurn(client, plan.schema);
    await prepareSchema(client, plan.schema);
    const applied = await readApplied(client, plan);
    refuseUnknown(plan, applied);
    for (const migration of plan.migrations) {
      if (!applied.has(migration.number)) await applyWithRetry(client, plan, migration);
    }
  } catch (error) {
    failure = error as Error;
    throw asPalaceError(error);
  } finally {
    // The lock belongs to the session: a connection that failed is closed instead of unlocked.
    if (failure === undefined) await client.query('select pg_advisory_unlock_all()').catch((error: Error) => (failure = error));
    client.release(failure);
  }
}

function checkPlan(plan: MigrationPlan): void {
  const inOrder = plan.migrations.every((migration, index) => migration.number === index + 1);
  if (!/^[a-z][a-z0-9_]*$/.test(plan.schema) || !/^[a-z][a-z0-9_]*$/.test(plan.series ?? 'service') || !inOrder) {
    throw new PalaceError('boot.database', { detail: `The migrations of the schema "${plan.schema}" are not numbered 1, 2, 3, ...` });
  }
}

/** Asks again and again instead of waiting in the server, where a waiting statement would hold back vacuum. */
async function takeTurn(client: PoolClient, schema: string): Promise<void> {
  const end = performance.now() + TURN_LIMIT_MS;
  while (performance.now() < end) {
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock(hashtext($1), 1) as mine', [`palace.migrate.${schema}`]);
    if (rows[0]?.mine === true) return;
    await sleep(50);
  }
  throw new PalaceError('boot.database', { detail: `Another process has been migrating the schema "${schema}" for two minutes.` });
}

async function prepareSchema(client: PoolClient, schema: string): Promise<void> {
  const { rowCount } = await client.query("select from pg_tables where schemaname = $1 and tablename = 'migration'", [schema]);
  if (rowCount !== 0) return;
  await client.query(`
    create schema if not exists ${schema};
    grant usage on schema ${schema} to ${ROLES};
    create table ${schema}.migration (
      series text not null,
      number integer not null,
      name text not null,
      content_hash text not null,
      breaking boolean not null,
      applied_at timestamptz not null default now(),
      primary key (series, number)
    )`);
}

interface Applied {
  readonly number: number;
  readonly name: string;
  readonly content_hash: string;
  readonly breaking: boolean;
}

async function readApplied(client: PoolClient, plan: MigrationPlan): Promise<Map<number, Applied>> {
  const { rows } = await client.query<Applied>(`select number, name, content_hash, breaking from ${plan.schema}.migration where series = $1 order by number`, [
    plan.series ?? 'service',
  ]);
  return new Map(rows.map((row) => [row.number, row]));
}

function refuseUnknown(plan: MigrationPlan, applied: ReadonlyMap<number, Applied>): void {
  for (const row of applied.values()) {
    const known = plan.migrations[row.number - 1];
    if (known === undefined) {
      if (!row.breaking) continue;
      throw new PalaceError('boot.schema-newer', {
        detail: `The schema "${plan.schema}" has migration ${row.number} (${row.name}), which this release does not know and cannot run beside.`,
      });
    }
    if (row.content_hash !== contentHash(known)) {
      throw new PalaceError('boot.database', {
        detail: `Migration ${row.number} (${known.name}) of the schema "${plan.schema}" was changed after it had been applied here. Add a new migration instead.`,
      });
    }
  }
}

async function applyWithRetry(client: PoolClient, plan: MigrationPlan, migration: Migration): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await apply(client, plan, migration);
    } catch (error) {
      await client.query('rollback');
      if (sqlState(error) !== '55P03' || attempt === LOCK_ATTEMPTS) throw error;
      await sleep(Math.min(100 * attempt, 2_000));
    }
  }
}

async function apply(client: PoolClient, plan: MigrationPlan, migration: Migration): Promise<void> {
  await client.query(`begin; set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
  await client.query(`insert into ${plan.schema}.migration (series, number, name, content_hash, breaking) values ($1, $2, $3, $4, $5)`, [
    plan.series ?? 'service',
    migration.number,
    migration.name,
    contentHash(migration),
    migration.breaking ?? false,
  ]);
  await client.query(migration.sql.replaceAll('{{schema}}', plan.schema));
  await client.query('commit');
}

/** Comments and spacing may be improved later; the statements may not. */
export function contentHash({ sql }: Pick<Migration, 'sql'>): string {
  const statements = sql
    .replace(/--[^\n]*/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return createHash('sha256').update(statements).digest('hex');
}
