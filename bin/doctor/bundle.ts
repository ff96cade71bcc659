// A support archive for whoever helps: what this installation is and how it stands, in text files of one .tar.gz.
// I1 No payload, input, result, secret or key goes in: figures, ids, names of ours, and of logs what is known to be harmless (safe-text.ts).
//    Everything passes hideSecrets with every secret that this machine knows as the last thing before it is packed.
// I2 It is bounded: a file 1 MiB, all together 8 MiB; what had no room is named.
// I3 It is made with the server down as well: what could not be asked says so.
import { readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { arch, cpus, freemem, loadavg, release, totalmem, uptime } from 'node:os';
import { join } from 'node:path';
import { describeConfig, loadConfig, readClientEnvironment } from '@palace/platform/config.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { Secret } from '@palace/platform/secret.ts';
import { refused } from '../failure.ts';
import { readCredentials } from '../find-server.ts';
import { RELEASE } from '../release.ts';
import { databaseUrl } from './connect.ts';
import { databaseFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import { tailOf } from './logs.ts';
import { KEY_FILES } from './machine.ts';
import { hideSecrets, safeLogLine, safePostgresLine } from './safe-text.ts';
import { tarGz, type ArchiveFile } from './tar.ts';

const FILE_CHARS = 1_048_576;
const ALL_CHARS = 8_388_608;
const FOLDER = 'palace-support';

const README = `What is in here: the checks of palace doctor (doctor.json), the release and the machine (versions.json), the settings with secrets hidden
(config.json), the server's metrics (metrics.txt), what the database says of itself (database.json: sizes, migrations, nodes, shards, clock, runs by
state, ids of the newest incidents), and of the logs the lines and fields that hold no text of others (palace.log, postgres.log).
What is not: inputs, results and other payloads, secrets, keys, messages of errors. Look it through before you pass it on.
`;

export interface BundleParts {
  readonly dir: string;
  readonly findings: readonly Finding[];
  readonly metrics: string | undefined;
  /** Logs of the server beside that of the data folder. */
  readonly logs: readonly string[];
}

export interface Written {
  readonly file: string;
  readonly bytes: number;
  readonly files: number;
}

export async function writeBundle(path: string, parts: BundleParts, nowMs: number): Promise<Written> {
  const known = knownSecrets(parts.dir);
  const files = bounded(await contents(parts, nowMs)).map(({ name, text }) => ({ name: `${FOLDER}/${name}`, text: hideSecrets(text, known) }));
  const archive = tarGz(files, nowMs);
  try {
    writeFileSync(path, archive, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw refused(`${path} cannot be written (${code ?? String(error)}).`, { next: 'Name a file that is not there yet, in a folder of yours: --bundle FILE.' });
  }
  return { file: path, bytes: archive.length, files: files.length };
}

async function contents({ dir, findings, metrics, logs }: BundleParts, nowMs: number): Promise<ArchiveFile[]> {
  const url = urlOf(dir);
  const ours = [join(dir, 'palace.log'), ...logs].flatMap((path) => tailOf(path));
  return [
    { name: 'README.txt', text: README },
    { name: 'doctor.json', text: json(findings) },
    { name: 'versions.json', text: json(versions(dir, nowMs)) },
    { name: 'config.json', text: json(settings()) },
    { name: 'metrics.txt', text: metrics ?? 'The server gave no metrics.\n' },
    { name: 'database.json', text: json(url === undefined ? { server: 'not running, or not reachable from here' } : await databaseFacts(url)) },
    { name: 'palace.log', text: kept(ours, safeLogLine) },
    { name: 'postgres.log', text: kept(tailOf(join(dir, 'postgres.log')), safePostgresLine) },
  ];
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

function urlOf(dir: string): string | undefined {
  try {
    return databaseUrl(dir);
  } catch {
    return undefined; // settings that cannot be read; config.json says which
  }
}

function versions(dir: string, nowMs: number): Record<string, unknown> {
  return {
    at: new Date(nowMs).toISOString(),
    release: RELEASE,
    system: `${process.platform} ${release()} ${arch()}`,
    processors: cpus().length,
    memoryMb: { all: Math.round(totalmem() / 1_048_576), free: Math.round(freemem() / 1_048_576) },
    load: loadavg(),
    upSeconds: Math.round(uptime()),
    disk: disk(dir),
    parts: process.versions,
  };
}

function disk(dir: string): Record<string, number> | string {
  try {
    const { blocks, bavail, bsize, files, ffree } = statfsSync(dir);
    return { mb: Math.round((blocks * bsize) / 1_048_576), freeMb: Math.round((bavail * bsize) / 1_048_576), inodes: files, freeInodes: ffree };
  } catch {
    return 'the data folder is not there';
  }
}

/** As a start from this shell would have them. */
function settings(): unknown {
  try {
    return describeConfig(loadConfig()).map(({ variable, value, source }) => ({ variable, value, source }));
  } catch (error) {
    if (!(error instanceof PalaceError)) throw error;
    return { refused: error.errors?.map(({ path, message }) => `${path}: ${message}`) ?? error.code };
  }
}

function kept(lines: readonly string[], safe: (line: string) => string | undefined): string {
  const safeLines = lines.flatMap((line) => safe(line) ?? []);
  return [...safeLines, `(${lines.length - safeLines.length} of the last ${lines.length} lines are left out: they may hold text of others)`, ''].join('\n');
}

/** Values that open something, wherever this machine has them: settings, key files, credentials. */
function knownSecrets(dir: string): string[] {
  const values: string[] = [];
  const add = (text: string | undefined): void => {
    if (text === undefined) return;
    values.push(text, ...(URL.canParse(text) ? [new URL(text).password, decodeURIComponent(new URL(text).password)] : []));
  };
  add(readClientEnvironment().apiKey);
  for (const name of KEY_FILES) for (const line of linesOf(join(dir, name))) add(line);
  try {
    add(readCredentials(dir)?.apiKey);
    for (const section of Object.values(loadConfig()))
      for (const value of Object.values(section) as unknown[]) if (value instanceof Secret) add(String(value.reveal()));
  } catch {
    // damaged credentials, or settings that are refused: the findings say so
  }
  return values.filter((value) => value !== '').toSorted((a, b) => b.length - a.length);
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .map((line) => line.trim());
  } catch {
    return [];
  }
}

/** The end of what is too long: of logs the newest. */
function bounded(files: readonly ArchiveFile[]): ArchiveFile[] {
  let left = ALL_CHARS;
  const missing: string[] = [];
  const fitting = files.flatMap(({ name, text }) => {
    const short = text.length <= FILE_CHARS ? text : `(the beginning is left out)\n${text.slice(-FILE_CHARS)}`;
    if (short.length > left) {
      missing.push(name);
      return [];
    }
    left -= short.length;
    return [{ name, text: short }];
  });
  return missing.length === 0 ? fitting : [...fitting, { name: 'left-out.txt', text: `No room for: ${missing.join(', ')}\n` }];
}
