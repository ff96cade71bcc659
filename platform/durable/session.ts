// One dedicated database connection that comes back after it was lost. Commit lanes and the liveness lock each have their own.
// I1 A statement is never cancelled and never sent twice: when the connection breaks under it, its outcome is the caller's question.
// I2 `greet` runs on every new connection before anything else does.
// Called by postgres.ts.
import type { QueryResult, QueryResultRow } from 'pg';
import type { Database, DedicatedClient } from '../database/port.ts';

export interface Session {
  /** `name`: the server keeps the parsed statement for the life of the connection. */
  query<R extends QueryResultRow>(text: string, values: readonly unknown[], name?: string): Promise<QueryResult<R>>;
  /** Breaks the connection; what is under way fails. */
  abandon(): void;
  close(): Promise<void>;
}

export function openSession(database: Database, greet: (client: DedicatedClient) => Promise<void>): Session {
  let connecting: Promise<DedicatedClient> | undefined;
  let current: DedicatedClient | undefined;
  let closed = false;

  async function connect(): Promise<DedicatedClient> {
    const client = (await database.dedicated('engine')) as DedicatedClient;
    const forget = (): void => {
      if (current === client) current = undefined;
    };
    client.on('error', forget);
    client.on('end', forget);
    try {
      await greet(client);
    } catch (error) {
      await end(client);
      throw error;
    }
    if (closed) await end(client);
    current = client;
    return client;
  }

  async function query<R extends QueryResultRow>(text: string, values: readonly unknown[], name?: string): Promise<QueryResult<R>> {
    if (closed) throw new Error('The session is closed');
    const client = current ?? (await (connecting ??= connect().finally(() => (connecting = undefined))));
    return name === undefined ? client.query<R>(text, values) : client.query<R>({ name, text, values });
  }

  function abandon(): void {
    const client = current;
    current = undefined;
    if (client !== undefined) void end(client);
  }

  async function close(): Promise<void> {
    closed = true;
    await connecting?.catch(() => undefined);
    const client = current;
    current = undefined;
    if (client !== undefined) await end(client);
  }

  return { query, abandon, close };
}

async function end(client: DedicatedClient): Promise<void> {
  try {
    await client.end();
  } catch {
    // It was broken already.
  }
}
