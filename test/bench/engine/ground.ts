// A database for one workload: embedded PostgreSQL with the settings of production (fsync on) in a folder that goes afterwards.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '@palace/platform/database/embedded.ts';
import type { Log } from '@palace/platform/telemetry/port.ts';

const quiet: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (message) => void process.stderr.write(`${message}\n`),
  child: () => quiet,
};

export interface Ground {
  readonly dir: string;
  readonly databaseUrl: string;
  /** The server's process. */
  readonly postgres: number;
}

/** A database in a folder of its own; nothing is left behind, whatever happens. */
export async function onGround(work: (ground: Ground) => Promise<void>): Promise<void> {
  await inFolder((dir) => withDatabase(dir, work));
}

/** The database of this folder, running for as long as `work`. */
export async function withDatabase<R>(dir: string, work: (ground: Ground) => Promise<R>): Promise<R> {
  const server = await startEmbedded({ dataDir: dir, log: quiet });
  try {
    return await work({
      dir,
      databaseUrl: server.url,
      get postgres() {
        return server.pid;
      },
    });
  } finally {
    await server.stop();
  }
}

export async function inFolder(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'palace-bench-'));
  try {
    await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}
