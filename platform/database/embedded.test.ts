// The supervisor of the embedded server, attacked: killed parents, killed servers, half-made folders, wrong folders.
// Runs as root (the folders of mkdtemp are closed to the server's account then) and as an ordinary user.
import { spawn, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { PalaceError } from '../errors.ts';
import { openDataFolder, requireRoom } from './data-folder.ts';
import { lockHolder } from './data-lock.ts';
import { startEmbedded, type EmbeddedOptions, type EmbeddedServer } from './embedded.ts';
import { runningPostmaster, stopPostmaster } from './postmaster.ts';
import { isAlive } from './process-identity.ts';
import { canEnter, unprivilegedUser } from './system-user.ts';
import { silentLog } from './testing.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'palace-embedded-')));
let running: EmbeddedServer[] = [];
let count = 0;
const newFolder = (): string => join(root, `d${++count}`);
/** Used by one test after the other: making a cluster takes a second. */
const shared = newFolder();

async function start(dataDir: string, more: Partial<EmbeddedOptions> = {}): Promise<EmbeddedServer> {
  const server = await startEmbedded({ dataDir, log: silentLog, ...more });
  running.push(server);
  return server;
}

afterEach(async () => {
  for (const server of running) await server.stop();
  running = [];
});
afterAll(async () => {
  for (let at = 1; at <= count; at++) {
    const left = runningPostmaster(join(root, `d${at}`, 'postgres'));
    if (left !== undefined) await stopPostmaster(left.pid);
  }
  rmSync(root, { recursive: true, force: true });
});

async function ask(url: string, sql: string): Promise<Record<string, unknown> | undefined> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows[0];
  } finally {
    await client.end();
  }
}

/** A process that starts the server and then does nothing; to be killed. */
async function parent(dataDir: string, options: { uid?: number; gid?: number } = {}): Promise<{ child: ChildProcess; url: string }> {
  const script = `import { startEmbedded } from ${JSON.stringify(new URL('./embedded.ts', import.meta.url).href)};
    const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
    const server = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, log });
    console.log(server.url);
    setInterval(() => undefined, 1000);
    process.on('SIGTERM', () => server.stop().then(() => process.exit(0)));`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'], cwd: '/', ...options });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (line: Buffer) => resolve(line.toString().trim()));
    child.once('exit', (status) => reject(new Error(`the parent ended with ${status}`)));
  });
  return { child, url };
}

const ended = (child: ChildProcess): Promise<unknown> => new Promise((resolve) => child.once('exit', resolve));

describe('the embedded server', () => {
  test('is durable, is reached by its socket and password alone, and keeps its data', async () => {
    const dir = shared;
    const server = await start(dir);
    expect(server.adopted).toBe(false);
    const settings = await ask(
      server.url,
      `select current_setting('fsync') fsync, current_setting('synchronous_commit') sync, current_setting('full_page_writes') pages,
      current_setting('listen_addresses') tcp, current_setting('server_encoding') encoding, current_database() db`,
    );
    expect(settings).toEqual({ fsync: 'on', sync: 'on', pages: 'on', tcp: '', encoding: 'UTF8', db: 'palace' });
    expect(statSync(join(dir, 'postgres')).mode & 0o077).toBe(0);
    expect(statSync(join(dir, 'postgres.password')).mode & 0o077).toBe(0);
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    await expect(ask(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    await ask(server.url, 'create table kept as select 42 as answer');
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
    const again = await start(dir);
    expect(again.url).toBe(server.url);
    expect(await ask(again.url, 'select answer from kept')).toEqual({ answer: 42 });
  });

  test('refuses a second supervisor on the same folder and says who has it', async () => {
    const dir = shared;
    await start(dir);
    const failure = await start(dir).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PalaceError);
    expect(failure).toMatchObject({ code: 'boot.data-locked' });
    expect((failure as PalaceError).message).toContain(String(process.pid));
  });

  test('outlives a killed parent and is adopted with its data and address; the dead parent’s lock holds nobody', async () => {
    const dir = shared;
    const first = await parent(dir);
    await ask(first.url, 'create table outlives as select 1 as answer');
    const pid = runningPostmaster(join(dir, 'postgres'))?.pid;
    first.child.kill('SIGKILL');
    await ended(first.child);
    expect(lockHolder(dir)).toBeUndefined();
    const server = await start(dir);
    expect({ adopted: server.adopted, pid: server.pid }).toEqual({ adopted: true, pid });
    expect(await ask(server.url, 'select answer from outlives')).toEqual({ answer: 1 });
  });

  test('is replaced, not adopted, when it was started otherwise or does not answer', async () => {
    const dir = shared;
    const first = await parent(dir);
    first.child.kill('SIGKILL');
    await ended(first.child);
    const pid = runningPostmaster(join(dir, 'postgres'))?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    const server = await start(dir);
    expect(server.adopted).toBe(false);
    expect(isAlive(pid)).toBe(false);
    expect(await ask(server.url, 'select 1 as answer')).toEqual({ answer: 1 });
  });

  test('is started again when it is killed, and answers at the same address with what was committed', async () => {
    const server = await start(shared);
    await ask(server.url, 'create table killed as select 7 as answer');
    const before = server.pid;
    process.kill(before, 'SIGKILL');
    const end = performance.now() + 30_000;
    while (server.pid === before && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.pid).not.toBe(before);
    expect(await ask(server.url, 'select answer from killed')).toEqual({ answer: 7 });
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
  });

  test('makes a half-made cluster again, but never touches a folder that it does not know', async () => {
    const dir = newFolder();
    mkdirSync(join(dir, 'postgres.draft', 'base'), { recursive: true });
    writeFileSync(join(dir, 'postgres.draft', 'PG_VERSION'), '18\n');
    const server = await start(dir);
    expect(await ask(server.url, 'select 1 as answer')).toEqual({ answer: 1 });
    expect(existsSync(join(dir, 'postgres.draft'))).toBe(false);
    await server.stop();

    const foreign = newFolder();
    mkdirSync(join(foreign, 'postgres'), { recursive: true });
    writeFileSync(join(foreign, 'postgres', 'thesis.txt'), 'years of work');
    writeFileSync(join(foreign, 'postgres.password'), 'x');
    await expect(start(foreign)).rejects.toMatchObject({ code: 'boot.database' });
    expect(readFileSync(join(foreign, 'postgres', 'thesis.txt'), 'utf8')).toBe('years of work');
    expect(lockHolder(foreign)).toBeUndefined();
  });

  test('uses a short socket folder where the path to its own is too long for the kernel', async () => {
    const server = await start(join(newFolder(), 'x'.repeat(90)));
    expect(await ask(server.url, 'select 1 as answer')).toEqual({ answer: 1 });
    const socketDir = new URL(server.url).searchParams.get('host') ?? '';
    expect(statSync(socketDir).mode & 0o077).toBe(0);
    await server.stop();
    rmSync(socketDir, { recursive: true, force: true });
  });

  test('stands in a process group of its own, so that Ctrl-C in a terminal is not for it', async () => {
    const { pid } = await start(shared);
    if (process.platform !== 'linux') return;
    const group = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2];
    expect(group).toBe(String(pid));
  });

  const nobody = process.getuid?.() === 0 && canEnter(fileURLToPath(import.meta.url), { name: 'nobody', uid: 65_534, gid: 65_534 });
  test.runIf(nobody)('works for an ordinary user, with a checkout that is not theirs', async () => {
    const home = mkdtempSync(join(tmpdir(), 'palace-nobody-'));
    chownSync(home, 65_534, 65_534);
    const { child, url } = await parent(join(home, 'data'), { uid: 65_534, gid: 65_534 });
    expect(await ask(url, 'select 1 as answer')).toEqual({ answer: 1 });
    child.kill('SIGTERM');
    await ended(child);
    rmSync(home, { recursive: true, force: true });
  });
});

describe('a data folder', () => {
  test('that cannot be written or has no room is refused in one sentence that says why', () => {
    const file = join(root, 'a-file');
    writeFileSync(file, '');
    for (const [bad, why] of [
      [file, ' is a file.'],
      [join(file, 'below'), ' lies below a file.'],
      ['/proc/agentspalace', ' answers ENOENT'],
    ] as const) {
      expect(() => openDataFolder(bad)).toThrow(expect.objectContaining({ code: 'boot.data-unwritable', message: expect.stringContaining(bad + why) }));
    }
    if (process.platform === 'linux')
      expect(() => requireRoom('/proc')).toThrow(expect.objectContaining({ code: 'boot.disk-full', message: expect.stringContaining('500 MB') }));
  });

  test.runIf(process.getuid?.() === 0)('is never served by root', () => {
    expect(unprivilegedUser()?.uid).toBeGreaterThan(0);
  });
});
