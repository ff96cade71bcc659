// Checks of the database: its server process and log, whether it answers, the schemas against this release, its clock, who owns the shards,
// when it was last backed up.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { flowMigrations } from '@palace/flow/migrations.ts';
import { migrations as gatewayMigrations } from '@palace/gateway/migrations.ts';
import { lastBackup } from '@palace/platform/database/backup/last-backup.ts';
import { loadConfig } from '@palace/platform/config.ts';
import { lockHolder } from '@palace/platform/database/data-lock.ts';
import { runningPostmaster } from '@palace/platform/database/postmaster.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { SHARD_COUNT } from '@palace/platform/durable/contract.ts';
import { databaseUrl, withClient } from './connect.ts';
import { good, idle, wrong, type Finding } from './finding.ts';
import { checkPostgresLog } from './logs.ts';
import { checkUpgrade } from './upgrade.ts';

const CLOCK_TOLERANCE_MS = 5_000;
const OLDEST_POSTGRES = 15;
/** A lease that has run out for longer than this was not renewed by anybody alive. */
const LATE_MS = 10_000;

export async function checkDatabase(dir: string): Promise<Finding[]> {
  try {
    return await look(dir);
  } catch (error) {
    // Settings that are refused stand among the findings already.
    if (error instanceof PalaceError && error.code === 'boot.config') return [];
    throw error;
  }
}

async function look(dir: string): Promise<Finding[]> {
  if (loadConfig().database.url.reveal() !== '') return questions(databaseUrl(dir) ?? '', false);
  const cluster = join(dir, 'postgres');
  if (!existsSync(cluster)) return [idle('database', 'none yet; palace up makes it')];
  const process = processOf(dir, cluster);
  const log = checkPostgresLog(join(dir, 'postgres.log'));
  if (process.state !== 'good') return [process, ...log];
  const address = databaseUrl(dir);
  return [process, ...log, ...(address === undefined ? [idle('schemas', 'only the account that runs the server can look')] : await questions(address, true))];
}

function processOf(dir: string, cluster: string): Finding {
  const running = runningPostmaster(cluster);
  const holder = lockHolder(dir);
  if (running === undefined && holder === undefined) return idle('database', 'stopped, as its server is');
  if (running === undefined)
    return wrong(
      'database',
      `process ${holder?.pid} runs, but its PostgreSQL does not`,
      `Look at ${join(dir, 'postgres.log')}; palace down and palace up start it again.`,
    );
  if (holder === undefined)
    return wrong('database', `PostgreSQL (process ${running.pid}) outlived its server`, 'palace up takes it over; palace down stops it.');
  return good('database', `PostgreSQL runs as process ${running.pid}`);
}

async function questions(url: string, isServed: boolean): Promise<Finding[]> {
  try {
    return await withClient(url, async (client) => [
      await version(client),
      await clock(client),
      await schemas(client),
      ...(await checkUpgrade(client)),
      ...(await shards(client, isServed)),
      await backups(client),
    ]);
  } catch (error) {
    return [
      wrong('database', `does not answer: ${error instanceof Error ? error.message : String(error)}`, 'Check PALACE_DATABASE_URL, and that the database runs.'),
    ];
  }
}

async function version(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<{ version: string }>(`select current_setting('server_version') as version`);
  const said = rows[0]?.version ?? '';
  if (Number.parseInt(said, 10) >= OLDEST_POSTGRES) return good('database', `PostgreSQL ${said} answers`);
  return wrong('database', `PostgreSQL ${said} is older than ${OLDEST_POSTGRES}`, 'Use a newer server.');
}

/** Where a server runs, every shard has an owner that renews. */
async function shards(client: pg.Client, isServed: boolean): Promise<Finding[]> {
  const { rows } = await client.query<{ there: boolean }>(`select to_regclass('flow.shard') is not null as there`);
  if (rows[0]?.there !== true) return [];
  const found = await client.query<{ owned: number; owners: number; doubt: boolean }>(
    `select count(*) filter (where lease_until_ms + $1 > now_ms)::int as owned, count(distinct owner) filter (where lease_until_ms + $1 > now_ms)::int as owners,
       bool_or(unsettled) as doubt
     from flow.shard, (select (extract(epoch from clock_timestamp()) * 1000)::bigint + offset_ms as now_ms, unsettled_ms is not null as unsettled from flow.clock) c
     where owner is not null`,
    [LATE_MS],
  );
  const { owned = 0, owners = 0, doubt = false } = found.rows[0] ?? {};
  const inDoubt = doubt
    ? [wrong('clock', 'the clock of the database has jumped and nobody has settled it', 'Set the clocks by NTP, then restart one process.')]
    : [];
  if (owned === SHARD_COUNT) return [good('shards', `all ${SHARD_COUNT} have an owner; ${owners} of them`), ...inDoubt];
  if (owned === 0 && !isServed) return [idle('shards', 'no process has them'), ...inDoubt];
  return [
    wrong('shards', `${SHARD_COUNT - owned} of ${SHARD_COUNT} have no owner that lives`, 'Start a process, or read the log of the one that runs.'),
    ...inDoubt,
  ];
}

async function clock(client: pg.Client): Promise<Finding> {
  const before = Date.now();
  const { rows } = await client.query<{ now: Date }>('select clock_timestamp() as now');
  const apartMs = Math.abs((rows[0]?.now.getTime() ?? 0) - (before + Date.now()) / 2);
  if (apartMs <= CLOCK_TOLERANCE_MS) return good('clock', 'agrees with the database');
  return wrong(
    'clock',
    `${Math.round(apartMs / 1000)} s apart from the database`,
    'Set the clock by NTP on both machines; runs are timed by the database and stay right.',
  );
}

async function schemas(client: pg.Client): Promise<Finding> {
  const states: string[] = [];
  for (const { schema, newest } of [
    { schema: 'flow', newest: flowMigrations().migrations.length },
    { schema: 'gateway', newest: gatewayMigrations.length },
  ]) {
    const { rows } = await client.query<{ there: boolean }>('select to_regclass($1) is not null as there', [`${schema}.migration`]);
    if (rows[0]?.there !== true) return idle('schemas', `${schema} is not made yet; the next start makes it`);
    const applied = await client.query<{ number: number }>(`select max(number) as number from ${schema}.migration where series = 'service'`);
    const number = applied.rows[0]?.number ?? 0;
    if (number > newest) return idle('schemas', `${schema} is at ${number} by a newer release; this one knows ${newest} and may still run beside it`);
    states.push(number === newest ? `${schema} ${number}` : `${schema} ${number}, the next start brings it to ${newest}`);
  }
  return good('schemas', states.join('; '));
}

const OLDEST_BACKUP_DAYS = 7;

async function backups(client: pg.Client): Promise<Finding> {
  const last = await lastBackup(client);
  if (last === undefined) return idle('backup', 'none was taken yet; palace backup FILE takes one');
  const hours = Math.floor(last.ageMs / 3_600_000);
  const says = `${hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`} ago: ${last.file}`;
  return hours <= OLDEST_BACKUP_DAYS * 24 ? good('backup', says) : wrong('backup', `the last one was taken ${says}`, 'palace backup FILE');
}
