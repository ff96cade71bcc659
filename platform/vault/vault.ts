// The vault over PostgreSQL: one data key a tenant and version, wrapped by the key of the file.
// I1 Before a process seals or opens anything, its file and the database agree on the wrapping key; otherwise it does not start.
// I2 With a new first line in the file every data key is wrapped anew at the start; sealed values stay as they are.
// I3 A data key is used for sealing at most CURRENT_MS after a newer one was made by another process; opening knows all versions.
// Called by platform.ts.
import { randomBytes } from 'node:crypto';
import type { PoolClient } from 'pg';
import { asPalaceError } from '../database/failure.ts';
import type { Database } from '../database/port.ts';
import { PalaceError } from '../errors.ts';
import { MAKE_COMMAND, type KeyFile, type WrappingKey } from './key-file.ts';
import type { SealedFor, Vault } from './port.ts';
import { KEY_BYTES, openWith, sealWith, versionOf } from './sealing.ts';

const CURRENT_MS = 10_000;
const MOST_REMEMBERED = 10_000;
const PROOF = Buffer.from('the vault of AgentsPalace');

interface DataKey {
  readonly version: number;
  readonly bytes: Uint8Array;
}

interface WrappedKey {
  readonly tenant: string;
  readonly version: number;
  readonly wrapping_key: string;
  readonly wrapped: Uint8Array;
}

export async function openVault(database: Database, file: KeyFile): Promise<Vault> {
  const keys = await agreeOnKeys(database, file);
  if (keys.length === 0) return closedVault(file);
  const ring = new DataKeys(database, keys);
  return {
    async seal(tenant, about, plain) {
      const { version, bytes } = await ring.current(tenant);
      return sealWith(bytes, version, boundTo(tenant, about), plain);
    },
    async open(tenant, about, sealed) {
      const version = versionOf(sealed);
      const key = version === undefined ? undefined : await ring.find(tenant, version);
      const plain = key === undefined ? undefined : openWith(key.bytes, boundTo(tenant, about), sealed);
      if (plain === undefined) throw new PalaceError('vault.unreadable', { detail: `The ${about.purpose} "${about.name}" cannot be opened.` });
      return plain;
    },
    rotate: (tenant) => ring.rotate(tenant),
  };
}

const boundTo = (tenant: string, { purpose, name }: SealedFor) => ['value', tenant, purpose, name];

/** Where nobody gave a key and nothing needs one yet. */
function closedVault({ path }: KeyFile): Vault {
  const refuse = (): Promise<never> =>
    Promise.reject(
      new PalaceError('vault.closed', {
        detail: `This server has no key to seal with. Make one, the same for every process: ${MAKE_COMMAND} ${path}; or name a file with PALACE_VAULT_KEY_FILE. Then start it again.`,
      }),
    );
  return { seal: refuse, open: refuse, rotate: refuse };
}

class DataKeys {
  readonly #database: Database;
  readonly #wrapping: readonly WrappingKey[];
  readonly #known = new Map<string, DataKey>();
  readonly #current = new Map<string, { readonly key: DataKey; readonly untilMs: number }>();

  constructor(database: Database, wrapping: readonly WrappingKey[]) {
    this.#database = database;
    this.#wrapping = wrapping;
  }

  async current(tenant: string): Promise<DataKey> {
    const known = this.#current.get(tenant);
    if (known !== undefined && performance.now() < known.untilMs) return known.key;
    const newest = (await this.#read(tenant, undefined)) ?? (await this.#make(tenant, 1));
    remember(this.#current, tenant, { key: newest, untilMs: performance.now() + CURRENT_MS });
    return newest;
  }

  async find(tenant: string, version: number): Promise<DataKey | undefined> {
    return this.#known.get(`${version} ${tenant}`) ?? this.#read(tenant, version);
  }

  async rotate(tenant: string): Promise<number> {
    this.#current.delete(tenant);
    const newest = await this.#read(tenant, undefined);
    const made = await this.#make(tenant, (newest?.version ?? 0) + 1);
    remember(this.#current, tenant, { key: made, untilMs: performance.now() + CURRENT_MS });
    return made.version;
  }

  /** The newest one without a version. */
  async #read(tenant: string, version: number | undefined): Promise<DataKey | undefined> {
    const { rows } = await this.#database.asTenant(tenant, (sql) =>
      sql.query<WrappedKey>(
        `select tenant, version, wrapping_key, wrapped from palace.data_key
         where tenant = $1 and ($2::integer is null or version = $2) order by version desc limit 1`,
        [tenant, version ?? null],
      ),
    );
    const row = rows[0];
    if (row === undefined) return undefined;
    const bytes = unwrap(this.#wrapping, row);
    if (bytes === undefined)
      throw new PalaceError('vault.closed', { detail: `The keys of this process are older than those of the database (${row.wrapping_key}): start it again.` });
    return this.#keep(tenant, { version: row.version, bytes });
  }

  /** Whoever comes second takes the key of the first. */
  async #make(tenant: string, version: number): Promise<DataKey> {
    const first = this.#wrapping[0]!;
    const bytes = randomBytes(KEY_BYTES);
    const { rowCount } = await this.#database.asTenant(tenant, (sql) =>
      sql.query('insert into palace.data_key (tenant, version, wrapping_key, wrapped) values ($1, $2, $3, $4) on conflict do nothing', [
        tenant,
        version,
        first.id,
        wrap(first, { tenant, version }, bytes),
      ]),
    );
    if (rowCount === 1) return this.#keep(tenant, { version, bytes });
    const made = await this.#read(tenant, version);
    if (made === undefined) throw new PalaceError('internal', { detail: 'A data key that was there is gone.' });
    return made;
  }

  #keep(tenant: string, key: DataKey): DataKey {
    remember(this.#known, `${key.version} ${tenant}`, key);
    return key;
  }
}

/** The oldest gives way. */
function remember<V>(map: Map<string, V>, name: string, value: V): void {
  map.delete(name);
  map.set(name, value);
  if (map.size > MOST_REMEMBERED) map.delete(map.keys().next().value!);
}

type Whose = Pick<WrappedKey, 'tenant' | 'version'>;
const wrap = (key: WrappingKey, { tenant, version }: Whose, bytes: Uint8Array): Uint8Array => sealWith(key.bytes, version, ['data key', tenant, key.id], bytes);

function unwrap(keys: readonly WrappingKey[], row: WrappedKey): Uint8Array | undefined {
  const key = keys.find(({ id }) => id === row.wrapping_key);
  return key === undefined ? undefined : openWith(key.bytes, ['data key', row.tenant, key.id], row.wrapped);
}

/** I1, I2. One process at a time looks and writes; no key at all only where the database knows of none. */
async function agreeOnKeys({ owner }: Database, file: KeyFile): Promise<readonly WrappingKey[]> {
  const client = await owner.connect().catch((error: unknown) => Promise.reject(asPalaceError(error)));
  let failure: Error | undefined;
  try {
    await client.query('begin');
    await client.query('lock table palace.wrapping_key in share row exclusive mode');
    const keys = await checkKeys(client, file);
    if (keys[0] !== undefined) await wrapAnew(client, file, keys);
    await client.query('commit');
    return keys;
  } catch (error) {
    failure = error as Error;
    throw asPalaceError(error);
  } finally {
    // Closing the connection is the rollback.
    client.release(failure);
  }
}

async function checkKeys(client: PoolClient, file: KeyFile): Promise<readonly WrappingKey[]> {
  const { rows } = await client.query<{ id: string; proof: Uint8Array }>('select id, proof from palace.wrapping_key order by created_at');
  const ids = rows.map(({ id }) => id).join(', ');
  if (file.keys.length === 0) {
    if (rows.length === 0) return file.make?.() ?? [];
    throw refusal(`${file.path} is missing, and the database holds secrets that only its key (${ids}) opens.`);
  }
  if (rows.length === 0) return file.keys;
  const proved = file.keys.some((key) => rows.some(({ id, proof }) => id === key.id && openWith(key.bytes, ['proof', id], proof) !== undefined));
  if (proved) return file.keys;
  throw refusal(`${file.path} holds another key (${file.keys.map(({ id }) => id).join(', ')}) than the one that the secrets of the database need (${ids}).`);
}

function refusal(what: string): PalaceError {
  const steps = 'Put the file back from its backup, or name it with PALACE_VAULT_KEY_FILE. No other key can open them, and none is made in its place.';
  return new PalaceError('boot.vault-key', { detail: `${what} ${steps}` });
}

const PAGE = 500;

async function wrapAnew(client: PoolClient, file: KeyFile, keys: readonly WrappingKey[]): Promise<void> {
  const first = keys[0]!;
  await client.query('insert into palace.wrapping_key (id, proof) values ($1, $2) on conflict do nothing', [
    first.id,
    sealWith(first.bytes, 0, ['proof', first.id], PROOF),
  ]);
  for (;;) {
    const { rows } = await client.query<WrappedKey>(
      `select tenant, version, wrapping_key, wrapped from palace.data_key where wrapping_key <> $1 limit ${PAGE}`,
      [first.id],
    );
    for (const row of rows) {
      const bytes = unwrap(keys, row);
      if (bytes === undefined) throw refusal(`${file.path} lacks the key ${row.wrapping_key}, which still opens data keys.`);
      const { rowCount } = await client.query('update palace.data_key set wrapping_key = $1, wrapped = $2 where tenant = $3 and version = $4', [
        first.id,
        wrap(first, row, bytes),
        row.tenant,
        row.version,
      ]);
      if (rowCount !== 1) throw new PalaceError('boot.database', { detail: 'The owner of the database may not write palace.data_key.' });
    }
    if (rows.length < PAGE) break;
  }
  await client.query('delete from palace.wrapping_key where id <> $1', [first.id]);
}
