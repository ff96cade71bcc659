// Real processes of bin/, and the PostgreSQL under them. Everything started here is ended here, by its own pid.
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbedded, type EmbeddedServer } from '../../platform/database/embedded.ts';
import type { Log } from '../../platform/telemetry/port.ts';

export const ENTRY = fileURLToPath(new URL('../../bin/palace.ts', import.meta.url));
const silentLog: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, child: () => silentLog };
const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 30_000;

export interface Program {
  readonly url: string;
  readonly pid: number;
  readonly postgresPid: number | undefined;
  signal(name: NodeJS.Signals): void;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface Folder {
  readonly dir: string;
  readonly log: string;
  remove(): void;
}

export function openFolder(): Folder {
  const dir = mkdtempSync(join(tmpdir(), 'palace-chaos-'));
  return { dir, log: join(dir, 'log'), remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }) };
}

/** `entry`: bin/palace.ts of another checkout. */
export async function run(
  words: readonly string[],
  { dir, log }: Folder,
  environment: Readonly<Record<string, string>> = {},
  entry: string = ENTRY,
): Promise<Program> {
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: dir, LANG: 'C.UTF-8', TZ: 'UTC', PALACE_LOG_LEVEL: 'warn', ...environment };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, ...words, '--json'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const errors = createWriteStream(log, { flags: 'a' });
  child.stderr.pipe(errors);
  const ready = await Promise.race([
    firstLine(child),
    ended.then(() => undefined),
    new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), READY_LIMIT_MS).unref()),
  ]);
  if (ready === undefined) {
    child.kill('SIGKILL');
    throw new Error(`palace ${words.join(' ')} was not ready: ${tail(log)}`);
  }
  const { url, pids } = JSON.parse(ready) as { url: string; pids: { palace: number; postgres?: number | null } };
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return {
    url,
    pid: pids.palace,
    postgresPid: pids.postgres ?? undefined,
    kill,
    signal: (name) => void child.kill(name),
    async stop() {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

export function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').slice(-3_000);
  } catch {
    return '';
  }
}

function firstLine(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    });
    child.stdout?.once('end', () => resolve(undefined));
  });
}

export interface PostgresServer {
  /** Another one after it was started again. */
  readonly server: EmbeddedServer;
  startAgain(): Promise<void>;
  readonly socketPath: string;
  /** Through TCP at `port`. */
  urlAt(port: number): string;
}

/** fsync on, as in production. */
export async function startPostgres(dir: string, connections = 150): Promise<PostgresServer> {
  const start = (): Promise<EmbeddedServer> => startEmbedded({ dataDir: dir, log: silentLog, settings: { max_connections: String(connections) } });
  let server = await start();
  const url = new URL(server.url);
  const socketPath = join(url.searchParams.get('host') ?? '', '.s.PGSQL.5432');
  return {
    get server() {
      return server;
    },
    async startAgain() {
      server = await start();
    },
    socketPath,
    urlAt(port) {
      const tcp = new URL(server.url);
      tcp.search = '';
      tcp.hostname = '127.0.0.1';
      tcp.port = String(port);
      return tcp.href;
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
