// What better-auth asks of its database, answered by plain SQL on our own tables.
// I1 Tables and columns are names of a list; only values come from outside, and only as parameters (S27).
// I2 Inside `within` everything runs in the transaction that was begun there; what is made half is never seen.
// Called by auth.ts.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Sql } from '@palace/platform/database/port.ts';
import { createAdapterFactory, type CleanedWhere, type CustomAdapter } from 'better-auth/adapters';

const TABLES: Readonly<Record<string, ReadonlySet<string>>> = {
  person: new Set(['id', 'name', 'email', 'email_verified', 'image', 'created_at', 'updated_at']),
  account: new Set([
    'id',
    'person',
    'provider',
    'account_id',
    'password',
    'access_token',
    'refresh_token',
    'id_token',
    'access_token_expires_at',
    'refresh_token_expires_at',
    'scope',
    'created_at',
    'updated_at',
  ]),
  session: new Set(['id', 'token', 'person', 'tenant', 'ip_address', 'user_agent', 'created_at', 'updated_at', 'expires_at']),
};
const OPERATORS: Readonly<Record<string, string>> = { eq: '=', ne: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=' };
const MOST_ROWS = 1_000;

export interface AuthTables {
  readonly adapter: ReturnType<typeof createAdapterFactory>;
  within<T>(sql: Sql, work: () => Promise<T>): Promise<T>;
}

export function authTables(outside: Sql): AuthTables {
  const current = new AsyncLocalStorage<Sql>();
  const sql: Sql = { query: (text, values) => (current.getStore() ?? outside).query(text, values) };
  const config = { adapterId: 'palace', supportsBooleans: true, supportsDates: true, supportsJSON: false, transaction: false } as const;
  return {
    adapter: createAdapterFactory({ config, adapter: () => answers(sql) }),
    within: (transaction, work) => current.run(transaction, work),
  };
}

function answers(sql: Sql): CustomAdapter {
  const changed = async (text: string, values: readonly unknown[]): Promise<number> => (await sql.query(text, values)).rowCount ?? 0;
  const first = async <T>(text: string, values: readonly unknown[]): Promise<T | null> => ((await sql.query(text, values)).rows[0] as T | undefined) ?? null;
  const update = ({ model, where, update: change }: { model: string; where: CleanedWhere[]; update: unknown }): readonly [string, unknown[]] => {
    const fields = Object.entries(change as Record<string, unknown>);
    const values = fields.map(([, value]) => value);
    const sets = fields.map(([field], at) => `${column(model, field)} = $${at + 1}`);
    return [`update ${table(model)} set ${sets.join(', ')} ${condition(model, where, values)}`, values];
  };
  return {
    async create({ model, data }) {
      const fields = Object.keys(data);
      const places = fields.map((_field, at) => `$${at + 1}`);
      const text = `insert into ${table(model)} (${fields.map((field) => column(model, field)).join(', ')}) values (${places.join(', ')}) returning *`;
      return (await first(text, Object.values(data)))!;
    },
    update(wish) {
      const [text, values] = update({ ...wish });
      return first(`${text} returning *`, values);
    },
    updateMany: (wish) => changed(...update(wish)),
    findOne({ model, where }) {
      const values: unknown[] = [];
      return first(`select * from ${table(model)} ${condition(model, where, values)} limit 1`, values);
    },
    async findMany<T>({ model, where = [], limit, sortBy, offset = 0 }: Parameters<CustomAdapter['findMany']>[0]) {
      const values: unknown[] = [];
      const matching = condition(model, where, values);
      const order = sortBy === undefined ? '' : ` order by ${column(model, sortBy.field)} ${sortBy.direction === 'desc' ? 'desc' : 'asc'}`;
      values.push(Math.min(limit, MOST_ROWS), offset);
      const found = await sql.query(`select * from ${table(model)} ${matching}${order} limit $${values.length - 1} offset $${values.length}`, values);
      return found.rows as T[];
    },
    async delete({ model, where }) {
      const values: unknown[] = [];
      await changed(`delete from ${table(model)} ${condition(model, where, values)}`, values);
    },
    deleteMany({ model, where }) {
      const values: unknown[] = [];
      return changed(`delete from ${table(model)} ${condition(model, where, values)}`, values);
    },
    async count({ model, where = [] }) {
      const values: unknown[] = [];
      const counted = await first<{ count: number }>(`select count(*)::int as count from ${table(model)} ${condition(model, where, values)}`, values);
      return counted?.count ?? 0;
    },
  };
}

function table(model: string): string {
  if (!Object.hasOwn(TABLES, model)) throw new Error(`There is no table for "${model}".`);
  return `gateway.${model}`;
}

function column(model: string, field: string): string {
  if (TABLES[model]?.has(field) !== true) throw new Error(`The table ${model} has no column "${field}".`);
  return field;
}

/** The values are appended to `values`. Only what has to hold together (`AND`) is known here. */
function condition(model: string, where: readonly CleanedWhere[], values: unknown[]): string {
  const parts = where.map(({ field, value, operator, connector }, at) => {
    if (connector !== 'AND' && at > 0) throw new Error('An alternative cannot be asked for here.');
    const name = column(model, field);
    if (value === null) return `${name} is ${operator === 'ne' ? 'not null' : 'null'}`;
    values.push(value);
    if (operator === 'in') return `${name} = any ($${values.length})`;
    const compares = OPERATORS[operator ?? 'eq'];
    if (compares === undefined) throw new Error(`The comparison "${operator}" cannot be made here.`);
    return `${name} ${compares} $${values.length}`;
  });
  return parts.length === 0 ? '' : `where ${parts.join(' and ')}`;
}
