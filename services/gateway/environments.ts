// Environments of tenants and their variables: named, listed with their values, set, removed. Secrets of an environment are secrets.ts's.
// Other services read variables through the platform's port when a run begins (environmentReader).
// I1 The default environment is always there and is not removed. One that still holds something is not removed either.
// I2 A variable or a secret belongs to an environment that is there: both are checked, and an environment removed, under one lock.
import type { Database, Sql } from '@palace/platform/database/port.ts';
import type { EnvironmentReader } from '@palace/platform/environments.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { parseJsonText } from '@palace/platform/json.ts';
import { DEFAULT_ENVIRONMENT, type EnvironmentView, type VariableView } from './contract.ts';

const MOST_ENVIRONMENTS = 50;
const MOST_VARIABLES = 500;
export const MAX_VARIABLE_BYTES = 65_536;

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

interface VariableRow {
  readonly name: string;
  readonly value: string;
  readonly version: number;
  readonly updated_at: Date;
  readonly updated_by: string;
}

export interface Environments {
  list(tenant: string): Promise<EnvironmentView[]>;
  find(tenant: string, name: string): Promise<EnvironmentView | undefined>;
  create(tenant: string, name: string, by: string): Promise<{ readonly environment: EnvironmentView; readonly created: boolean }>;
  remove(tenant: string, name: string): Promise<void>;
  /** Throws `environment.unknown`. */
  variables(tenant: string, environment: string): Promise<VariableView[]>;
  findVariable(tenant: string, environment: string, name: string): Promise<VariableView | undefined>;
  setVariable(tenant: string, environment: string, name: string, value: Json, by: string): Promise<VariableView>;
  removeVariable(tenant: string, environment: string, name: string): Promise<void>;
}

const COLUMNS = 'name, value, version, updated_at, updated_by';

export function openEnvironments(database: Database): Environments {
  return {
    list: (tenant) => database.asTenant(tenant, readEnvironments),
    find: async (tenant, name) => (await database.asTenant(tenant, readEnvironments)).find((one) => one.name === name),
    create: (tenant, name, by) => database.asTenant(tenant, (sql) => create(sql, tenant, name, by)),
    remove: (tenant, name) => database.asTenant(tenant, (sql) => remove(sql, tenant, name)),

    async variables(tenant, environment) {
      const { rows } = await database.asTenant(tenant, async (sql) => {
        await holdEnvironment(sql, tenant, environment);
        return sql.query<VariableRow>(`select ${COLUMNS} from gateway.variable where environment = $1 order by name collate "C"`, [environment]);
      });
      return rows.map(view);
    },

    async findVariable(tenant, environment, name) {
      const { rows } = await database.asTenant(tenant, (sql) =>
        sql.query<VariableRow>(`select ${COLUMNS} from gateway.variable where environment = $1 and name = $2`, [environment, name]),
      );
      return rows[0] && view(rows[0]);
    },

    async setVariable(tenant, environment, name, value, by) {
      const text = JSON.stringify(value);
      if (Buffer.byteLength(text) > MAX_VARIABLE_BYTES)
        throw new PalaceError('limit.exceeded', { detail: `A variable has at most ${MAX_VARIABLE_BYTES} bytes.` });
      return database.asTenant(tenant, async (sql) => {
        await holdEnvironment(sql, tenant, environment);
        const others = await sql.query<{ count: number }>('select count(*)::int as count from gateway.variable where environment = $1 and name <> $2', [
          environment,
          name,
        ]);
        if ((others.rows[0]?.count ?? 0) >= MOST_VARIABLES)
          throw new PalaceError('limit.exceeded', { detail: `An environment has at most ${MOST_VARIABLES} variables.` });
        const { rows } = await sql.query<VariableRow>(
          `insert into gateway.variable as old (tenant, environment, name, value, updated_by) values ($1, $2, $3, $4, $5)
           on conflict (tenant, environment, name) do update
             set value = excluded.value, updated_by = excluded.updated_by, version = old.version + 1, updated_at = now()
           returning ${COLUMNS}`,
          [tenant, environment, name, text, by],
        );
        return view(rows[0]!);
      });
    },

    async removeVariable(tenant, environment, name) {
      await database.asTenant(tenant, (sql) => sql.query('delete from gateway.variable where environment = $1 and name = $2', [environment, name]));
    },
  };
}

/** I2: what is put into the environment and its removal wait for each other. Throws `environment.unknown`. */
export async function holdEnvironment(sql: Sql, tenant: string, name: string): Promise<void> {
  await sql.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`environments ${tenant}`]);
  if (name === DEFAULT_ENVIRONMENT) return;
  const { rows } = await sql.query('select 1 from gateway.environment where name = $1', [name]);
  if (rows.length === 0) throw new PalaceError('environment.unknown', { detail: `There is no environment "${name}".` });
}

async function readEnvironments(sql: Sql): Promise<EnvironmentView[]> {
  const { rows } = await sql.query<{ name: string; created_at: Date | null; created_by: string | null; variables: number; secrets: number }>(
    `select e.name, e.created_at, e.created_by,
            (select count(*)::int from gateway.variable v where v.environment = e.name) as variables,
            (select count(*)::int from gateway.secret s where s.environment = e.name) as secrets
       from (select name, created_at, created_by from gateway.environment union all select $1, null, null) e
      order by e.name <> $1, e.name collate "C"`,
    [DEFAULT_ENVIRONMENT],
  );
  return rows.map(({ name, created_at: at, created_by: by, variables, secrets }) => ({
    name,
    variables,
    secrets,
    ...(at !== null && { createdAt: at.toISOString() }),
    ...(by !== null && { createdBy: by }),
  }));
}

async function create(sql: Sql, tenant: string, name: string, by: string): Promise<{ environment: EnvironmentView; created: boolean }> {
  await sql.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`environments ${tenant}`]);
  const before = await readEnvironments(sql);
  const known = before.find((one) => one.name === name);
  if (known !== undefined) return { environment: known, created: false };
  if (before.length >= MOST_ENVIRONMENTS) throw new PalaceError('limit.exceeded', { detail: `A tenant has at most ${MOST_ENVIRONMENTS} environments.` });
  const { rows } = await sql.query<{ created_at: Date }>(
    'insert into gateway.environment (tenant, name, created_by) values ($1, $2, $3) returning created_at',
    [tenant, name, by],
  );
  return { environment: { name, variables: 0, secrets: 0, createdAt: rows[0]!.created_at.toISOString(), createdBy: by }, created: true };
}

/** I1 */
async function remove(sql: Sql, tenant: string, name: string): Promise<void> {
  if (name === DEFAULT_ENVIRONMENT) throw new PalaceError('environment.in-use', { detail: 'The default environment is always there.' });
  await holdEnvironment(sql, tenant, name);
  const held = (await readEnvironments(sql)).find((one) => one.name === name);
  if (held !== undefined && held.variables + held.secrets > 0) {
    throw new PalaceError('environment.in-use', {
      detail: `The environment "${name}" has ${held.variables} variables and ${held.secrets} secrets.`,
    });
  }
  await sql.query('delete from gateway.environment where name = $1', [name]);
}

const view = (row: VariableRow): VariableView => ({
  name: row.name,
  value: parseJsonText(row.value),
  version: row.version,
  updatedAt: row.updated_at.toISOString(),
  updatedBy: row.updated_by,
});

type Values = Readonly<Record<string, Json>> | undefined;

/** For the platform's port. However many runs begin, one question of an environment is under way; who comes meanwhile shares the next. */
export function environmentReader(database: Database): EnvironmentReader {
  const asked = new Map<string, { now: Promise<Values>; next?: Promise<Values> }>();
  function ask(key: string, tenant: string, environment: string): Promise<Values> {
    const entry = asked.get(key);
    if (entry !== undefined) return (entry.next ??= entry.now.then(again, again));
    const now = readVariables(database, tenant, environment).finally(() => {
      const mine = asked.get(key);
      if (mine?.now === now && mine.next === undefined) asked.delete(key);
    });
    asked.set(key, { now });
    return now;
    function again(): Promise<Values> {
      asked.delete(key);
      return ask(key, tenant, environment);
    }
  }
  return { variables: (tenant, environment) => ask(`${tenant} ${environment}`, tenant, environment) };
}

async function readVariables(database: Database, tenant: string, environment: string): Promise<Values> {
  const { rows } = await database.asTenant(tenant, (sql) =>
    sql.query<{ name: string | null; value: string }>(
      `select v.name, v.value from (select name from gateway.environment where name = $1 union all select $1 where $1 = $2) e
         left join gateway.variable v on v.environment = e.name`,
      [environment, DEFAULT_ENVIRONMENT],
    ),
  );
  if (rows.length === 0) return undefined;
  return Object.fromEntries(rows.flatMap(({ name, value }) => (name === null ? [] : [[name, parseJsonText(value) as Json]])));
}
