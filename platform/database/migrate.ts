// Applies a service's numbered migrations, forward only.
// I1 One migration is one transaction, and its number goes in first: it is applied whole and once, whoever else tries.
// I2 One migrator at a time for a schema (session advisory lock, ends with the connection).
// I3 A migration waits at most two seconds for a table, then lets the others work and tries again.
// I4 A migration that this release does not know and that breaks it is a refusal; beside others an older release still runs. A release
//    from before "breaks_before" reads the column "breaking" and is refused by every one that breaks anybody.
// I5 What was applied is what the source says: a changed migration is refused, never silently skipped.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { PalaceError } from '../errors.ts';
import { isBefore, VERSION } from '../release.ts';
import { asPalaceError, sqlState } from './failure.ts';
import type { Migration, MigrationPlan } from './port.ts';

const BEGIN = 'begin; set local lock_timeout = 2000';
const LOCK_ATTEMPTS = 30;
/** Indexes that are built beside the traffic stand in the same table (build-indexes.ts). */
export const INDEX_SERIES = 'index';
const TURN_LIMIT_MS = 120_000;
const ROLES = 'palace_api, palace_engine';

/** `release`: the one that asks; another in tests. */
export async function migrate(owner: Pool, plan: MigrationPlan, release: string = VERSION): Promise<void> {
  checkPlan(plan);
  const client = await owner.connect().catch((error: unknown) => Promise.reject(asPalaceError(error)));
  let failure: Error | undefined;
  try {
    await takeTurn(client, plan.schema);
    await prepareSchema(client, plan.schema);
    const applied = await readApplied(client, plan);
    refuseUnknown(plan, applied, release);
    for (const migration of plan.migrations) {
      if (!applied.has(migration.number)) await withLockRetry(client, () => apply(client, plan, migration));
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

/** One migrator at a time (I2). Asks again and again instead of waiting in the server, where a waiting statement would hold back vacuum. */
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
  const { rows } = await client.query<{ attname: string }>('select attname from pg_attribute where attrelid = to_regclass($1) and attnum > 0', [
    `${schema}.migration`,
  ]);
  if (rows.length === 0) return createSchema(client, schema);
  if (rows.some(({ attname }) => attname === 'breaks_before')) return;
  // Made by a release before 0.2.0.
  await withLockRetry(client, () => client.query(`${BEGIN}; alter table ${schema}.migration add column if not exists breaks_before text; commit`));
}

async function createSchema(client: PoolClient, schema: string): Promise<void> {
  await client.query(`
    create schema if not exists ${schema};
    grant usage on schema ${schema} to ${ROLES};
    create table ${schema}.migration (
      series text not null,
      number integer not null,
      name text not null,
      content_hash text not null,
      breaking boolean not null,
      breaks_before text,
      applied_at timestamptz not null default now(),
      primary key (series, number)
    )`);
}

interface Applied {
  readonly number: number;
  readonly name: string;
  readonly content_hash: string;
  readonly breaking: boolean;
  readonly breaks_before: string | null;
}

async function readApplied(client: PoolClient, plan: MigrationPlan): Promise<Map<number, Applied>> {
  const { rows } = await client.query<Applied>(
    `select number, name, content_hash, breaking, breaks_before from ${plan.schema}.migration where series = $1 order by number`,
    [plan.series ?? 'service'],
  );
  return new Map(rows.map((row) => [row.number, row]));
}

function refuseUnknown(plan: MigrationPlan, applied: ReadonlyMap<number, Applied>, release: string): void {
  for (const row of applied.values()) {
    const known = plan.migrations[row.number - 1];
    if (known === undefined) {
      if (!row.breaking || (row.breaks_before !== null && !isBefore(release, row.breaks_before))) continue;
      const needs =
        row.breaks_before === null
          ? `breaks releases that do not know it; this one is ${release}`
          : `needs release ${row.breaks_before} or newer; this one is ${release}`;
      throw new PalaceError('boot.schema-newer', { detail: `Migration ${row.number} (${row.name}) of the schema "${plan.schema}" ${needs}.` });
    }
    if (row.content_hash !== contentHash(known)) {
      throw new PalaceError('boot.database', {
        detail: `Migration ${row.number} (${known.name}) of the schema "${plan.schema}" was changed after it had been applied here. Add a new migration instead.`,
      });
    }
  }
}

/** `work` is one transaction that begins with BEGIN. */
async function withLockRetry(client: PoolClient, work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work();
      return;
    } catch (error) {
      await client.query('rollback');
      if (sqlState(error) !== '55P03' || attempt === LOCK_ATTEMPTS) throw error;
      await sleep(Math.min(100 * attempt, 2_000));
    }
  }
}

async function apply(client: PoolClient, plan: MigrationPlan, migration: Migration): Promise<void> {
  await client.query(BEGIN);
  await client.query(`insert into ${plan.schema}.migration (series, number, name, content_hash, breaking, breaks_before) values ($1, $2, $3, $4, $5, $6)`, [
    plan.series ?? 'service',
    migration.number,
    migration.name,
    contentHash(migration),
    migration.breaksBefore !== undefined,
    migration.breaksBefore ?? null,
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
