// The vault on a real database: what opens and what does not, the key file, and the change of keys.
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../config.ts';
import { lintCatalog } from '../database/catalog-lint.ts';
import { testDatabase, type TestDatabase } from '../database/testing.ts';
import { openKeyFile } from './key-file.ts';
import { openVault } from './vault.ts';

const TOKEN = { purpose: 'secret', name: 'token' };
const dir = mkdtempSync(join(tmpdir(), 'palace-vault-'));
let db: TestDatabase;
let nth = 0;

afterAll(() => rmSync(dir, { recursive: true, force: true }));
beforeEach(async () => {
  db = await testDatabase();
  return () => db.close();
});

const keyLine = (): string => `${randomBytes(32).toString('base64')}\n`;
function keyFile(text: string): string {
  const path = join(dir, `vault-${++nth}.key`);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
const byUrl = (vaultKeyFile: string) => openKeyFile(loadConfig({ installation: { vaultKeyFile, dataDir: join(dir, 'none') }, database: { url: db.url } }, {}));
const open = async (path: string) => openVault(await db.another(), byUrl(path));
const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (value: Uint8Array): string => Buffer.from(value).toString();

describe('S39: a sealed value', () => {
  test('opens for the tenant, purpose and name that it was sealed for, in every process, and for nothing else', async () => {
    const path = keyFile(keyLine());
    const vault = await open(path);
    const sealed = await vault.seal('a', TOKEN, bytes('value of a'));
    await vault.seal('b', TOKEN, bytes('value of b'));
    expect(text(await (await open(path)).open('a', TOKEN, sealed))).toBe('value of a');
    expect(Buffer.from(sealed).includes('value of a')).toBe(false);
    const refused = { code: 'vault.unreadable' };
    await expect(vault.open('b', TOKEN, sealed)).rejects.toMatchObject(refused);
    await expect(vault.open('a', { ...TOKEN, name: 'other' }, sealed)).rejects.toMatchObject(refused);
    await expect(vault.open('a', { ...TOKEN, purpose: 'webhook' }, sealed)).rejects.toMatchObject(refused);
    // The same letters, cut at another place.
    await expect(vault.open('a', { purpose: 'secrett', name: 'oken' }, sealed)).rejects.toMatchObject(refused);
  });

  test('is unreadable when any byte of it was changed, cut off or added', async () => {
    const vault = await open(keyFile(keyLine()));
    const sealed = await vault.seal('a', TOKEN, bytes('abc'));
    for (let at = 0; at < sealed.byteLength; at++) {
      const changed = Uint8Array.from(sealed);
      changed[at]! ^= 1;
      await expect(vault.open('a', TOKEN, changed), `byte ${at}`).rejects.toMatchObject({ code: 'vault.unreadable' });
    }
    for (const other of [sealed.subarray(1), sealed.subarray(0, -1), Buffer.concat([sealed, Buffer.alloc(1)]), new Uint8Array(), bytes('short')])
      await expect(vault.open('a', TOKEN, other)).rejects.toMatchObject({ code: 'vault.unreadable' });
  });

  test('has another text each time, and an empty one has its place', async () => {
    const vault = await open(keyFile(keyLine()));
    const [one, two] = [await vault.seal('a', TOKEN, bytes('')), await vault.seal('a', TOKEN, bytes(''))];
    expect(Buffer.compare(one, two)).not.toBe(0);
    expect(text(await vault.open('a', TOKEN, one))).toBe('');
  });

  test('stays readable after a rotation, which changes what is sealed from then on', async () => {
    const path = keyFile(keyLine());
    const [vault, other] = [await open(path), await open(path)];
    const before = await vault.seal('a', TOKEN, bytes('before'));
    expect(await other.rotate('a')).toBe(2);
    const made = await Promise.all([other.rotate('a'), vault.rotate('a')]);
    expect(made.every((version) => version === 3 || version === 4)).toBe(true);
    const after = await other.seal('a', TOKEN, bytes('after'));
    expect([before[4], after[4]]).toEqual([1, made[0]]);
    expect([text(await other.open('a', TOKEN, before)), text(await vault.open('a', TOKEN, after))]).toEqual(['before', 'after']);
  });

  test('is sealed with one key when many ask at once for the first one', async () => {
    const path = keyFile(keyLine());
    const vaults = await Promise.all([open(path), open(path)]);
    const sealed = await Promise.all(Array.from({ length: 20 }, (_, i) => vaults[i % 2]!.seal('a', TOKEN, bytes(String(i)))));
    const { rows } = await db.database.owner.query('select version from palace.data_key');
    expect(rows).toEqual([{ version: 1 }]);
    for (const [i, one] of sealed.entries()) expect(text(await vaults[(i + 1) % 2]!.open('a', TOKEN, one))).toBe(String(i));
  });
});

describe('the key file', () => {
  test('is made once for a folder with its own database, closed to others, and never over existing secrets', async () => {
    const folder = mkdtempSync(join(dir, 'own-'));
    const own = () => openKeyFile(loadConfig({ installation: { dataDir: folder } }, {}));
    const path = join(folder, 'vault.key');
    await (await openVault(db.database, own())).seal('a', TOKEN, bytes('x'));
    const key = readFileSync(path, 'utf8');
    await openVault(db.database, own());
    expect(readFileSync(path, 'utf8')).toBe(key);
    rmSync(path);
    await expect(openVault(db.database, own())).rejects.toMatchObject({ code: 'boot.vault-key', detail: expect.stringContaining(`${path} is missing`) });
    expect(existsSync(path)).toBe(false);
  });

  test('with another key is refused by name, and the right one still opens', async () => {
    const path = keyFile(keyLine());
    const sealed = await (await open(path)).seal('a', TOKEN, bytes('x'));
    await expect(open(keyFile(keyLine()))).rejects.toMatchObject({ code: 'boot.vault-key', detail: expect.stringContaining('another key') });
    expect(text(await (await open(path)).open('a', TOKEN, sealed))).toBe('x');
  });

  test('a database by URL gets no key by itself: the vault stays closed and says what to do', async () => {
    const vault = await openVault(db.database, openKeyFile(loadConfig({ installation: { dataDir: join(dir, 'none') }, database: { url: db.url } }, {})));
    await expect(vault.seal('a', TOKEN, bytes('x'))).rejects.toMatchObject({ code: 'vault.closed', detail: expect.stringContaining('PALACE_VAULT_KEY_FILE') });
    await open(keyFile(keyLine()));
    // Now there is one, and whoever starts without it is told.
    await expect(
      openVault(db.database, openKeyFile(loadConfig({ installation: { dataDir: join(dir, 'none') }, database: { url: db.url } }, {}))),
    ).rejects.toMatchObject({
      code: 'boot.vault-key',
    });
  });

  test.each([
    ['that is not there', () => join(dir, 'nowhere.key')],
    ['that is empty', () => keyFile('\n')],
    ['with too short a key', () => keyFile('c2hvcnQ=\n')],
    ['with too many keys', () => keyFile(Array.from({ length: 9 }, keyLine).join(''))],
    ['that is far too large', () => keyFile(`${keyLine()}#${'x'.repeat(5_000)}`)],
    [
      'that others may read',
      () => {
        const path = keyFile(keyLine());
        chmodSync(path, 0o640);
        return path;
      },
    ],
    ['that is a folder', () => mkdtempSync(join(dir, 'folder-'))],
  ])('%s is refused with its path', async (_, make) => {
    const path = make();
    expect(() => byUrl(path)).toThrow(expect.objectContaining({ code: 'boot.vault-key', detail: expect.stringContaining(path) }));
  });

  test('with a new first line wraps every data key anew, and the old line may go then', async () => {
    const [old, young] = [keyLine(), keyLine()];
    const first = await open(keyFile(old));
    const sealed = new Map<string, Uint8Array>();
    for (const tenant of ['a', 'b']) sealed.set(tenant, await first.seal(tenant, TOKEN, bytes(tenant)));
    await first.rotate('a');
    await expect(open(keyFile(young))).rejects.toMatchObject({ code: 'boot.vault-key' });
    await open(keyFile(`# the new one first\n${young}${old}`));
    const { rows } = await db.database.owner.query('select distinct wrapping_key from palace.data_key');
    expect(rows).toHaveLength(1);
    const last = await open(keyFile(young));
    for (const [tenant, value] of sealed) expect(text(await last.open(tenant, TOKEN, value))).toBe(tenant);
    await expect(open(keyFile(old))).rejects.toMatchObject({ code: 'boot.vault-key' });
  });
});

test('S03: the tables of the vault pass the lint, and the api role sees the keys of its tenant alone', async () => {
  const vault = await open(keyFile(keyLine()));
  for (const tenant of ['a', 'b']) await vault.seal(tenant, TOKEN, bytes('x'));
  expect(await lintCatalog(db.database.owner)).toEqual([]);
  const { rows } = await db.database.asTenant('a', (sql) => sql.query('select tenant from palace.data_key'));
  expect(rows).toEqual([{ tenant: 'a' }]);
  await expect(db.database.asTenant('a', (sql) => sql.query('delete from palace.data_key'))).rejects.toThrow(/permission/);
  await expect(db.database.asTenant('a', (sql) => sql.query('select * from palace.wrapping_key'))).rejects.toThrow(/permission/);
});
