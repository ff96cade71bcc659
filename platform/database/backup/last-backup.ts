// When the last backup was taken: a row in the database that it was taken of, where every process and tool finds it. It is in no backup.
// I1 Only the newest MOST are kept.
// Called by bin/verbs/backup.ts and bin/doctor/.
import pg from 'pg';
import { asPalaceError } from '../failure.ts';
import type { TakenBackup } from './take.ts';

const MOST = 50;

export async function noteBackup(databaseUrl: string, { path, head, end }: TakenBackup): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'palace backup' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('insert into palace.backup (file, point_at, bytes, sha256) values ($1, $2, $3, $4)', [path, head.pointAt, end.bytes, end.sha256]);
    await client.query('delete from palace.backup where id <= (select max(id) from palace.backup) - $1', [MOST]);
  } catch (error) {
    throw asPalaceError(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

export interface LastBackup {
  readonly file: string;
  readonly pointAt: Date;
  readonly ageMs: number;
  readonly bytes: number;
}

/** Undefined when none was taken of this database, or none could be noted yet. */
export async function lastBackup(client: pg.Client): Promise<LastBackup | undefined> {
  const { rows: known } = await client.query<{ there: boolean }>("select to_regclass('palace.backup') is not null as there");
  if (known[0]?.there !== true) return undefined;
  const { rows } = await client.query<{ file: string; point_at: Date; age_ms: string; bytes: string }>(
    `select file, point_at, (extract(epoch from clock_timestamp() - point_at) * 1000)::bigint as age_ms, bytes from palace.backup order by id desc limit 1`,
  );
  const row = rows[0];
  return row === undefined ? undefined : { file: row.file, pointAt: row.point_at, ageMs: Number(row.age_ms), bytes: Number(row.bytes) };
}
