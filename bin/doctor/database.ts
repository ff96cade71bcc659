// Checks of the database: its server process, whether it answers, the schemas against this release, its clock.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { flowMigrations } from '@palace/flow/migrations.ts';
import { migrations as gatewayMigrations } from '@palace/gateway/migrations.ts';
import { loadConfig } from '@palace/platform/config.ts';
import { lockHolder } from '@palace/platform/database/data-lock.ts';
import { runningPostmaster } from '@palace/platform/database/postmaster.ts';
import { good, idle, wrong, type Finding } from './finding.ts';

const LIMIT_MS = 5_000;
const CLOCK_TOLERANCE_MS = 5_000;
const LONGEST_SOCKET_PATH = 100;

export async function checkDatabase(dir: string): Promise<Finding[]> {
  const url = loadConfig().database.url.reveal();
  if (url !== '') return questions(url);
  const cluster = join(dir, 'postgres');
  if (!existsSync(cluster)) return [idle('database', 'none yet; palace up makes it')];
  const process = processOf(dir, cluster);
  if (process.state !== 'good') return [process];
  const address = embeddedUrl(dir, cluster);
  return address === undefined ? [process, idle('schemas', 'only the account that runs the server can look')] : [process, ...(await questions(address))];
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

/** Where the embedded server listens; undefined when its password may not be read. */
function embeddedUrl(dir: string, cluster: string): string | undefined {
  try {
    const password = readFileSync(join(dir, 'postgres.password'), 'utf8').trim();
    const short = Buffer.byteLength(join(cluster, '.s.PGSQL.5432')) <= LONGEST_SOCKET_PATH;
    const socket = short ? cluster : readFileSync(join(dir, 'postgres.socket'), 'utf8');
    return `postgres://palace:${password}@localhost/palace?host=${encodeURIComponent(socket)}`;
  } catch {
    return undefined;
  }
}

async function questions(url: string): Promise<Finding[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: LIMIT_MS, query_timeout: LIMIT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return [good('database', 'answers'), await clock(client), await schemas(client)];
  } catch (error) {
    return [
      wrong('database', `does not answer: ${error instanceof Error ? error.message : String(error)}`, 'Check PALACE_DATABASE_URL, and that the database runs.'),
    ];
  } finally {
    await client.end().catch(() => undefined);
  }
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
