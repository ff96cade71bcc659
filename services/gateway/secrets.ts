// Secrets of tenants: set, listed by name, removed; never given back. Other services read them through the platform's port at the moment
// of use (secretReader), and nobody else.
// I1 A value leaves this file only through `read`: no route answers with it, no log line and no error has it.
// I2 A value is sealed for its tenant, environment and name before it reaches the database.
// I3 `rotate` seals every value of the tenant with the new data key. One that is set at that very moment may still take the key before: it
//    stays readable, and the next rotation takes it along, as it does when it was interrupted.
import type { Database } from '@palace/platform/database/port.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { parseJsonText } from '@palace/platform/json.ts';
import type { SecretReader } from '@palace/platform/secrets.ts';
import type { SealedFor, Vault } from '@palace/platform/vault/port.ts';
import { DEFAULT_ENVIRONMENT, type SecretView } from './contract.ts';
import { holdEnvironment } from './environments.ts';

/** Of a tenant, in all its environments together. */
const MAX_SECRETS = 1_000;
export const MAX_SECRET_BYTES = 65_536;
/** How long a value that was read is believed (ENGINE E19). */
const BELIEVED_MS = 3_000;
const MOST_BELIEVED = 500;

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

interface SecretRow {
  readonly name: string;
  readonly kind: 'text' | 'json';
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly updated_by: string;
}

export interface Secrets {
  set(tenant: string, environment: string, name: string, value: Json, by: string): Promise<SecretView>;
  /** By name. Throws `environment.unknown`. */
  list(tenant: string, environment: string, limit: number, after: string | undefined): Promise<SecretView[]>;
  find(tenant: string, environment: string, name: string): Promise<SecretView | undefined>;
  remove(tenant: string, environment: string, name: string): Promise<void>;
  /** A new data key for the tenant, and every secret of all its environments sealed with it. */
  rotate(tenant: string): Promise<{ readonly keyVersion: number; readonly resealed: number }>;
}

const COLUMNS = 'name, kind, version, created_at, updated_at, updated_by';
/** Neither part has a slash of its own. */
const about = (environment: string, name: string): SealedFor => ({
  purpose: 'secret',
  name: environment === DEFAULT_ENVIRONMENT ? name : `${environment}/${name}`,
});

export function openSecrets(database: Database, vault: Vault): Secrets {
  return {
    async set(tenant, environment, name, value, by) {
      const text = JSON.stringify(value);
      if (Buffer.byteLength(text) > MAX_SECRET_BYTES) throw new PalaceError('limit.exceeded', { detail: `A secret has at most ${MAX_SECRET_BYTES} bytes.` });
      const sealed = await vault.seal(tenant, about(environment, name), Buffer.from(text));
      return database.asTenant(tenant, async (sql) => {
        await holdEnvironment(sql, tenant, environment);
        const others = await sql.query<{ count: number }>(
          'select count(*)::int as count from gateway.secret where tenant = $1 and (environment, name) <> ($2, $3)',
          [tenant, environment, name],
        );
        if ((others.rows[0]?.count ?? 0) >= MAX_SECRETS) throw new PalaceError('limit.exceeded', { detail: `A tenant has at most ${MAX_SECRETS} secrets.` });
        const { rows } = await sql.query<SecretRow>(
          `insert into gateway.secret as old (tenant, environment, name, kind, sealed, updated_by) values ($1, $2, $3, $4, $5, $6)
           on conflict (tenant, environment, name) do update
             set kind = excluded.kind, sealed = excluded.sealed, updated_by = excluded.updated_by, version = old.version + 1, updated_at = now()
           returning ${COLUMNS}`,
          [tenant, environment, name, typeof value === 'string' ? 'text' : 'json', sealed, by],
        );
        return view(rows[0]!);
      });
    },

    async list(tenant, environment, limit, after) {
      const { rows } = await database.asTenant(tenant, async (sql) => {
        await holdEnvironment(sql, tenant, environment);
        return sql.query<SecretRow>(
          `select ${COLUMNS} from gateway.secret
            where tenant = $1 and environment = $2 and ($3::text is null or name collate "C" > $3) order by name collate "C" limit $4`,
          [tenant, environment, after ?? null, limit],
        );
      });
      return rows.map(view);
    },

    async find(tenant, environment, name) {
      const { rows } = await database.asTenant(tenant, (sql) =>
        sql.query<SecretRow>(`select ${COLUMNS} from gateway.secret where tenant = $1 and environment = $2 and name = $3`, [tenant, environment, name]),
      );
      return rows[0] && view(rows[0]);
    },

    async remove(tenant, environment, name) {
      await database.asTenant(tenant, (sql) =>
        sql.query('delete from gateway.secret where tenant = $1 and environment = $2 and name = $3', [tenant, environment, name]),
      );
    },

    rotate: (tenant) => rotate(database, vault, tenant),
  };
}

/** I3 */
async function rotate(database: Database, vault: Vault, tenant: string): Promise<{ keyVersion: number; resealed: number }> {
  const keyVersion = await vault.rotate(tenant);
  const { rows } = await database.asTenant(tenant, (sql) =>
    sql.query<{ environment: string; name: string; sealed: Buffer }>(
      `select environment, name, sealed from gateway.secret where tenant = $1 order by environment, name limit ${MAX_SECRETS}`,
      [tenant],
    ),
  );
  let resealed = 0;
  for (const { environment, name, sealed } of rows) {
    const use = about(environment, name);
    const fresh = await vault.seal(tenant, use, await vault.open(tenant, use, sealed));
    // Somebody who set it meanwhile has sealed it anew already.
    const { rowCount } = await database.asTenant(tenant, (sql) =>
      sql.query('update gateway.secret set sealed = $4 where tenant = $1 and environment = $2 and name = $3 and sealed = $5', [
        tenant,
        environment,
        name,
        fresh,
        sealed,
      ]),
    );
    resealed += rowCount ?? 0;
  }
  return { keyVersion, resealed };
}

function view(row: SecretRow): SecretView {
  return {
    name: row.name,
    kind: row.kind,
    version: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    updatedBy: row.updated_by,
  };
}

/** For the platform's port. What was read is believed for a moment, so that a burst of acts asks once. */
export function secretReader(database: Database, vault: Vault): SecretReader {
  const believed = new Map<string, { readonly value: Json; readonly untilMs: number }>();
  const recall = (key: string): Json | undefined => {
    const known = believed.get(key);
    if (known === undefined) return undefined;
    if (performance.now() < known.untilMs) return known.value;
    believed.delete(key);
    return undefined;
  };
  const remember = (key: string, value: Json): void => {
    believed.set(key, { value, untilMs: performance.now() + BELIEVED_MS });
    if (believed.size > MOST_BELIEVED) believed.delete(believed.keys().next().value!);
  };
  return {
    async read(tenant, environment, names) {
      const key = (name: string): string => `${tenant} ${environment} ${name}`;
      const found = new Map<string, Json>();
      for (const name of names) {
        const value = recall(key(name));
        if (value !== undefined) found.set(name, value);
      }
      const wanted = names.filter((name) => !found.has(name));
      if (wanted.length === 0) return found;
      const { rows } = await database.asTenant(tenant, (sql) =>
        sql.query<{ name: string; sealed: Buffer }>('select name, sealed from gateway.secret where tenant = $1 and environment = $2 and name = any ($3)', [
          tenant,
          environment,
          wanted,
        ]),
      );
      for (const { name, sealed } of rows) {
        const value = parseJsonText(Buffer.from(await vault.open(tenant, about(environment, name), sealed)).toString('utf8')) as Json;
        remember(key(name), value);
        found.set(name, value);
      }
      return found;
    },
  };
}
