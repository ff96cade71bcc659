// The gateway's tables: tenants, API keys, egress rules. Plain SQL; every query of a tenant's rows runs as that tenant.
// I1 `key_tenant` holds ids and tenants only: it answers "whose is this key id" before a tenant is known (ENGINE E4).
// I2 Hashes leave this file only towards the credential check (S38).
import type { Database } from '@palace/platform/database/port.ts';
import type { EgressRule, EgressRules } from '@palace/platform/egress/port.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import type { ApiKey, EgressRuleView, Role } from './contract.ts';
import type { KeyRow } from './credentials.ts';

const MAX_KEYS = 1_000;
const MAX_RULES = 1_000;

export interface NewKey {
  readonly id: string;
  readonly hash: Uint8Array;
  readonly name: string;
  readonly role: Role;
  readonly expiresAt: string | undefined;
}

interface ApiKeyRow {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly last_used_at: Date | null;
}

interface RuleRow {
  readonly host: string;
  readonly port: number;
  readonly action: 'allow' | 'deny';
  readonly reason: string;
  readonly updated_at: Date;
}

const KEY_COLUMNS = 'id, name, role, created_at, expires_at, revoked_at, last_used_at';

export class GatewayStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async ensureTenant(tenant: string): Promise<void> {
    await this.database.asTenant(tenant, (sql) => sql.query('insert into gateway.tenant (tenant) values ($1) on conflict do nothing', [tenant]));
  }

  // ---- keys ----

  /** For the credential check: two small queries, at most once a key in the life of the cache. */
  async findKey(id: string): Promise<KeyRow | undefined> {
    const owner = await this.database.api.query<{ tenant: string }>('select tenant from gateway.key_tenant where id = $1', [id]);
    const tenant = owner.rows[0]?.tenant;
    if (tenant === undefined) return undefined;
    const found = await this.database.asTenant(tenant, (sql) =>
      sql.query<{ role: Role; hash: Buffer; expires_at: Date | null; revoked: boolean }>(
        'select role, hash, expires_at, revoked_at is not null as revoked from gateway.api_key where tenant = $1 and id = $2',
        [tenant, id],
      ),
    );
    const row = found.rows[0];
    return row && { id, tenant, role: row.role, hash: row.hash, expiresAtMs: row.expires_at?.getTime(), revoked: row.revoked };
  }

  async addKey(tenant: string, key: NewKey): Promise<ApiKey> {
    return this.database.asTenant(tenant, async (sql) => {
      const open = await sql.query<{ count: number }>('select count(*)::int as count from gateway.api_key where tenant = $1 and revoked_at is null', [tenant]);
      if ((open.rows[0]?.count ?? 0) >= MAX_KEYS) throw new PalaceError('limit.exceeded', { detail: `A tenant has at most ${MAX_KEYS} keys.` });
      await sql.query('insert into gateway.key_tenant (id, tenant) values ($1, $2)', [key.id, tenant]);
      const added = await sql.query<ApiKeyRow>(
        `insert into gateway.api_key (tenant, id, name, role, hash, expires_at) values ($1, $2, $3, $4, $5, $6) returning ${KEY_COLUMNS}`,
        [tenant, key.id, key.name, key.role, key.hash, key.expiresAt ?? null],
      );
      return keyView(added.rows[0]!);
    });
  }

  async getKey(tenant: string, id: string): Promise<ApiKey | undefined> {
    const found = await this.database.asTenant(tenant, (sql) =>
      sql.query<ApiKeyRow>(`select ${KEY_COLUMNS} from gateway.api_key where tenant = $1 and id = $2`, [tenant, id]),
    );
    return found.rows[0] && keyView(found.rows[0]);
  }

  /** Newest first. `after` is the id of the last key of the page before. */
  async listKeys(tenant: string, limit: number, after: string | undefined): Promise<ApiKey[]> {
    const found = await this.database.asTenant(tenant, (sql) =>
      sql.query<ApiKeyRow>(
        `select ${KEY_COLUMNS} from gateway.api_key
          where tenant = $1 and ($2::text is null or (created_at, id) < (select created_at, id from gateway.api_key where tenant = $1 and id = $2))
          order by created_at desc, id desc limit $3`,
        [tenant, after ?? null, limit],
      ),
    );
    return found.rows.map(keyView);
  }

  async renameKey(tenant: string, id: string, name: string): Promise<ApiKey | undefined> {
    const changed = await this.database.asTenant(tenant, (sql) =>
      sql.query<ApiKeyRow>(`update gateway.api_key set name = $3 where tenant = $1 and id = $2 returning ${KEY_COLUMNS}`, [tenant, id, name]),
    );
    return changed.rows[0] && keyView(changed.rows[0]);
  }

  async revokeKey(tenant: string, id: string): Promise<void> {
    await this.database.asTenant(tenant, (sql) =>
      sql.query('update gateway.api_key set revoked_at = coalesce(revoked_at, now()) where tenant = $1 and id = $2', [tenant, id]),
    );
  }

  async writeLastUsed(used: ReadonlyMap<string, { readonly tenant: string; readonly atMs: number }>): Promise<void> {
    const byTenant = Map.groupBy(used, ([, use]) => use.tenant);
    for (const [tenant, uses] of byTenant) {
      const rows = JSON.stringify(uses.map(([id, use]) => ({ id, at: new Date(use.atMs).toISOString() })));
      await this.database.asTenant(tenant, (sql) =>
        sql.query(
          `update gateway.api_key as key set last_used_at = greatest(key.last_used_at, use.at)
             from jsonb_to_recordset($2::jsonb) as use (id text, at timestamptz) where key.tenant = $1 and key.id = use.id`,
          [tenant, rows],
        ),
      );
    }
  }

  // ---- egress rules ----

  async listRules(tenant: string, limit: number, after: { host: string; port: number } | undefined): Promise<EgressRuleView[]> {
    const found = await this.database.asTenant(tenant, (sql) =>
      sql.query<RuleRow>(
        `select host, port, action, reason, updated_at from gateway.egress_rule
          where tenant = $1 and ($2::text is null or (host, port) > ($2, $3::int)) order by host, port limit $4`,
        [tenant, after?.host ?? null, after?.port ?? null, limit],
      ),
    );
    return found.rows.map(ruleView);
  }

  async getRule(tenant: string, host: string, port: number): Promise<EgressRuleView | undefined> {
    const found = await this.database.asTenant(tenant, (sql) =>
      sql.query<RuleRow>('select host, port, action, reason, updated_at from gateway.egress_rule where tenant = $1 and host = $2 and port = $3', [
        tenant,
        host,
        port,
      ]),
    );
    return found.rows[0] && ruleView(found.rows[0]);
  }

  async putRule(rule: EgressRule): Promise<EgressRuleView> {
    return this.database.asTenant(rule.tenant, async (sql) => {
      const rules = await sql.query<{ count: number }>('select count(*)::int as count from gateway.egress_rule where tenant = $1', [rule.tenant]);
      if ((rules.rows[0]?.count ?? 0) >= MAX_RULES) throw new PalaceError('limit.exceeded', { detail: `A tenant has at most ${MAX_RULES} rules.` });
      const put = await sql.query<RuleRow>(
        `insert into gateway.egress_rule (tenant, host, port, action, reason) values ($1, $2, $3, $4, $5)
         on conflict (tenant, host, port) do update set action = excluded.action, reason = excluded.reason, updated_at = now()
         returning host, port, action, reason, updated_at`,
        [rule.tenant, rule.host, rule.port, rule.action, rule.reason],
      );
      return ruleView(put.rows[0]!);
    });
  }

  async deleteRule(tenant: string, host: string, port: number): Promise<void> {
    await this.database.asTenant(tenant, (sql) =>
      sql.query('delete from gateway.egress_rule where tenant = $1 and host = $2 and port = $3', [tenant, host, port]),
    );
  }

  /** Resolves when the database answers. */
  async ping(): Promise<void> {
    await this.database.api.query('select 1');
  }
}

/** The rules that the platform's egress client asks for; it keeps them a second itself. */
export function egressRules(database: Database): EgressRules {
  const store = new GatewayStore(database);
  return {
    async list(tenant) {
      const rules = await store.listRules(tenant, MAX_RULES, undefined);
      return rules.map(({ host, port, action, reason }) => ({ tenant, host, port, action, reason }));
    },
  };
}

/** `host:port` in its parts; an IPv6 address loses its brackets. */
export function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(address.slice(colon + 1)) };
}

function keyView(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    createdAt: row.created_at.toISOString(),
    ...(row.expires_at && { expiresAt: row.expires_at.toISOString() }),
    ...(row.revoked_at && { revokedAt: row.revoked_at.toISOString() }),
    ...(row.last_used_at && { lastUsedAt: row.last_used_at.toISOString() }),
  };
}

function ruleView(row: RuleRow): EgressRuleView {
  const { host, port, action, reason } = row;
  return {
    address: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    host,
    port,
    action,
    reason,
    updatedAt: row.updated_at.toISOString(),
  };
}
