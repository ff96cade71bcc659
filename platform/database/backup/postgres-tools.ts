// PostgreSQL's own pg_dump and pg_restore, for a database that is given by URL.
// I1 A program that does not fit the server is refused by name and version before it is started.
// I2 No password stands in an argument, where others could read it: it comes by a file of ours, 0600, removed afterwards.
// I3 What is run is told word by word.
// Called by take.ts and restore-to-url.ts.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PalaceError, type ErrorCode } from '../../errors.ts';

const run = promisify(execFile);
const LONGEST_COMPLAINT = 2_000;
const VERSION_LIMIT_MS = 10_000;

export type Tool = 'pg_dump' | 'pg_restore';

export interface ToolVersion {
  /** As it says itself: pg_dump (PostgreSQL) 18.4. */
  readonly says: string;
  readonly major: number;
}

const codeOf = (tool: Tool): ErrorCode => (tool === 'pg_dump' ? 'backup.refused' : 'restore.refused');

/** `server`: the version number of the server that it must fit, as server_version_num has it. */
export async function fittingTool(tool: Tool, server: number): Promise<ToolVersion> {
  const version = await toolVersion(tool);
  const major = Math.floor(server / 10_000);
  if (version.major >= major) return version;
  throw new PalaceError(codeOf(tool), {
    detail: `${version.says} does not fit a server of version ${major}. Put ${tool} ${major} or newer first on the PATH (postgresql-client-${major}).`,
  });
}

async function toolVersion(tool: Tool): Promise<ToolVersion> {
  try {
    const { stdout } = await run(tool, ['--version'], { timeout: VERSION_LIMIT_MS });
    const major = Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1]);
    if (Number.isInteger(major)) return { says: stdout.trim(), major };
  } catch {
    // Said below.
  }
  throw new PalaceError(codeOf(tool), { detail: `There is no ${tool} on the PATH. Install the client programs of PostgreSQL (postgresql-client).` });
}

/** Major version of what wrote a dump. */
export const majorOf = (says: string): number => Number(/\(PostgreSQL\) (\d+)/.exec(says)?.[1] ?? Number.NaN);

export interface RunningTool {
  readonly child: ChildProcess;
  /** Resolves when it has ended well; otherwise throws what it complained of. */
  readonly ended: Promise<void>;
}

export function startTool(tool: Tool, url: string, words: readonly string[], say: (what: string) => void): RunningTool {
  const { plain, password } = withoutPassword(url);
  const folder = mkdtempSync(join(tmpdir(), 'palace-tool-'));
  const passFile = join(folder, 'pass');
  writeFileSync(passFile, `*:*:*:*:${password.replace(/[\\:]/g, '\\$&')}\n`, { mode: 0o600 });
  const address = new URL(plain);
  address.searchParams.set('passfile', passFile);
  say(`${tool} ${words.join(' ')} --dbname=${plain}`);
  const child = spawn(tool, [...words, '--no-password', `--dbname=${forLibpq(address)}`], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint = `${complaint}${chunk.toString('utf8')}`.slice(-LONGEST_COMPLAINT)));
  // What it does not read any more is told by its end.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
    .finally(() => rmSync(folder, { recursive: true, force: true }))
    .then((status) => {
      if (status === 0) return;
      throw new PalaceError(codeOf(tool), { detail: `${tool} ended with ${status}: ${complaint.trim().split('\n').slice(-3).join(' ')}` });
    });
  ended.catch(() => undefined);
  return { child, ended };
}

/** For it a plus is a plus, and no space. */
const forLibpq = ({ href }: URL): string => href.replaceAll('+', '%20');

function withoutPassword(url: string): { plain: string; password: string } {
  const parsed = new URL(url);
  const password = decodeURIComponent(parsed.password);
  parsed.password = '';
  return { plain: parsed.href, password };
}
