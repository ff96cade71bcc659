// Builds indexes on tables that are in use, after the start and beside the traffic; a kind of migration of its own.
// I1 One builder at a time for a schema (session advisory lock, ends with the connection); the others look again until all is there.
// I2 What a builder left behind when it died is invalid, and is dropped before the index is built anew: it can stop at any moment.
// I3 The number goes in last, when the index is valid. Nothing waits for it, and nothing but speed depends on it.
// I4 There is no lock timeout here: a build waits for old transactions and holds up neither readers nor writers.
// Called by pg.ts for the services' start.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { PalaceError } from '../errors.ts';
import type { Log } from '../telemetry/port.ts';
import { contentHash, INDEX_SERIES } from './migrate.ts';
import type { ConcurrentIndex, IndexPlan } from './port.ts';

const LOOK_AGAIN_MS = 2_000;
const AFTER_FAILURE_MS = 30_000;

export interface BuildOptions {
  /** An owner's connection that is not of a pool: a build may outlast everything else. */
  connect(): Promise<Client>;
  readonly log: Log;
  /** Aborted when the database is closed: a build under way is left to itself. */
  readonly closing: AbortSignal;
}

export async function buildIndexes(plan: IndexPlan, options: BuildOptions): Promise<void> {
  checkPlan(plan);
  while (!options.closing.aborted) {
    const pauseMs = await tryOnce(plan, options);
    if (pauseMs === undefined) return;
    await sleep(pauseMs, undefined, { signal: options.closing }).catch(() => undefined);
  }
}

function checkPlan({ schema, indexes }: IndexPlan): void {
  const isNamed = (name: string): boolean => /^[a-z][a-z0-9_]*$/.test(name);
  if (isNamed(schema) && indexes.every(({ number, name }, at) => number === at + 1 && isNamed(name))) return;
  throw new PalaceError('boot.database', { detail: `The indexes of the schema "${schema}" are not numbered 1, 2, 3, ... with plain names.` });
}

/** Undefined when all are there; otherwise how long to wait before the next look. */
async function tryOnce(plan: IndexPlan, { connect, log, closing }: BuildOptions): Promise<number | undefined> {
  let client: Client | undefined;
  const cut = (): void => void client?.end().catch(() => undefined);
  try {
    client = await connect();
    closing.addEventListener('abort', cut, { once: true });
    if (closing.aborted) return LOOK_AGAIN_MS;
    const missing = await missingOf(client, plan);
    if (missing.length === 0) return undefined;
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock(hashtext($1), 2) as mine', [`palace.index.${plan.schema}`]);
    if (rows[0]?.mine !== true) return LOOK_AGAIN_MS;
    for (const index of await missingOf(client, plan)) await build(client, plan.schema, index, log);
    return undefined;
  } catch (error) {
    if (!closing.aborted) log.warn('An index could not be built; it is tried again', { schema: plan.schema, error });
    return AFTER_FAILURE_MS;
  } finally {
    closing.removeEventListener('abort', cut);
    await client?.end().catch(() => undefined);
  }
}

async function missingOf(client: Client, { schema, indexes }: IndexPlan): Promise<ConcurrentIndex[]> {
  const { rows } = await client.query<{ number: number }>(`select number from ${schema}.migration where series = $1`, [INDEX_SERIES]);
  return indexes.filter(({ number }) => !rows.some((row) => row.number === number));
}

async function build(client: Client, schema: string, { number, name, on }: ConcurrentIndex, log: Log): Promise<void> {
  const found = await client.query<{ valid: boolean }>('select indisvalid as valid from pg_index where indexrelid = to_regclass($1)', [`${schema}.${name}`]);
  const isThere = found.rows[0]?.valid;
  const begin = performance.now();
  if (isThere === false) await client.query(`drop index concurrently ${schema}.${name}`);
  if (isThere !== true) await client.query(`create index concurrently ${name} on ${on.replaceAll('{{schema}}', schema)}`);
  await client.query(`insert into ${schema}.migration (series, number, name, content_hash, breaking) values ($1, $2, $3, $4, false) on conflict do nothing`, [
    INDEX_SERIES,
    number,
    name,
    contentHash({ sql: on }),
  ]);
  log.debug('An index was built', { schema, index: name, seconds: Math.round((performance.now() - begin) / 1_000) });
}
