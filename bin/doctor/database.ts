// Checks of the database behind a data folder: its server process, whether it answers.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { lockHolder } from '@palace/platform/database/data-lock.ts';
import { runningPostmaster } from '@palace/platform/database/postmaster.ts';
import { good, idle, wrong, type Finding } from './finding.ts';

export async function checkDatabase(dir: string): Promise<Finding[]> {
  const cluster = join(dir, 'postgres');
  if (!existsSync(cluster)) return [idle('database', 'none yet; palace up makes it')];
  const running = runningPostmaster(cluster);
  const holder = lockHolder(dir);
  if (running === undefined && holder === undefined) return [idle('database', 'stopped, as its server is')];
  if (running === undefined) return [wrong('database', `process ${holder?.pid} runs, but its PostgreSQL does not`, `Look at ${join(dir, 'postgres.log')}; palace down and palace up start it again.`)];
  if (holder === undefined) return [wrong('database', `PostgreSQL (process ${running.pid}) outlived its server`, 'palace up takes it over; palace down stops it.')];
  return [good('database', `PostgreSQL runs as process ${running.pid}, status ${running.status}`)];
}
