// The storms that PostgreSQL can bring, each with its end: stopped where it stands, gone and started again, frozen by a lock, without a
// free connection.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { PostgresServer } from '../processes.ts';

export interface Storm {
  readonly name: string;
  /** Begins it; the answer ends it. */
  begin(postgres: PostgresServer): Promise<() => Promise<void>>;
}

export const STORMS: readonly Storm[] = [
  { name: 'postgres-stopped', begin: stopped },
  { name: 'postgres-gone', begin: gone },
  ...['journal', 'run', 'shard'].map((table): Storm => ({ name: `locked-${table}`, begin: (postgres) => locked(postgres, `flow.${table}`) })),
  { name: 'no-connections', begin: noConnections },
];

/** The server process and all of its backends. */
async function stopped({ server }: PostgresServer): Promise<() => Promise<void>> {
  const { pid } = server;
  process.kill(pid, 'SIGSTOP');
  const pids = [pid, ...childrenOf(pid)];
  for (const one of pids) signal(one, 'SIGSTOP');
  return () => {
    for (const one of pids.toReversed()) signal(one, 'SIGCONT');
    return Promise.resolve();
  };
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const [, rest = ''] = /\) (.*)/s.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
      return Number(rest.split(' ')[1]) === parent ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}

async function gone(postgres: PostgresServer): Promise<() => Promise<void>> {
  await postgres.server.stop();
  return () => postgres.startAgain();
}

async function locked({ server }: PostgresServer, table: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: server.url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query(`begin; lock table ${table} in access exclusive mode`);
  return async () => {
    await client.query('rollback');
    await client.end();
  };
}

/** Every free connection is taken, then those of the installation are ended and theirs taken as well. */
async function noConnections({ server }: PostgresServer): Promise<() => Promise<void>> {
  const idle = new Set<pg.Client>();
  let ending = false;
  const take = async (): Promise<boolean> => {
    const client = new pg.Client({ connectionString: server.url, application_name: 'storm' });
    client.on('error', () => idle.delete(client));
    try {
      await client.connect();
      idle.add(client);
      return true;
    } catch {
      return false;
    }
  };
  while (await take());
  await [...idle][0]?.query(`select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and application_name <> 'storm'`);
  const taking = (async (): Promise<void> => {
    while (!ending) if (!(await take())) await sleep(20);
  })();
  return async () => {
    ending = true;
    await taking;
    await Promise.allSettled([...idle].map((client) => client.end()));
  };
}
